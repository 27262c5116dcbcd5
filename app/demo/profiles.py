"""A person as TalkToHumans shows it: a row of one LinkedIn account's network."""

from dataclasses import dataclass

from app.demo.dataset import LINKEDIN_ACCOUNTS, Company, Person
from app.demo.spelling import headline_of, linkedin_handle, linkedin_url, name_at
from app.demo.vocabulary import INDUSTRIES, SCHOOLS, STUDIES, TAGS, City
from app.domain.provider import Provider

_HERE = Provider.TALKTOHUMANS
_OWNERS = ("Wren Alderquill", "Tomas Brackenfold", "Ines Clairnuage")
_MEDIA = "https://media.example"
_APP = "https://talktohumans.example"


@dataclass(frozen=True, slots=True)
class Relation:
    """A person in the network of one account.

    Attributes:
        person: Who.
        account: Whose network, counted from 0.
        given_tags: The tags since they were first changed, None before.
    """

    person: Person
    account: int
    given_tags: tuple[str, ...] | None = None

    @property
    def relation_id(self) -> str:
        """Its `account_relationship_id`."""
        return str(88_000 + self.person.index * 4 + self.account)

    @property
    def status(self) -> str:
        """`connected`, `not_connected` or `unknown`; the row itself does not show it."""
        draw = self.person.draw(f"relation {self.account}", 100)
        return "connected" if draw < 70 else "not_connected" if draw < 90 else "unknown"

    @property
    def invitation(self) -> str:
        """`pending` for some who are not connected."""
        return "pending" if self.status == "not_connected" and self.person.chance("invitation", 45) else ""

    @property
    def is_sparse(self) -> bool:
        """Whether little more than the name is known."""
        return self.person.chance("sparse row", 8)

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags that the account gave."""
        if self.given_tags is not None:
            return self.given_tags
        if self.is_sparse:
            return ()
        tags = {TAGS[self.person.draw(f"tag {n} {self.account}", 4 * len(TAGS)) % len(TAGS)] for n in range(2)}
        return tuple(sorted(tags)) if self.person.chance(f"tagged {self.account}", 35) else ()

    @property
    def note(self) -> str:
        """A note that somebody took."""
        noted = not self.is_sparse and self.person.chance(f"note {self.account}", 15)
        return "Met at the lantern trade fair." if noted else ""

    @property
    def school(self) -> str:
        """School and field of study."""
        if self.is_sparse:
            return ""
        return f"{_pick(self.person, 'school', SCHOOLS)} {_pick(self.person, 'study', STUDIES)}"

    @property
    def location(self) -> str:
        """Location text."""
        city = self.person.city
        return "" if self.is_sparse else f"{city.name}, {city.region}, {city.country}"

    @property
    def companies(self) -> tuple[Company, ...]:
        """The employers that the row shows, the present one first."""
        if self.is_sparse:
            return ()
        return tuple(company for company in (self.person.company, self.person.past) if company)

    @property
    def shows_headline(self) -> bool:
        """Whether the row has a headline."""
        return not self.is_sparse and not self.person.chance("no headline", 5)


def _pick(person: Person, what: str, words: tuple[str, ...]) -> str:
    return words[person.draw(what, len(words))]


def account_of(number: int) -> dict[str, object]:
    """A LinkedIn account as it is listed and embedded."""
    account_id = LINKEDIN_ACCOUNTS[number]
    return {
        "account_id": account_id,
        "display_name": _OWNERS[number],
        "provider_account_id": f"pacc_{int(account_id) * 7919:06X}",
        "owner_user_id": str(7 + number),
    }


def conversation_of(relation: Relation) -> str:
    """The conversation the person takes part in, "" for most: neighbours of an account share one."""
    person = relation.person
    if not person.chance(f"talks {relation.account}", 12):
        return ""
    return str(5000 + (person.index // 12) * len(LINKEDIN_ACCOUNTS) + relation.account)


def participant(relation: Relation, contact_id: str) -> dict[str, object]:
    """A person as a member of a conversation."""
    person, name = relation.person, name_at(relation.person, _HERE)
    return {
        "contact_id": contact_id,
        "provider_participant_id": _participant_id(person),
        "name": name.full,
        "account_relationship_id": relation.relation_id,
        "public_identifier": linkedin_handle(person),
        "first_name": name.first,
        "last_name": name.last,
        "headline": headline_of(person),
        "primary_role_title": person.title.text,
        "primary_company_name": person.company.name if person.company else None,
        "linkedin_url": linkedin_url(person) or None,
    }


def contact(relation: Relation, contact_id: str) -> dict[str, object]:
    """The full row; a sparse one has the always-present members and a LinkedIn address at most."""
    person, name = relation.person, name_at(relation.person, _HERE)
    row: dict[str, object] = {
        "account_relationship_id": relation.relation_id,
        "contact_id": contact_id,
        "provider_participant_id": _participant_id(person),
        "account": account_of(relation.account),
        "name": name.full,
        "tags": [{"name": tag} for tag in relation.tags],
        "languages": [],
        "experiences": [],
        "educations": [],
        "locations": [],
    }
    url = linkedin_url(person)
    if relation.is_sparse:
        if url:
            row["linkedin_url"] = url
        return row | {"headline": None, "company": None}
    row |= {
        "languages": [{"language": person.city.tongue.value}, {"language": "English"}],
        "experiences": _experiences(person),
        "educations": [_education(person)] if person.chance("education", 60) else [],
        "locations": [_location(person.city)],
        "app_url": f"{_APP}/contacts/{contact_id}",
        "public_identifier": linkedin_handle(person),
        "first_name": name.first,
        "last_name": name.last or None,
        "headline": headline_of(person) if relation.shows_headline else None,
        "primary_role_title": person.title.text,
        "primary_company_name": person.company.name if person.company else None,
        "linkedin_url": url or None,
        "avatar_url": f"{_MEDIA}/avatars/{contact_id}.jpg",
        "follower_count": person.draw("followers", 9000),
        "connections_count": person.draw("connections", 501),
        "connection_invitation": _invitation(relation),
        "company": _company(person.company) if person.company else None,
    }
    if person.chance("about", 40):
        row["about"] = f"{person.title.english}. Lanterns, ledgers & lists <3 — “happy to talk”."
    if relation.note:
        row["notes_json"] = (
            '{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"' + relation.note + '"}]}]}'
        )
    if relation.status == "connected":
        day = 1 + person.draw("interaction", 28)
        row["last_interaction_at"] = f"2026-04-{day:02}T09:12:44Z"
    if person.chance(f"sequence {relation.account}", 6):
        row["sequence"] = _sequence(relation)
    return row


def _participant_id(person: Person) -> str:
    return f"ACoAADemo{person.index:07}"


def _invitation(relation: Relation) -> dict[str, object] | None:
    if not relation.invitation:
        return None
    return {
        "invite_id": str(3000 + relation.person.index),
        "invite_state": "pending",
        "invite_type": "received" if relation.person.chance("invited us", 50) else "sent",
        "received_at": "2026-04-27T16:40:03Z",
    }


def _experiences(person: Person) -> list[dict[str, object]]:
    jobs = []
    start = 2012 + person.draw("start", 12)
    if person.company:
        jobs.append(_experience(person, person.company, person.title.text, f"{start}-03", None))
    if person.past:
        jobs.append(_experience(person, person.past, "Account Executive", str(start - 4), f"{start}-02"))
    return jobs


def _experience(person: Person, company: Company, title: str, start: str, end: str | None) -> dict[str, object]:
    return {
        "experience_id": str(person.index * 2 + (end is not None)),
        "is_current": end is None,
        "company_participant_id": str(3300 + company.index),
        "company_provider_participant_id": company.linkedin_id,
        "company_name": company.name,
        "title": title,
        "employment_type": "Full-time",
        "location": f"{company.city.name}, {company.city.country}",
        "start_at": start,
        "end_at": end,
        "description": None,
    }


def _education(person: Person) -> dict[str, object]:
    start = 2000 + person.draw("school years", 15)
    return {
        "education_id": str(70_000 + person.index),
        "school_participant_id": None,
        "school_provider_participant_id": None,
        "school_name": _pick(person, "school", SCHOOLS),
        "degree": "MSc" if person.chance("degree", 50) else None,
        "field_of_study": _pick(person, "study", STUDIES),
        "start_at": str(start),
        "end_at": str(start + 3),
        "description": None,
    }


def _location(city: City) -> dict[str, object]:
    return {
        "is_primary": True,
        "is_headquarter": False,
        "linkedin_text": f"{city.name}, {city.region}, {city.country}",
        "display_text": f"{city.name}, {city.country}",
        "country_code": city.country_code,
        "region_code": city.region_code,
        "country": city.country,
        "country_full": None,
        "state": city.region,
        "city": city.name,
        "geographic_area": None,
    }


def _company(company: Company) -> dict[str, object]:
    number = str(INDUSTRIES.index(company.industry) + 40)
    return {
        "company_id": str(3300 + company.index),
        "provider_participant_id": company.linkedin_id,
        "name": company.name,
        "industries": [
            {
                "name": company.industry,
                "title": company.industry,
                "industry_urn": f"urn:li:industry:{number}",
                "provider_industry_id": number,
                "hierarchy": company.industry,
            }
        ],
        "locations": [_location(company.city) | {"is_headquarter": True}],
        "public_identifier": company.handle,
        "headline": None,
        "linkedin_url": f"https://www.linkedin.com/company/{company.handle}",
        "avatar_url": f"{_MEDIA}/logos/{company.index}.png",
        "background_cover_url": None,
        "headcount": company.headcount,
        "employee_count": company.employees,
        "founding_date": str(company.founded),
        "website_url": f"https://www.{company.domain}" if company.domain else None,
        "follower_count": company.employees * 7,
        "about": None,
        "notes_json": None,
    }


def _sequence(relation: Relation) -> dict[str, object]:
    step_id = str(9000 + relation.person.index)
    return {
        "sequence_id": "640",
        "status": "active",
        "stop_if_person_replies": True,
        "steps": [
            {
                "step_id": step_id,
                "step_type": "message",
                "trigger_type": "delay",
                "position": 1,
                "message_mode": "template",
                "state": "scheduled",
                "template_run_public_id": f"tr_{relation.relation_id}",
                "scheduled_for": "2026-05-02T08:00:00Z",
            }
        ],
        "reply_guard_after": "2026-04-18T09:12:44Z",
        "next_step_id": step_id,
        "next_step_scheduled_for": "2026-05-02T08:00:00Z",
    }
