from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.contact import (
    Education,
    EmailValue,
    Experience,
    PersonFields,
    PhoneValue,
    RecordKind,
    SourceRecord,
)
from app.domain.provider import Provider
from app.storage.provenance import field_values
from app.storage.shown import Choice, contact_row, merged_fields
from tests.storage.builders import LATER, NOON, make_record


def shown_email(*records: SourceRecord) -> str:
    """The e-mail shown, whatever the order of the records."""
    answers = {merged_fields(order).emails[0].address for order in permutations(records)}
    assert len(answers) == 1
    return answers.pop()


def test_a_verified_address_is_shown_before_a_newer_one() -> None:
    verified = make_record("1", email="old@acme.example", verdict="DELIVERABLE")
    newer = make_record("2", email="new@acme.example", at=LATER)
    assert shown_email(verified, newer) == "old@acme.example"


@pytest.mark.parametrize(("better", "worse"), [("valid", "CATCH_ALL"), ("HIGH_PROBABILITY", ""), ("", "INVALID")])
def test_verdicts_have_an_order(better: str, worse: str) -> None:
    assert (
        shown_email(
            make_record("1", email="better@acme.example", verdict=better),
            make_record("2", email="worse@acme.example", verdict=worse, at=LATER),
        )
        == "better@acme.example"
    )


def test_of_equals_the_newer_address_is_shown_and_a_providers_own_order_kept() -> None:
    two = replace(
        make_record("2", at=LATER).fields, emails=(EmailValue("first@acme.example"), EmailValue("second@acme.example"))
    )
    newer = replace(make_record("2", at=LATER), fields=two)
    merged = merged_fields([make_record("1", email="old@acme.example"), newer])
    assert [email.address for email in merged.emails] == [
        "first@acme.example",
        "second@acme.example",
        "old@acme.example",
    ]


def test_one_address_in_two_spellings_is_one_address_with_its_better_verdict() -> None:
    merged = merged_fields(
        [
            make_record("1", email="Ada@Acme.example", at=LATER),
            make_record("2", email="ada@acme.example", verdict="valid"),
        ]
    )
    assert merged.emails == (EmailValue("ada@acme.example", "valid"),)


def test_an_invalid_address_of_a_single_record_comes_last() -> None:
    said = PersonFields(emails=(EmailValue("bad@acme.example", "INVALID"), EmailValue("good@acme.example", "valid")))
    assert merged_fields([replace(make_record("1"), fields=said)]).emails[0].address == "good@acme.example"


def test_a_masked_value_never_replaces_a_real_one() -> None:
    real = make_record("1", first_name="Ada", email="ada@acme.example", phone="+49 30 1234")
    masked = make_record(
        "1",
        first_name="A***",
        email="a***@acme.example",
        phone="+49 ***",
        at=LATER,
        masked=True,
        kind=RecordKind.SUMMARY,
    )
    for order in permutations([real, masked]):
        merged = merged_fields(order)
        assert (merged.first_name, merged.emails[0].address, merged.phones[0].number, merged.masked) == (
            "Ada",
            "ada@acme.example",
            "+49 30 1234",
            False,
        )


def test_a_masked_value_is_shown_where_nothing_else_is_known() -> None:
    masked = make_record("1", location="B***", masked=True)
    merged = merged_fields([make_record("2", first_name="Ada"), masked])
    assert merged.location == "B***"


def test_a_summary_stays_masked_when_only_its_email_was_bought() -> None:
    masked = make_record("1", first_name="A***", masked=True)
    bought = make_record("k", provider=Provider.TAMTAM, kind=RecordKind.ENRICHMENT, email="ada@acme.example", at=LATER)
    assert merged_fields([masked, bought]).masked


def test_of_equally_new_texts_the_longer_is_shown() -> None:
    short = make_record("1", job_title="CTO")
    long = make_record("2", job_title="Chief Technology Officer")
    assert merged_fields([short, long]).job_title == merged_fields([long, short]).job_title == long.fields.job_title


def test_an_old_employers_domain_does_not_stick_to_the_new_employer() -> None:
    old = make_record("1", company_name="Old Ltd", company_domain="old.example", company_size="50")
    new = make_record("2", company_name="New Ltd", at=LATER)
    merged = merged_fields([old, new])
    assert (merged.company_name, merged.company_domain, merged.company_size) == ("New Ltd", "", "")


def test_records_of_the_same_employer_complete_each_other() -> None:
    by_name = make_record("1", company_name="ACME", company_domain="acme.example")
    by_domain = make_record("2", company_domain="www.acme.example", company_industry="Anvils")
    newest = make_record("3", company_name="Acme", at=LATER)
    merged = merged_fields([by_name, newest])
    assert (merged.company_name, merged.company_domain) == ("Acme", "acme.example")
    assert merged_fields([by_name, by_domain]).company_industry == "Anvils"


