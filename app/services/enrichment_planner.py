"""Planning an enrichment: who of a selection, a file or an earlier run would be sent, and what it may cost."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from app.domain.enrichment import EnrichField, PersonInput
from app.domain.errors import InputError
from app.domain.outcomes import Outcome
from app.services.domains import DomainService
from app.services.enrichment_accounts import EnrichmentAccounts
from app.services.enrichment_plan import (
    Candidate,
    EnrichmentPlan,
    Sorted,
    estimate_of,
    owned_values,
    person_of,
    sort_one_by_one,
)
from app.services.slices import in_slices
from app.services.suppression import SuppressionService
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.library import LibraryRepository


class EnrichmentPlanner:
    """Makes plans. Nothing is bought or queued here."""

    def __init__(
        self,
        accounts: EnrichmentAccounts,
        repository: EnrichmentRepository,
        library: LibraryRepository,
        domains: DomainService,
        suppression: SuppressionService,
    ) -> None:
        self.accounts = accounts
        self._repository = repository
        self._library = library
        self._domains = domains
        self._suppression = suppression

    async def plan_contacts(
        self, contact_ids: Sequence[int], fields: Collection[EnrichField], *, refresh: bool = False
    ) -> EnrichmentPlan:
        """A plan for contacts of the library. Values they have already are not bought again, unless to `refresh` them.

        Whom the rep has removed meanwhile does not go. The plan of a refresh is priced like any other; `enqueue` is
        the consent.
        """
        rows = await self._library.rows(contact_ids)
        domains = await self._domains.domains(rows)
        removed = await self._library.removed([row.contact_id for row in rows])
        wanted = frozenset(fields)
        candidates = [
            Candidate(
                person_of(row, domains.get(row.contact_id, "")),
                wanted,
                owned_values(row),
                removed=row.contact_id in removed,
            )
            async for row in in_slices(rows)
        ]
        return await self._plan(candidates, wanted, refresh=refresh)

    async def plan_people(
        self, people: Sequence[PersonInput], fields: Collection[EnrichField], *, refresh: bool = False
    ) -> EnrichmentPlan:
        """A plan for people typed or read from a file. What is known of them already is not bought again.

        Naming somebody whom the rep had removed from the library is asking for them anew: `enqueue` brings them back.
        """
        wanted = frozenset(fields)
        found = await self._library.find_people([person.identity_keys for person in people])
        rows = dict(zip(found, await self._library.rows(list(found.values())), strict=True))
        candidates = [
            Candidate(
                person if number not in rows else replace(person, contact_id=rows[number].contact_id),
                wanted,
                owned_values(rows[number]) if number in rows else {},
            )
            async for number, person in in_slices(enumerate(people))
        ]
        plan = await self._plan(candidates, wanted, refresh=refresh)
        contacts = [person.contact_id for person in plan.people if person.contact_id is not None]
        return replace(plan, named_anew=tuple(sorted(await self._library.removed(contacts))))

    async def plan_retry(self, run_id: int) -> EnrichmentPlan:
        """A plan for what of a run failed, expired, or came back without a row; `enqueue` it to buy it.

        What was in a batch of unknown outcome is asked about by `unknown_question` instead.
        """
        again = (Outcome.FAILED, Outcome.EXPIRED, Outcome.UNKNOWN)
        items = await self._repository.items(run_id=run_id)
        contacts = {item.person.contact_id for item in items if item.person.contact_id is not None}
        removed = await self._library.removed(sorted(contacts))
        candidates = []
        for item in items:
            wanted = frozenset(field for field, result in item.outcomes.items() if result.outcome in again)
            if wanted:
                candidates.append(Candidate(item.person, wanted, removed=item.person.contact_id in removed))
        return await self._plan(candidates, frozenset().union(*(each.wanted for each in candidates)), refresh=False)

    async def _plan(
        self, candidates: Sequence[Candidate], fields: frozenset[EnrichField], *, refresh: bool
    ) -> EnrichmentPlan:
        if not fields:
            raise InputError("Choose e-mails, phones, or both.")
        keys: set[str] = set()
        async for candidate in in_slices(candidates):
            keys |= candidate.person.queue_keys
        suppressed = await self._suppression.people([candidate.person for candidate in candidates])
        checked = [
            replace(candidate, suppressed=suppressed[place].reason) if place in suppressed else candidate
            async for place, candidate in in_slices(enumerate(candidates))
        ]
        result = Sorted()
        known = await self._repository.known(keys)
        async for _ in in_slices(sort_one_by_one(checked, known, result, refresh=refresh)):
            pass
        wanted = tuple(asked for _, _, asked in result.sent)
        rates = {field: await self._repository.hit_rate(field) for field in fields}
        return EnrichmentPlan(
            fields=fields,
            people=tuple(person for _, person, _ in result.sent),
            rows=tuple(number for number, _, _ in result.sent),
            wanted=wanted,
            ineligible=tuple(result.ineligible),
            estimate=estimate_of(wanted, rates, result.excluded),
            balance_left=await self.accounts.refresh_balance(),
            owned=tuple(result.owned),
            maybe_charged=result.maybe_charged,
        )
