"""An enrichment provider in memory that keeps the truth: what was bought, how often, and what it answers."""

import zlib
from collections import Counter
from collections.abc import Callable, Sequence

from app.domain.contact import EmailValue, PhoneValue
from app.domain.enrichment import (
    AnswerEntry,
    AnswerStatus,
    EnrichField,
    EnrichmentAnswer,
    Submission,
    SubmitItem,
)
from app.domain.errors import NotFoundError, ServiceError
from app.domain.provider import Provider

Trouble = ServiceError | None


class FakeEnrichment:
    """Accepts batches and finishes each at its `polls_needed`-th poll.

    `submit_troubles` and `poll_troubles` are raised in turn, None for a call that goes well; `accept_then_raise`
    makes the submit trouble come after the batch was accepted, as when a reply is lost.
    """

    batch_size = 100
    enrichment_credit_kind = "MaxPeopleEnrichments"
    adapter = "fake/1"

    def __init__(self, *, polls_needed: int = 1) -> None:
        self.polls_needed = polls_needed
        self.submits: list[list[SubmitItem]] = []
        self.polls: Counter[str] = Counter()
        self.submit_troubles: list[Trouble] = []
        self.poll_troubles: list[Trouble] = []
        self.accept_then_raise = False
        self.final_status = AnswerStatus.COMPLETED
        self.make_entries: Callable[[Sequence[SubmitItem]], list[AnswerEntry]] = entries_per_field
        self.on_submit: Callable[[], None] = lambda: None

    @property
    def bought(self) -> Counter[tuple[str, EnrichField]]:
        """How often each person and field was accepted."""
        return Counter(
            (item.person.person_key, field) for batch in self.submits for item in batch for field in item.fields
        )

    async def submit_enrichment(self, items: Sequence[SubmitItem]) -> Submission:
        self.on_submit()
        trouble = self.submit_troubles.pop(0) if self.submit_troubles else None
        if trouble is not None and not self.accept_then_raise:
            raise trouble
        self.submits.append(list(items))
        if trouble is not None:
            raise trouble
        return Submission(f"request-{len(self.submits)}", "PROCESSING", len(items))

    async def poll_enrichment(self, request_id: str) -> EnrichmentAnswer:
        trouble = self.poll_troubles.pop(0) if self.poll_troubles else None
        if trouble is not None:
            raise trouble
        number = int(request_id.removeprefix("request-"))
        if number > len(self.submits):
            raise NotFoundError("Tamtam does not know this request.", provider=Provider.TAMTAM, status=404)
        self.polls[request_id] += 1
        items = self.submits[number - 1]
        running = self.polls[request_id] < self.polls_needed
        status = AnswerStatus.PROCESSING if running else self.final_status
        entries = self.make_entries(items[: len(items) // 2] if running else items)
        return EnrichmentAnswer(request_id, status, status.value, len(items), tuple(entries))


def entries_per_field(items: Sequence[SubmitItem]) -> list[AnswerEntry]:
    """One entry per person and field, in reverse order; people called Miss have nothing, people called Fail fail."""
    entries = []
    for item in reversed(items):
        for field in sorted(item.fields):
            kind = "email" if field is EnrichField.EMAILS else "phone"
            name = item.person.last_name
            if name == "Fail":
                entries.append(AnswerEntry(item.client_key, kind, "FAILED", error="upstream trouble", raw=b"{}"))
                continue
            has = name != "Miss"
            entries.append(
                AnswerEntry(
                    item.client_key,
                    kind,
                    "COMPLETED",
                    emails=(email_of(item),) if has and kind == "email" else (),
                    most_probable_email=email_of(item).address if has and kind == "email" else "",
                    phones=(phone_of(item),) if has and kind == "phone" else (),
                    raw=b"{}",
                )
            )
    return entries


def email_of(item: SubmitItem) -> EmailValue:
    local = f"{item.person.first_name}.{item.person.last_name}".lower()
    return EmailValue(f"{local}@{item.person.domain}", "DELIVERABLE")


def phone_of(item: SubmitItem) -> PhoneValue:
    return PhoneValue(f"+1555010{zlib.crc32(item.person.person_key.encode()) % 10000:04d}", "US")
