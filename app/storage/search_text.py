"""What is searched and sorted by, worked out from contacts: text without case and accents, and keys that sort well.

Triggers note every contact whose text may be behind, whoever writes. `Database` works that off in each transaction
before it is committed, so that small changes are found at once, and afterwards, some contacts at a time, for what a
large change has left. A crash in between loses nothing, since the note is in the library itself.
"""

# ruff: noqa: S608 - statements are put together from names of our own; values are always bound.

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from app.domain.countries import country_name
from app.domain.identifiers import linkedin_slug
from app.domain.provider import Provider
from app.domain.sort_order import sort_key
from app.domain.text_fold import fold
from app.storage.columns import json_list

if TYPE_CHECKING:
    from app.storage.database import Connection

#: How many contacts one transaction brings up to date beyond its own work: some tenths of a second.
AT_ONCE = 500

#: The keys of `contact_sort`, in the order of its columns.
KEYS = (
    "name",
    "first_name",
    "last_name",
    "job_title",
    "company",
    "domain",
    "email",
    "email_quality",
    "phone",
    "linkedin",
    "location",
    "country",
    "sources",
    "tags",
    "notes",
    "provider_id",
    "account",
)  # fmt: skip

_CONTACTS = """
SELECT contact_id, merged_into, display_name, first_name, last_name, job_title, company_name, company_domain, email,
    email_verdict, phone, linkedin_url, location, country, providers, tags, notes, provider_id, account_id
FROM contact WHERE contact_id IN (SELECT value FROM json_each(?))
"""
_RECORDS = """
SELECT contact_id, provider || '/' || account_id || '/' || provider_id, masked, fields FROM source_record
WHERE contact_id IN (SELECT value FROM json_each(?)) ORDER BY contact_id, fetched_at DESC, record_id DESC
"""
_SAVE_TEXT = """
INSERT INTO contact_search (contact_id, text) VALUES (?, ?)
ON CONFLICT (contact_id) DO UPDATE SET text = excluded.text WHERE text <> excluded.text
"""
_SAVE_KEYS = f"INSERT INTO contact_sort (contact_id, {', '.join(KEYS)}) VALUES (?{', ?' * len(KEYS)})"
_ids_decoder = msgspec.json.Decoder(list[int])
_STALE = "SELECT json_group_array(contact_id) FROM (SELECT contact_id FROM contact_stale LIMIT ?)"


