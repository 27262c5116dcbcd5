import re

import pytest

from app.demo.app import people_rows, sample_ids
from app.demo.dataset import FLAGSHIP_COMPANY, DemoData
from app.demo.spelling import email_known_to, linkedin_handle, linkedin_url, name_at, phone_of, true_name, work_email
from app.domain.enrichment import PersonInput, missing_for_enrichment
from app.domain.identifiers import IdKind, parse_ids
from app.domain.provider import Provider

RESERVED = re.compile(r"[a-z0-9.-]+\.(example|test)")
FICTIONAL = re.compile(r"\+1-555-01\d\d|\+44 7700 900\d{3}|\+33 1 99 00 \d\d \d\d|\+49 30 23125 \d{3}")


def test_it_has_the_promised_size_and_overlap(demo_data: DemoData) -> None:
    assert len(demo_data.people) == 5000
    assert len(demo_data.companies) == 800
    assert len({company.name for company in demo_data.companies}) == 800
    everywhere = [person for person in demo_data.people if all(person.known_to(provider) for provider in Provider)]
    assert len(everywhere) > 1000
    for provider in Provider:
        assert 3000 < sum(1 for _ in demo_data.members(provider)) < 4500


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    first, again, other = DemoData(3, 300), DemoData(3, 300), DemoData(4, 300)
    names = [true_name(person) for person in first.people]
    assert names == [true_name(person) for person in again.people]
    assert names != [true_name(person) for person in other.people]
    assert sample_ids(first, Provider.TAMTAM, 50) == sample_ids(again, Provider.TAMTAM, 50)
    assert sample_ids(first, Provider.TAMTAM, 50) != sample_ids(other, Provider.TAMTAM, 50)


def test_nothing_in_it_can_reach_anybody(demo_data: DemoData) -> None:
    for company in demo_data.companies:
        assert not company.domain or RESERVED.fullmatch(company.domain), company.domain
    for person in demo_data.people:
        assert FICTIONAL.fullmatch(phone_of(person))
        assert re.fullmatch(r"[a-z0-9-]+-demo-\d+", linkedin_handle(person)), linkedin_handle(person)
        assert not work_email(person) or RESERVED.fullmatch(work_email(person).rpartition("@")[2])


def test_addresses_and_profiles_belong_to_one_person_each(demo_data: DemoData) -> None:
    emails = [email for person in demo_data.people if (email := work_email(person))]
    profiles = [url for person in demo_data.people if (url := linkedin_url(person))]
    assert len(set(emails)) == len(emails) > 4000
    assert len(set(profiles)) == len(profiles) > 4000


def test_it_has_the_awkward_cases(demo_data: DemoData) -> None:
    people = demo_data.people
    full_names = "".join(true_name(person).full for person in people)
    for script in ("א-ת", "ء-ي", "一-鿿", "가-힣", "ก-๛", "Ѐ-ӿ", "Ͱ-Ͽ", "ऀ-ॿ"):
        assert re.search(f"[{script}]", full_names), script
    assert any(person.surname is None for person in people)
    assert any(person.company is None for person in people)
    assert any(not company.domain for company in demo_data.companies)
    assert any(company.domain.count(".") > 1 for company in demo_data.companies)
    assert any(len(person.title.text) > 200 for person in people)
    assert any(not linkedin_url(person) for person in people)
    assert any(work_email(person) and not email_known_to(person, Provider.TAMTAM) for person in people)


def test_services_spell_the_same_human_differently(demo_data: DemoData) -> None:
    spellings = [{name_at(person, provider).full for provider in Provider} for person in demo_data.people]
    assert sum(len(names) > 1 for names in spellings) > 1500
    assert any(len(names) > 2 for names in spellings)
    all_names = {name for names in spellings for name in names}
    assert any(re.match(r"\w\. ", name) for name in all_names)
    assert any(name.isupper() for name in all_names)


@pytest.mark.parametrize("provider", Provider)
def test_every_id_leads_back_to_its_person_and_no_other_does(demo_data: DemoData, provider: Provider) -> None:
    members = list(demo_data.members(provider))
    ids = [demo_data.id_of(person, provider) for person in members]
    assert len(set(ids)) == len(ids)
    assert all(demo_data.by_id(provider, identifier) is person for identifier, person in zip(ids, members, strict=True))
    stranger = next(person for person in demo_data.people if not person.known_to(provider))
    for unknown in (demo_data.id_of(stranger, provider), "", "x", "-1", "9" * 30, "٣", ids[0][:-1] + "z", "f" * 36):
        assert demo_data.by_id(provider, unknown) is None


def test_tamtam_ids_are_uuids_and_the_others_integers(demo_data: DemoData) -> None:
    for provider, kind in ((Provider.TAMTAM, IdKind.UUID), (Provider.BUILDWORKPRO, IdKind.INTEGER)):
        ids = sample_ids(demo_data, provider, 500)
        assert parse_ids("\n".join(ids), kind).valid == tuple(ids)


def test_the_flagship_fills_several_pages(demo_data: DemoData) -> None:
    assert demo_data.companies[0].name == FLAGSHIP_COMPANY
    assert len(demo_data.companies[0].people) > 100
    assert min(len(company.people) for company in demo_data.companies) > 0


def test_it_is_built_in_small_steps() -> None:
    data = DemoData(1, 2000)
    steps = 0
    while data.build_some():
        steps += 1
    assert data.is_built
    assert steps >= 8
    assert not data.build_some()
    assert len(data.people) == 2000


def test_a_hundred_thousand_have_their_own_names_and_domains() -> None:
    data = DemoData(1, 100_000)
    domains = [company.domain for company in data.companies if company.domain]
    assert len(data.companies) == 16_000
    assert len(set(domains)) == len(domains)
    assert data.by_id(Provider.LEADFEEDER, sample_ids(data, Provider.LEADFEEDER, 70_000)[-1]) is not None


def test_more_companies_than_words_still_differ() -> None:
    data = DemoData(1, 160_000)
    while len(data._companies) < 25_600:
        assert data.build_some()
    assert len({company.handle for company in data._companies}) == 25_600


def test_people_rows_can_all_be_enriched_and_are_distinct(demo_data: DemoData) -> None:
    rows = people_rows(demo_data, 250)
    people = [PersonInput(row["first_name"], row["last_name"], row["domain"], row["company_name"]) for row in rows]
    assert len({person.person_key for person in people}) == 250
    assert not any(missing_for_enrichment(person) for person in people)
    assert any(not row["linkedin_url"] for row in rows)


def test_a_data_set_without_people_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        DemoData(contacts=0)
    assert len(DemoData(contacts=1).people) == 1
