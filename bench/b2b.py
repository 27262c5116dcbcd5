"""Fifty thousand rows about people, as four services would tell them, with the truth about who is who.

What the services differ in is drawn at the rates below; one seed gives the same rows everywhere. The rates are
judgements about such data and not part of what is tuned, but for one: how many humans have several rows. It was lowered
from 24 % to 16 %, because otherwise more true pairs are left to review than the 3 % of rows that are the target: the
share to review says how much a list overlaps as well as how sure the scorer is.

| What | How often |
| --- | --- |
| rows per human | 1: 84 %, 2: 12 %, 3: 3.2 %, 4: 0.8 % |
| job changed between rows | 12.5 % of humans |
| name of the LinkedIn profile changed | 2.5 % of humans |
| slip of the pen in a name | 4 % of rows; in a company 2 % |
| nickname instead of the name, where there is one | 10 % of rows |
| initial only / swapped names / a title before it | 1.5 % / 0.7 % / 2 % |
| without accents / in another script's letters | 20 % / as the name has it |
| role address beside or instead of the own | 7 % of rows |
| address guessed from the pattern, which may be a namesake's | 3 % of addresses |
| switchboard number / own mobile / a mobile that was somebody else's | 30 % / 25 % / 0.2 % |
| a profile that is another person's | 0.02 % of rows |
| a mailbox that several colleagues read, with no name of a role | 0.3 % of companies |
| one provider has somebody twice under two ids | 1 % of humans with several rows |
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.provider import Provider
from app.domain.text_fold import fold
from bench.b2b_people import Company, Human, People, address

SEED = 20_250_601
_START = datetime(2024, 1, 1, tzinfo=UTC)

# How often a service tells the profile, the own address at work, and a phone at all.
_TELLS = {
    Provider.TALKTOHUMANS: (0.97, 0.15, 0.15),
    Provider.LEADFEEDER: (0.85, 0.60, 0.60),
    Provider.TAMTAM: (0.85, 0.50, 0.50),
    Provider.BUILDWORKPRO: (0.60, 0.75, 0.75),
}
_ROLES = ("info", "sales", "contact", "office", "kontakt", "hello", "support", "vertrieb", "administration")


@dataclass(frozen=True, slots=True)
class Rows:
    """Records in the order they came in, and for each the human it is about."""

    records: list[SourceRecord]
    human: list[int]


def make_rows(count: int = 50_000, seed: int = SEED) -> Rows:
    """Rows with their truth."""
    rng = random.Random(seed)
    people = People(rng, max(20, count // 12))
    rows: list[tuple[datetime, SourceRecord, int]] = []
    known: list[Human] = []
    while len(rows) < count:
        human = people.human(len(known) + 1)
        known.append(human)
        rows += _rows_of(rng, people, human, known)
    rows = rows[:count]
    rows.sort(key=lambda row: row[0])
    return Rows([record for _, record, _ in rows], [number for _, _, number in rows])


def _rows_of(
    rng: random.Random, people: People, human: Human, known: list[Human]
) -> list[tuple[datetime, SourceRecord, int]]:
    number = rng.choices((1, 2, 3, 4), weights=(840, 120, 32, 8))[0]
    ids = {provider: f"{provider}-{human.number}" for provider in Provider}
    providers = [rng.choice(list(Provider)) for _ in range(number)]
    twice = number > 1 and rng.random() < 0.01
    made = []
    for place, provider in enumerate(providers):
        at = _START + timedelta(minutes=rng.randrange(800_000))
        # Half of the rows of people who changed are from before.
        job = human.jobs[0 if rng.random() < 0.5 else -1]
        slug = human.slugs[0 if rng.random() < 0.5 else -1]
        if rng.random() < 0.0002:
            slug = rng.choice(known).slugs[-1]
        provider_id = f"{ids[provider]}-b" if twice and place == number - 1 else ids[provider]
        fields = _fields(rng, people, human, job, slug, provider, known)
        record = SourceRecord(
            provider=provider,
            provider_id=provider_id,
            kind=RecordKind.FULL,
            fetched_at=at,
            fields=fields,
            raw=f"{human.number}/{place}".encode(),
        )
        made.append((at, record, human.number))
    return made


def _fields(
    rng: random.Random,
    people: People,
    human: Human,
    job: tuple[Company, str],
    slug: str,
    provider: Provider,
    known: list[Human],
) -> PersonFields:
    company, title = job
    first, last = _names(rng, human)
    tells_slug, tells_email, tells_phone = _TELLS[provider]
    emails, phones = [], []
    if rng.random() < tells_email:
        guessed = rng.random() < 0.03
        emails.append(
            f"{address(human, company.pattern)}@{company.domain}" if guessed else people.work_email(human, company)
        )
    if company.mailbox and rng.random() < 0.3:
        emails.append(f"{company.mailbox}@{company.domain}")
    if rng.random() < 0.06:
        emails.append(human.private.replace("@", "+work@") if rng.random() < 0.1 else human.private)
    if rng.random() < 0.07:
        emails.append(f"{rng.choice(_ROLES)}@{company.domain}")
    if rng.random() < tells_phone:
        if rng.random() < 0.5:
            phones.append(company.switchboard)
        if rng.random() < 0.42:
            phones.append(rng.choice(known).mobile if rng.random() < 0.002 else human.mobile)
    name = company.name
    if rng.random() < 0.3:
        name = " ".join(name.split()[:-1]) or name
    if rng.random() < 0.02:
        name = _slip(rng, name)
    city = human.city
    place = rng.choice(
        (f"{city.name}, {city.region}, {city.country}", f"{city.name}, {city.country}", city.country, "")
    )
    return PersonFields(
        first_name=first,
        last_name=last,
        full_name=f"{first} {last}",
        job_title=title,
        company_name="" if rng.random() < 0.03 else name,
        company_domain="" if rng.random() < 0.25 else company.domain,
        location=place,
        country_code=city.country_code if place else "",
        linkedin_url=f"https://www.linkedin.com/in/{slug}" if rng.random() < tells_slug else "",
        emails=tuple(map(EmailValue, dict.fromkeys(emails))),
        phones=tuple(map(PhoneValue, dict.fromkeys(phones))),
    )


def _names(rng: random.Random, human: Human) -> tuple[str, str]:
    native = rng.random() < 0.5
    first = human.first.native if native else human.first.latin
    last = human.last.native if native else human.last.latin
    if human.first.nickname and rng.random() < 0.1:
        first = human.first.nickname
    if rng.random() < 0.2:
        first, last = fold(first).title(), fold(last).title()
    if rng.random() < 0.04:
        first, last = (_slip(rng, first), last) if rng.random() < 0.5 else (first, _slip(rng, last))
    if rng.random() < 0.015:
        first = f"{first[:1]}."
    if rng.random() < 0.02:
        first = f"Dr. {first}"
    return (last, first) if rng.random() < 0.007 else (first, last)


def _slip(rng: random.Random, text: str) -> str:
    """One letter left out, doubled, changed, or swapped with the next."""
    if len(text) < 3:
        return text
    place = rng.randrange(1, len(text) - 1)
    before, letter, after = text[:place], text[place], text[place + 1 :]
    return rng.choice(
        (
            before + after,
            before + letter + letter + after,
            before + rng.choice("aeiourstln") + after,
            before + after[:1] + letter + after[1:],
        )
    )
