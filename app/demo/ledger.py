"""What the server saw: requests, submits and charges. The tests' proof that nothing was bought twice."""

from collections import Counter, deque
from dataclasses import dataclass, field

from app.demo.http import Call, rfc3339

_KEPT_REQUESTS = 100_000


@dataclass(slots=True)
class Submit:
    """One accepted enrichment. `dropped` means that its answer was withheld from the client."""

    request_id: str
    client_keys: list[str]
    people: list[str]
    fields: list[str]
    accepted_at: str
    reserved: int
    dropped: bool = False


@dataclass(slots=True)
class Charge:
    """Credits really taken, or given back (`credits` 0 is never written)."""

    provider: str
    account: str
    request_id: str
    ids: list[str]
    credits: int
    at: str
    field: str = ""
    person: str = ""


@dataclass(slots=True)
class Ledger:
    """The server's own books since it was started."""

    charges: list[Charge] = field(default_factory=list)
    submits: list[Submit] = field(default_factory=list)
    requests: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=_KEPT_REQUESTS))
    counts: Counter[str] = field(default_factory=Counter)

    def note_request(self, call: Call, status: int | None) -> None:
        """Write down a request; status None means that the connection was closed without an answer."""
        self.counts[call.provider] += 1
        line: dict[str, object] = {
            "provider": call.provider.value,
            "method": call.method,
            "path": call.path,
            "status": status,
            "at": rfc3339(call.at),
        }
        if call.ids is not None:
            line["ids"] = call.ids
        if call.query:
            line["query"] = {name: call.many(name) for name, _ in call.query}
        if call.summary is not None:
            line["body"] = call.summary
        self.requests.append(line)

    def as_json(self, *, reserved: int) -> dict[str, object]:
        """Everything, with totals. `reserved` are the credits held for enrichments still running.

        `paid_twice` names what was charged more than once: person and field at Tamtam.
        """
        charged: Counter[str] = Counter()
        bought: Counter[str] = Counter()
        for charge in self.charges:
            charged[charge.provider] += charge.credits
            if charge.field:
                bought[f"{charge.person} {charge.field}"] += 1
        return {
            "charges": [_charge_line(charge) for charge in self.charges],
            "submits": [_submit_line(submit) for submit in self.submits],
            "requests": list(self.requests),
            "totals": {
                "charged": dict(charged),
                "reserved": reserved,
                "submits": len(self.submits),
                "submitted_items": sum(len(submit.client_keys) for submit in self.submits),
                "requests": dict(self.counts),
                "paid_twice": sorted(what for what, times in bought.items() if times > 1),
            },
        }

    def clear(self) -> None:
        """Forget everything that was written down; balances stay."""
        self.charges.clear()
        self.submits.clear()
        self.requests.clear()
        self.counts.clear()


def _charge_line(charge: Charge) -> dict[str, object]:
    line: dict[str, object] = {
        "provider": charge.provider,
        "account": charge.account,
        "request_id": charge.request_id,
        "ids": charge.ids,
        "credits": charge.credits,
        "at": charge.at,
    }
    if charge.field:
        line |= {"field": charge.field, "person": charge.person}
    return line


def _submit_line(submit: Submit) -> dict[str, object]:
    return {
        "request_id": submit.request_id,
        "item_count": len(submit.client_keys),
        "client_keys": submit.client_keys,
        "people": submit.people,
        "fields": submit.fields,
        "accepted_at": submit.accepted_at,
        "reserved": submit.reserved,
        "dropped": submit.dropped,
    }
