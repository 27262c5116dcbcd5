"""Two contacts field by field: what is the same, what is alike, what differs, and what only one of them has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from app.domain.contact import ContactDetails, EmailValue, PhoneValue
from app.domain.identifiers import linkedin_slug, normalise_domain, normalise_email
from app.domain.marks import MOST_STARS
from app.domain.text_fold import fold
from app.ui.wording import count, short_moment

ALIKE = 0.75
"""From this share of equal letters on, two spellings are told apart from two different values."""
LONG = 120
"""Texts longer than this are the same, or they differ."""


class Verdict(StrEnum):
    """How a field of two contacts compares. `NONE` is for what need not agree, such as who said it."""

    SAME = "same"
    ALIKE = "alike"
    PARTLY = "partly"
    DIFFERS = "differs"
    ONE_SIDE = "one_side"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FieldPair:
    """One field of both contacts; each line of `left` and `right` is one value, what both have comes first.

    `note` says the verdict in words, "" where there is none to give.
    """

    label: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    verdict: Verdict
    note: str = ""


Key = Callable[[str], str]

_NOTES = {Verdict.SAME: "Same", Verdict.ALIKE: "Alike", Verdict.DIFFERS: "Differs", Verdict.ONE_SIDE: "One side"}


def compare(left: ContactDetails, right: ContactDetails) -> list[FieldPair]:
    """The fields that at least one of two contacts has, in the order they are shown."""
    sides = (left, right)
    pairs = [
        _texts("Name", [details.row.display_name for details in sides]),
        _texts("Job title", [details.row.job_title for details in sides]),
        _texts("Company", [details.row.company_name for details in sides]),
        _texts("Domain", [details.row.company_domain for details in sides], normalise_domain),
        _many("Email", [_emails(details) for details in sides], normalise_email),
        _many("Phone", [_phones(details) for details in sides], _phone_key),
        _many("LinkedIn", [_profiles(details) for details in sides], linkedin_slug),
        _texts("Location", [details.row.location for details in sides]),
        _texts("Status", [details.marks.status.label if details.marks.status else "" for details in sides]),
        _texts("Rating", [_stars(details.marks.rating) for details in sides]),
        _many("Tags", [details.marks.tags for details in sides], folded),
        _many("Lists", [tuple(each.name for each in details.marks.lists) for details in sides], folded),
        _texts("Notes", [details.marks.notes.strip() for details in sides]),
        FieldPair("Sources", _sources(left), _sources(right), Verdict.NONE),
        FieldPair("Newest data", (_age(left),), (_age(right),), Verdict.NONE),
    ]
    return [pair for pair in pairs if any(pair.left) or any(pair.right)]


def folded(text: str) -> str:
    """A text without what hardly makes a difference: case, accents, spaces, punctuation."""
    return "".join(char for char in fold(text) if char.isalnum())


def _texts(label: str, values: Sequence[str], key: Key = folded) -> FieldPair:
    left, right = values
    if not left or not right:
        verdict = Verdict.ONE_SIDE
    elif left == right or (key(left) and key(left) == key(right)):
        verdict = Verdict.SAME
    elif _alike(left.casefold(), right.casefold()):
        verdict = Verdict.ALIKE
    else:
        verdict = Verdict.DIFFERS
    return FieldPair(label, _lines(left), _lines(right), verdict, _NOTES[verdict])


def _alike(left: str, right: str) -> bool:
    if max(len(left), len(right)) > LONG:  # whole notes would hold the window up
        return False
    # What is found depends on the order.
    return any(SequenceMatcher(None, *both, autojunk=False).ratio() >= ALIKE for both in ((left, right), (right, left)))


def _many(label: str, values: Sequence[Sequence[str]], key: Key) -> FieldPair:
    left, right = ({key(value) or value: value for value in side if value} for side in values)
    shared = [each for each in left if each in right]
    lines = [
        tuple([side[each] for each in shared] + [text for each, text in side.items() if each not in shared])
        for side in (left, right)
    ]
    if not left or not right:
        verdict = Verdict.ONE_SIDE
    elif not shared:
        verdict = Verdict.DIFFERS
    elif len(shared) == len(left) == len(right):
        verdict = Verdict.SAME
    else:
        verdict = Verdict.PARTLY
    note = f"{len(shared):,} the same" if verdict is Verdict.PARTLY else _NOTES[verdict]
    return FieldPair(label, lines[0], lines[1], verdict, note)


def _lines(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _emails(details: ContactDetails) -> tuple[str, ...]:
    shown = (EmailValue(details.row.email),) if details.row.email else ()
    return tuple(each.address for each in (*shown, *details.fields.emails))


def _phones(details: ContactDetails) -> tuple[str, ...]:
    shown = (PhoneValue(details.row.phone),) if details.row.phone else ()
    return tuple(each.number for each in (*shown, *details.fields.phones))


def _profiles(details: ContactDetails) -> tuple[str, ...]:
    # All that were ever named: a contact may be known by an older address of the same profile.
    said = [value.value for value in details.values if value.field == "linkedin_url"]
    return tuple(_bare(url) for url in (details.row.linkedin_url, *said) if url)


def _bare(url: str) -> str:
    return url.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def _stars(rating: int) -> str:
    return f"{rating} of {MOST_STARS} stars" if rating else ""


def _sources(details: ContactDetails) -> tuple[str, ...]:
    """Who spoke of a contact, and how often."""
    said: dict[str, int] = {}
    for record in details.records:
        said[record.provider.label] = said.get(record.provider.label, 0) + 1
    return tuple(f"{name}, {count(number, 'record')}" for name, number in said.items()) or tuple(
        provider.label for provider in details.row.providers
    )


def _age(details: ContactDetails) -> str:
    return short_moment(details.row.fetched_at)


def _phone_key(text: str) -> str:
    return "".join(filter(str.isdigit, text))
