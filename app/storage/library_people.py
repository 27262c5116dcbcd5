"""Finding people of the library by the keys that the enrichment queue knows them by, inside a caller's read."""

from collections.abc import Collection, Sequence

from app.domain.enrichment import PersonInput, same_person
from app.storage.columns import json_list
from app.storage.database import Connection, rows

_BY_KEY = """
SELECT k.kind || ':' || k.value, coalesce(c.merged_into, c.contact_id)
FROM identity_key k JOIN contact c USING (contact_id)
WHERE k.scope = '' AND k.kind = ?1 AND k.value IN (SELECT value FROM json_each(?2))
"""
_BY_DOMAIN = """
SELECT contact_id, first_name, last_name, company_domain FROM contact
WHERE merged_into IS NULL AND lower(company_domain) IN (SELECT value FROM json_each(?))
"""


def find(conn: Connection, people: Sequence[Collection[str]]) -> dict[int, int]:
    """Place in the list → contact, for everybody who is in the library."""
    wanted: dict[str, set[str]] = {"linkedin": set(), "email": set(), "name": set()}
    for keys in people:
        for key in keys:
            kind, _, value = key.partition(":")
            wanted[kind].add(value)
    owners: dict[str, set[int]] = {}
    for kind in ("linkedin", "email"):
        for key, contact_id in rows(conn, _BY_KEY, (kind, json_list(wanted[kind]))):
            owners.setdefault(key, set()).add(contact_id)
    domains = {value.rpartition("@")[2] for value in wanted["name"]}
    for contact_id, first_name, last_name, domain in rows(conn, _BY_DOMAIN, (json_list(domains),)):
        for key in PersonInput(first_name, last_name, domain).identity_keys:
            if key.partition(":")[2] in wanted["name"]:
                owners.setdefault(key, set()).add(contact_id)
    slugs = _slugs(conn, {contact_id for found in owners.values() for contact_id in found})
    places = {}
    for place, keys in enumerate(people):
        for contact_id in sorted({contact_id for key in keys for contact_id in owners.get(key, ())}):
            theirs = {key for key in keys if contact_id in owners.get(key, ())} | slugs.get(contact_id, set())
            if same_person(keys, theirs):
                places[place] = contact_id
                break
    return places


def _slugs(conn: Connection, contact_ids: Collection[int]) -> dict[int, set[str]]:
    slugs: dict[int, set[str]] = {}
    for contact_id, value in rows(
        conn,
        "SELECT contact_id, value FROM identity_key WHERE kind = 'linkedin'"
        " AND contact_id IN (SELECT value FROM json_each(?))",
        (json_list(contact_ids),),
    ):
        slugs.setdefault(contact_id, set()).add(f"linkedin:{value}")
    return slugs