def test_a_number_not_to_be_called_comes_after_the_others() -> None:
    said = PersonFields(phones=(PhoneValue("+49 30 1", blocked=True),))
    blocked = replace(make_record("1", at=LATER), fields=said)
    merged = merged_fields([blocked, make_record("2", phone="+49 30 2"), make_record("3", phone="+49302")])
    assert [phone.number for phone in merged.phones] == ["+49 30 2", "+49 30 1"]


def test_the_row_names_the_newest_record_that_has_an_id_of_its_provider() -> None:
    fetched = make_record("7", account="acc", first_name="Ada")
    bought = make_record("key", provider=Provider.TAMTAM, kind=RecordKind.ENRICHMENT, email="a@b.example", at=LATER)
    records = [bought, fetched]
    row = contact_row(1, records, merged_fields(records))
    assert (row.provider, row.provider_id, row.account_id) == (Provider.LEADFEEDER, "7", "acc")
    assert row.fetched_at == LATER
    alone = contact_row(1, [bought], merged_fields([bought]))
    assert (alone.provider, alone.provider_id) == (Provider.TAMTAM, "")


def test_every_value_is_listed_with_where_it_comes_from() -> None:
    said = PersonFields(
        first_name="Ada",
        company_name="Acme",
        tags=("vip",),
        emails=(EmailValue("ada@acme.example", "valid", "web"),),
        phones=(PhoneValue("+49 30 1", region="DE", kind="mobile", blocked=True),),
        experiences=(Experience(title="CTO", company_name="Acme", start="2020"),),
        educations=(Education(school_name="LSE", degree="BSc", start="2010", end="2013"),),
    )
    full = replace(make_record("1", at=LATER), fields=said)
    old = make_record("2", first_name="Adah")
    values = {(value.field, value.value): value for value in field_values([full, old], merged_fields([full, old]))}
    assert values["first_name", "Ada"].shown
    assert not values["first_name", "Adah"].shown
    assert values["company_name", "Acme"].provider is Provider.LEADFEEDER
    assert values["tag", "vip"].shown
    assert values["email", "ada@acme.example"].verification == "valid"
    assert values["email", "ada@acme.example"].note == "web"
    assert values["phone", "+49 30 1"].note == "mobile, DE, do not call"
    assert values["experience", "CTO, Acme"].note == "2020"
    assert values["education", "BSc, LSE"].note == "2010 to 2013"


texts = st.sampled_from(["", "A", "Bb", "Ccc"])
records = st.builds(
    lambda number, days, masked, first, company, address: make_record(
        str(number),
        at=NOON + timedelta(days=days),
        masked=masked,
        first_name=first,
        company_name=company,
        email=f"{address}@acme.example" if address else "",
    ),
    st.integers(1, 5),
    st.integers(0, 2),
    st.booleans(),
    texts,
    texts,
    texts,
)


@given(st.lists(records, min_size=1, max_size=4))
def test_nothing_shown_is_invented_and_no_real_value_is_lost(said: list[SourceRecord]) -> None:
    merged = merged_fields(said)
    for name in ("first_name", "company_name"):
        values = {getattr(record.fields, name) for record in said}
        assert getattr(merged, name) in values
        assert getattr(merged, name) or values == {""}
    real = {record.fields.first_name for record in said if not record.fields.masked} - {""}
    assert merged.first_name in real or not real
    assert {email.address for email in merged.emails} == {
        email.address for record in said for email in record.fields.emails
    }


def test_a_tag_that_was_taken_off_does_not_come_back_from_an_older_record() -> None:
    fields = replace(make_record("1").fields, tags=("Hot lead",))
    before = replace(make_record("1"), fields=fields)
    after = replace(make_record("1", at=LATER), fields=replace(fields, tags=()))
    other = replace(make_record("2"), fields=replace(fields, tags=("customer",)))
    for order in permutations((before, after)):
        assert merged_fields(order).tags == ()
    assert merged_fields((before, after, other)).tags == ("customer",)
    hidden = replace(make_record("1", at=LATER), fields=replace(fields, tags=(), masked=True))
    assert merged_fields((before, hidden)).tags == ("Hot lead",)


def test_the_country_is_a_code_in_capitals() -> None:
    records = [make_record("1", country_code=" no")]
    assert contact_row(1, records, merged_fields(records)).country == "NO"


def test_picks_come_before_every_rule() -> None:
    records = [
        make_record("1", job_title="Clerk", email="old@acme.example"),
        make_record("2", job_title="Boss", email="new@acme.example", verdict="valid", at=LATER),
    ]
    picks = {"job_title": Choice("Clerk", NOON), "email": Choice("Old@acme.example", NOON)}
    merged = merged_fields(records, picks)
    assert merged.job_title == "Clerk"
    assert [email.address for email in merged.emails] == ["old@acme.example", "new@acme.example"]
    assert [value.value for value in field_values(records, merged, picks) if value.chosen] == [
        "Clerk",
        "old@acme.example",
    ]
