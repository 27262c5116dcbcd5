"""Views of a library worked out the slow and plain way, contact by contact, to compare the real ones with."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from app.domain.countries import country_name
from app.domain.library_view import Facet, SortField, ViewQuery
from app.domain.marks import ContactStatus
from app.domain.provider import Provider
from app.domain.sort_order import sort_key
from app.domain.text_fold import fold
from app.storage.columns import json_texts, person_fields
from app.storage.database import Connection

_CONTACTS = """
SELECT c.contact_id, display_name, first_name, last_name, job_title, company_name, company_domain, email,
    email_verdict, phone, linkedin_url, location, country, providers, fetched_at, status, rating, tags, notes,
    provider_id, account_id, email_outcome, phone_outcome,
    (SELECT json_group_array(fields) FROM source_record r WHERE r.contact_id = c.contact_id),
    (SELECT json_group_array(tag) FROM contact_tag t WHERE t.contact_id = c.contact_id),
    (SELECT json_group_array(cast(list_id AS TEXT)) FROM contact_list_member m WHERE m.contact_id = c.contact_id)
FROM contact c WHERE merged_into IS NULL AND removed_at IS NULL ORDER BY contact_id
"""


class NaiveContact(NamedTuple):
    """A contact as its row shows it, with all that was said of it."""

    contact_id: int
    name: str
    first_name: str
    last_name: str
    job_title: str
    company: str
    domain: str
    email: str
    email_quality: str
    phone: str
    linkedin: str
    location: str
    country: str
    providers: str
    fetched: int
    status: str
    rating: int
    tags: str
    notes: str
    provider_id: str
    account: str
    email_outcome: str
    phone_outcome: str
    said: str
    own_tags: str
    lists: str

    @property
    def sources(self) -> str:
        return ", ".join(Provider(name).label for name in self.providers.split(","))

    def texts(self) -> list[str]:
        """All that the contact may be found by."""
        found = [*self[1:8], self.phone, self.location, self.country, country_name(self.country), self.notes]
        found += json_texts(self.own_tags)
        for record in map(person_fields, json_texts(self.said)):
            numbers = [text for phone in record.phones for text in (phone.number, phone.raw)]
            found += [record.full_name, *(email.address for email in record.emails), *record.tags, *numbers]
            found += [digits(number) for number in numbers]
        return [fold(text) for text in found if text]

    def values(self, facet: Facet) -> set[str]:
        """The values of a facet that the contact has."""
        match facet:
            case Facet.PROVIDER:
                return set(self.providers.split(","))
            case Facet.HAS_EMAIL:
                return {"yes" if self.email else "no"}
            case Facet.HAS_PHONE:
                return {"yes" if self.phone else "no"}
            case Facet.OUTCOME:
                return {self.email_outcome, self.phone_outcome} - {""} or {""}
            case Facet.STATUS:
                return {self.status}
            case Facet.LIST:
                return set(json_texts(self.lists)) or {""}
            case Facet.TAG:
                return set(json_texts(self.own_tags)) or {""}
            case Facet.COMPANY:
                return {sort_key(self.company)}
            case Facet.COUNTRY:
                return {self.country}


def digits(number: str) -> str:
    """A phone number without what people put between its digits."""
    found = re.sub("[^0-9]", "", fold(number))
    return f"+{found}" if fold(number).lstrip(" (").startswith("+") else found


class NaiveViews:
    """Everybody who is shown, the first entry first, and what views of them would be."""

    def __init__(self, conn: Connection) -> None:
        self.contacts = [NaiveContact(*row) for row in conn.execute(_CONTACTS)]
        self._texts = {each.contact_id: each.texts() for each in self.contacts}

    def view(self, query: ViewQuery) -> list[int]:
        """The ids of a view."""
        found = [each for each in self._with_words(query.text) if _fits(each, query)]
        if query.sort is None:
            return [each.contact_id for each in found][:: 1 if query.descending else -1]
        key = _key(query.sort)
        filled = sorted((each for each in found if key(each)), key=key)
        blank = [each for each in found if not key(each)]
        step = -1 if query.descending else 1
        return [each.contact_id for each in filled[::step] + blank[::step]]

    def facets(self, query: ViewQuery) -> dict[Facet, Counter[str]]:
        """The counts of a view, without values that nobody has."""
        found = self._with_words(query.text)
        return {
            facet: Counter(value for each in found if _fits(each, query, facet) for value in each.values(facet))
            for facet in Facet
        }

    def _with_words(self, text: str) -> list[NaiveContact]:
        words = fold(text).split()
        return [
            each
            for each in self.contacts
            if all(any(_has(said, word) for said in self._texts[each.contact_id]) for word in words)
        ]


def _has(text: str, word: str) -> bool:
    if word in text:
        return True
    bare = re.sub(r"[()./-]", "", word)
    looks_like_a_number = re.fullmatch(r"[+(]*[0-9][0-9()./-]*", word) and len(bare) > 3
    return bool(looks_like_a_number) and bare in text


def _fits(contact: NaiveContact, query: ViewQuery, but: Facet | None = None) -> bool:
    return all(facet is but or not chosen or contact.values(facet) & chosen for facet, chosen in query.facets.items())


def _key(field: SortField) -> Callable[[NaiveContact], Any]:
    match field:
        case SortField.FETCHED | SortField.RATING:
            return lambda each: getattr(each, field)
        case SortField.STATUS:
            places = {status.value: place for place, status in enumerate(ContactStatus, start=1)}
            return lambda each: places.get(each.status, 0)
        case SortField.PHONE:
            return lambda each: re.sub("[^0-9]", "", fold(each.phone))
        case SortField.LINKEDIN:
            return lambda each: sort_key(each.linkedin.rpartition("/in/")[2].strip("/"))
        case SortField.COUNTRY:
            return lambda each: sort_key(country_name(each.country))
        case SortField.TAGS:
            return lambda each: sort_key(each.tags.replace("\n", ", "))
        case _:
            return lambda each: sort_key(getattr(each, field))