def is_kept(conn: "Connection") -> bool:
    """Whether the library is of a version that has any of this."""
    return next(iter(conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'contact_stale'")), None) is not None


def behind(conn: "Connection", most: int = AT_ONCE) -> list[int]:
    """The contacts that `refresh` is to bring up to date, at most so many."""
    (ids,) = next(iter(conn.execute(_STALE, (most,))))
    return _ids_decoder.decode(ids)


def waiting(conn: "Connection") -> int:
    """How many contacts are behind: a search may miss them."""
    return int(next(iter(conn.execute("SELECT count(*) FROM contact_stale")))[0])


def refresh(conn: "Connection", contact_ids: Iterable[int]) -> None:
    """Work out text and keys of contacts again; those merged into others have none."""
    ids = json_list(dict.fromkeys(contact_ids))
    contacts = [_Contact(*row) for row in conn.execute(_CONTACTS, (ids,))]
    said = _records(conn, ids)
    live = [contact for contact in contacts if contact.merged_into is None]
    merged = json_list(contact.contact_id for contact in contacts if contact.merged_into is not None)
    for table in ("contact_search", "contact_sort"):
        conn.execute(f"DELETE FROM {table} WHERE contact_id IN (SELECT value FROM json_each(?))", (merged,))
    conn.executemany(
        _SAVE_TEXT, [(contact.contact_id, _text(contact, said.get(contact.contact_id, ()))) for contact in live]
    )
    _save_keys(conn, live, ids)
    conn.execute("DELETE FROM contact_stale WHERE contact_id IN (SELECT value FROM json_each(?))", (ids,))


class _Contact(NamedTuple):
    contact_id: int
    merged_into: int | None
    display_name: str
    first_name: str
    last_name: str
    job_title: str
    company_name: str
    company_domain: str
    email: str
    email_verdict: str
    phone: str
    linkedin_url: str
    location: str
    country: str
    providers: str
    tags: str
    notes: str
    provider_id: str
    account_id: str


class _Email(msgspec.Struct):
    address: str = ""


class _Phone(msgspec.Struct):
    number: str = ""
    raw: str = ""


class _Fields(msgspec.Struct):
    """Of all that a record says, what is searched beyond what the contact shows."""

    full_name: str = ""
    tags: list[str] = []
    emails: list[_Email] = []
    phones: list[_Phone] = []


class _Record(NamedTuple):
    source: str
    masked: bool
    fields: _Fields


_decoder = msgspec.json.Decoder(_Fields)


def _records(conn: "Connection", ids: str) -> dict[int, list[_Record]]:
    said: dict[int, list[_Record]] = {}
    for contact_id, source, masked, fields in conn.execute(_RECORDS, (ids,)):
        said.setdefault(contact_id, []).append(_Record(source, bool(masked), _decoder.decode(fields)))
    return said


def _text(contact: _Contact, records: Sequence[_Record]) -> str:
    """All that a contact is found by, folded. What stands in another part anyway is left out."""
    text = ""
    for part in _parts(contact, records):
        if part and (folded := fold(part)) not in text:
            text = f"{text}\n{folded}" if text else folded
    return text


def _parts(contact: _Contact, records: Sequence[_Record]) -> Iterator[str]:
    yield contact.display_name
    yield f"{contact.first_name} {contact.last_name}".strip()
    yield contact.job_title
    yield contact.company_name
    yield contact.email
    yield contact.company_domain
    yield from _phone(contact.phone)
    yield contact.location
    yield contact.country
    yield country_name(contact.country)
    yield contact.tags
    yield contact.notes
    tagged: set[str] = set()
    for record in records:
        yield record.fields.full_name
        for email in record.fields.emails:
            yield email.address
        for phone in record.fields.phones:
            yield from _phone(phone.number)
            yield from _phone(phone.raw)
        # Of each source the newest record alone: a tag that was taken off since is not found any more.
        if not record.masked and record.source not in tagged:
            tagged.add(record.source)
            yield "\n".join(record.fields.tags)


_NO_DIGITS = re.compile("[^0-9]+")


def _phone(number: str) -> Iterator[str]:
    """A number as it is written, and its digits in one go."""
    yield number
    folded = fold(number)
    if digits := _NO_DIGITS.sub("", folded):
        yield f"+{digits}" if folded.lstrip(" (").startswith("+") else digits


def _keys(contact: _Contact) -> tuple[str, ...]:
    return (
        sort_key(contact.display_name),
        sort_key(contact.first_name),
        sort_key(contact.last_name),
        sort_key(contact.job_title),
        sort_key(contact.company_name),
        sort_key(contact.company_domain),
        sort_key(contact.email),
        sort_key(contact.email_verdict),
        # By country and area, not by length.
        _NO_DIGITS.sub("", fold(contact.phone)),
        sort_key(linkedin_slug(contact.linkedin_url) or contact.linkedin_url),
        sort_key(contact.location),
        sort_key(country_name(contact.country)),
        sort_key(", ".join(Provider(name).label for name in contact.providers.split(",") if name)),
        sort_key(contact.tags.replace("\n", ", ")),
        sort_key(contact.notes),
        sort_key(contact.provider_id),
        sort_key(contact.account_id),
    )


def _save_keys(conn: "Connection", contacts: Sequence[_Contact], ids: str) -> None:
    """Write the keys that differ from those that stand, so that no index is touched in vain."""
    old: dict[int, tuple[Any, ...]] = {
        row[0]: row[1:]
        for row in conn.execute(
            f"SELECT contact_id, {', '.join(KEYS)} FROM contact_sort"
            " WHERE contact_id IN (SELECT value FROM json_each(?))",
            (ids,),
        )
    }
    new: list[tuple[int | str, ...]] = []
    for contact in contacts:
        keys, before = _keys(contact), old.get(contact.contact_id)
        if before is None:
            new.append((contact.contact_id, *keys))
        elif keys != before:
            changed = [(name, key) for name, key, was in zip(KEYS, keys, before, strict=True) if key != was]
            conn.execute(
                f"UPDATE contact_sort SET {', '.join(f'{name} = ?' for name, _ in changed)} WHERE contact_id = ?",
                (*(key for _, key in changed), contact.contact_id),
            )
    conn.executemany(_SAVE_KEYS, new)
