from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.contact import ContactDetails, EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.marks import ContactList, ContactStatus, Marks
from app.domain.provider import Provider
from app.ui.models.pair_fields import FieldPair, Verdict, compare
from tests.support.rows import make_row

UNMARKED, NOTHING = Marks(), PersonFields()


def contact(marks: Marks = UNMARKED, fields: PersonFields = NOTHING, **shown: Any) -> ContactDetails:
    row = make_row(1, **{"linkedin_url": "", **shown})
    record = SourceRecord(row.provider, "c-1", RecordKind.FULL, row.fetched_at, fields, b"{}")
    return ContactDetails(row, fields, (), (record,), marks=marks)


def pair(label: str, left: ContactDetails, right: ContactDetails) -> FieldPair:
    return next(each for each in compare(left, right) if each.label == label)


@pytest.mark.parametrize(
    ("field", "label", "left", "right", "verdict"),
    [
        ("display_name", "Name", "Ada Norling", "Ada Norling", Verdict.SAME),
        ("display_name", "Name", "Zoé Sørby", "ZOE  Sørby", Verdict.SAME),
        ("display_name", "Name", "Jon Petrescu", "John Petrescu", Verdict.ALIKE),
        ("display_name", "Name", "Ada Norling", "Gustav Tanaka", Verdict.DIFFERS),
        ("company_name", "Company", "Fjordwerk", "Fjordwerk AS", Verdict.ALIKE),
        ("company_domain", "Domain", "fjordwerk.example", "www.Fjordwerk.example", Verdict.SAME),
        ("job_title", "Job title", "Head of Sales", "", Verdict.ONE_SIDE),
        ("location", "Location", "", "Bergen", Verdict.ONE_SIDE),
        ("display_name", "Name", "Ли Вэй", "李伟", Verdict.DIFFERS),
        ("job_title", "Job title", "Sales " * 40, "Sales " * 40 + "lead", Verdict.DIFFERS),
    ],
)
def test_single_values_are_the_same_alike_different_or_missing(
    field: str, label: str, left: str, right: str, verdict: Verdict
) -> None:
    sides: list[dict[str, Any]] = [{field: left}, {field: right}]
    found = pair(label, *(contact(**side) for side in sides))
    assert found.verdict is verdict
    assert (found.left, found.right) == ((left,) if left else (), (right,) if right else ())


def test_what_neither_has_is_not_shown() -> None:
    labels = [each.label for each in compare(contact(), contact())]
    assert "Email" not in labels
    assert "Status" not in labels
    assert "Sources" in labels


def test_of_several_values_those_both_have_come_first_on_both_sides() -> None:
    left = PersonFields(emails=(EmailValue("a@old.example"), EmailValue("Ada@Fjordwerk.example")))
    right = PersonFields(emails=(EmailValue("ada@fjordwerk.example"), EmailValue("ada@mail.example")))
    found = pair("Email", contact(fields=left), contact(fields=right))
    assert found.verdict is Verdict.PARTLY
    assert found.note == "1 the same"
    assert found.left == ("Ada@Fjordwerk.example", "a@old.example")
    assert found.right == ("ada@fjordwerk.example", "ada@mail.example")


def test_a_phone_number_is_the_same_however_it_is_written() -> None:
    left, right = (
        PersonFields(phones=(PhoneValue("+47 55 12 34 56"),)),
        PersonFields(phones=(PhoneValue("+4755123456"),)),
    )
    assert pair("Phone", contact(fields=left), contact(fields=right)).verdict is Verdict.SAME


def test_two_profiles_differ_and_one_profile_in_two_spellings_does_not() -> None:
    ada = contact(linkedin_url="https://www.linkedin.com/in/ada-norling")
    same = contact(linkedin_url="http://no.linkedin.com/in/Ada-Norling/")
    other = contact(linkedin_url="https://www.linkedin.com/in/ada-n")
    assert pair("LinkedIn", ada, same).verdict is Verdict.SAME
    assert pair("LinkedIn", ada, other).verdict is Verdict.DIFFERS
    assert pair("LinkedIn", ada, other).left == ("linkedin.com/in/ada-norling",)


def test_own_marks_are_compared_in_the_words_of_the_window() -> None:
    mine = Marks(ContactStatus.TO_CALL, 3, "Met at the fair.", ("fair", "VIP"), (ContactList(1, "Spring", 4),))
    other = Marks(ContactStatus.CUSTOMER, 3, "", ("vip",))
    left, right = contact(marks=mine), contact(marks=other)
    assert pair("Status", left, right).verdict is Verdict.DIFFERS
    assert pair("Status", left, right).left == ("To call",)
    assert pair("Rating", left, right).verdict is Verdict.SAME
    assert pair("Tags", left, right).verdict is Verdict.PARTLY
    assert pair("Lists", left, right).left == ("Spring",)
    assert pair("Notes", left, right).verdict is Verdict.ONE_SIDE


def test_sources_are_told_and_never_count_as_a_difference() -> None:
    left, right = contact(), contact(provider=Provider.TAMTAM)
    left = replace(left, records=left.records * 3)
    found = pair("Sources", left, right)
    assert found.left == ("TalkToHumans, 3 records",)
    assert found.right == ("Tamtam, 1 record",)
    assert found.verdict is Verdict.NONE


texts = st.text(max_size=12)


@given(left=texts, right=texts, emails=st.lists(st.emails(), max_size=4), others=st.lists(st.emails(), max_size=4))
def test_which_contact_stands_where_changes_no_verdict(
    left: str, right: str, emails: list[str], others: list[str]
) -> None:
    one = contact(fields=PersonFields(emails=tuple(map(EmailValue, emails))), display_name=left)
    other = contact(fields=PersonFields(emails=tuple(map(EmailValue, others))), display_name=right)
    there, back = compare(one, other), compare(other, one)
    assert [(each.label, each.verdict, each.note) for each in there] == [
        (each.label, each.verdict, each.note) for each in back
    ]
    assert [(each.left, each.right) for each in there] == [(each.right, each.left) for each in back]
    assert all(each.verdict in (Verdict.SAME, Verdict.NONE) for each in compare(one, one))
