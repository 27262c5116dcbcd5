"""Reading enrichment answers: any shape, any order, and no answer never looks like not found."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.contact import EmailValue, PhoneValue
from app.domain.enrichment import (
    AnswerEntry,
    AnswerStatus,
    EnrichField,
    EnrichmentAnswer,
    EnrichmentItem,
    FieldResult,
    PersonInput,
)
from app.domain.outcomes import Outcome
from app.jobs.results import NO_ROW, read_answer, without_cut

BOTH = frozenset(EnrichField)
EMAILS = frozenset({EnrichField.EMAILS})


def item(key: str, fields: frozenset[EnrichField] = BOTH) -> EnrichmentItem:
    person = PersonInput("Ada", key.title(), "acme.example")
    return EnrichmentItem(
        1, 1, 1, 1, key, person, fields, {field: FieldResult(field, Outcome.IN_FLIGHT) for field in fields}
    )


def answer(*entries: AnswerEntry, status: AnswerStatus = AnswerStatus.COMPLETED) -> EnrichmentAnswer:
    return EnrichmentAnswer("r1", status, status.value, len(entries), entries)


def outcomes(items: list[EnrichmentItem], said: EnrichmentAnswer) -> dict[tuple[str, EnrichField], Outcome]:
    results, _ = read_answer(items, said)
    return {(person.client_key, result.field): result.outcome for person in results for result in person.results}


EMAIL = EmailValue("ada@acme.example", "DELIVERABLE")
PHONE = PhoneValue("+15550100", "US")


def test_entry_per_person_and_entry_per_field_read_the_same() -> None:
    per_person = answer(AnswerEntry("a", "contact", "COMPLETED", (EMAIL,), EMAIL.address, (PHONE,)))
    per_field = answer(
        AnswerEntry("a", "contact.phones", "COMPLETED", phones=(PHONE,)),
        AnswerEntry("a", "contact.emails", "COMPLETED", (EMAIL,), EMAIL.address),
    )
    for said in (per_person, per_field):
        (person,), unmatched = read_answer([item("a")], said)
        assert person.emails == (EMAIL,)
        assert person.phones == (PHONE,)
        assert {result.outcome for result in person.results} == {Outcome.FOUND}
        assert unmatched == []


def test_the_most_probable_address_comes_first_with_its_verdict_and_none_twice() -> None:
    other = EmailValue("a.l@acme.example", "CATCH_ALL")
    said = answer(AnswerEntry("a", "email", "COMPLETED", (other, EMAIL), "ADA@acme.example"))
    (person,), _ = read_answer([item("a", EMAILS)], said)
    assert person.emails == (EMAIL, other)


def test_phones_are_told_apart_by_their_digits() -> None:
    said = answer(
        AnswerEntry("a", "phone", "COMPLETED", phones=(PHONE,)),
        AnswerEntry("a", "phone", "COMPLETED", phones=(PhoneValue("+1-555-0100"), PhoneValue("n/a"))),
    )
    (person,), _ = read_answer([item("a")], said)
    assert person.phones == (PHONE,)


def test_while_processing_nothing_is_called_not_found() -> None:
    said = answer(AnswerEntry("a", "email", "COMPLETED"), status=AnswerStatus.PROCESSING)
    assert set(outcomes([item("a"), item("b")], said).values()) == {Outcome.IN_FLIGHT}


def test_a_final_answer_tells_not_found_failed_and_missing_rows_apart() -> None:
    said = answer(
        AnswerEntry("empty", "email", "COMPLETED"),
        AnswerEntry("broken", "email", "FAILED", error="time-out upstream"),
    )
    items = [item(key, EMAILS) for key in ("empty", "broken", "absent")]
    assert outcomes(items, said) == {
        ("empty", EnrichField.EMAILS): Outcome.NOT_FOUND,
        ("broken", EnrichField.EMAILS): Outcome.FAILED,
        ("absent", EnrichField.EMAILS): Outcome.UNKNOWN,
    }
    results, _ = read_answer(items, said)
    assert "time-out upstream" in results[1].results[0].reason
    assert results[2].results[0].reason == NO_ROW


def test_an_entry_about_phones_says_nothing_about_emails() -> None:
    said = answer(AnswerEntry("a", "PHONE_LOOKUP", "COMPLETED", phones=(PHONE,)))
    assert outcomes([item("a")], said) == {
        ("a", EnrichField.PHONES): Outcome.FOUND,
        ("a", EnrichField.EMAILS): Outcome.UNKNOWN,
    }


def test_an_untyped_entry_speaks_of_the_whole_person() -> None:
    said = answer(AnswerEntry("a", "", "COMPLETED", (EMAIL,)))
    assert outcomes([item("a")], said) == {
        ("a", EnrichField.EMAILS): Outcome.FOUND,
        ("a", EnrichField.PHONES): Outcome.NOT_FOUND,
    }


def test_a_batch_ended_as_failed_keeps_what_it_found() -> None:
    said = answer(AnswerEntry("a", "email", "COMPLETED", (EMAIL,)), status=AnswerStatus.FAILED)
    assert outcomes([item("a"), item("b", EMAILS)], said) == {
        ("a", EnrichField.EMAILS): Outcome.FOUND,
        ("a", EnrichField.PHONES): Outcome.FAILED,
        ("b", EnrichField.EMAILS): Outcome.FAILED,
    }


@pytest.mark.parametrize(
    ("taken", "expected"),
    [(1, Outcome.FAILED), (2, Outcome.UNKNOWN), (None, Outcome.UNKNOWN), (0, Outcome.UNKNOWN)],
)
def test_who_was_not_taken_has_failed_where_the_figures_leave_no_doubt(taken: int | None, expected: Outcome) -> None:
    results, _ = read_answer([item("a", EMAILS), item("b", EMAILS)], answer(AnswerEntry("a", "email", emails=(EMAIL,))))
    there, missing = without_cut(results, taken)
    assert [result.outcome for result in there.results] == [Outcome.FOUND]
    assert [result.outcome for result in missing.results] == [expected]


def test_entries_of_nobody_are_set_aside_unless_only_one_person_was_sent() -> None:
    stranger = AnswerEntry("someone-else", "email", "COMPLETED", (EMAIL,))
    nameless = AnswerEntry("", "email", "COMPLETED", (EMAIL,))
    _, unmatched = read_answer([item("a"), item("b")], answer(stranger, nameless))
    assert unmatched == [stranger, nameless]
    (only,), unmatched = read_answer([item("a", EMAILS)], answer(stranger, nameless))
    assert only.emails == (EMAIL,)
    assert unmatched == [stranger]


@pytest.mark.parametrize("seed", range(5))
def test_order_does_not_matter(seed: int) -> None:
    items = [item(f"p{n}") for n in range(20)]
    entries = [
        AnswerEntry(f"p{n}", kind, "COMPLETED", (EmailValue(f"p{n}@acme.example"),) if kind == "email" else ())
        for n in range(20)
        for kind in ("email", "phone")
    ]
    straight = outcomes(items, answer(*entries))
    random.Random(seed).shuffle(entries)
    assert outcomes(items, answer(*entries)) == straight


_entries = st.builds(
    AnswerEntry,
    client_key=st.sampled_from(["a", "b", "", "x"]),
    enrichment_type=st.sampled_from(["", "email", "phone", "contact.emails", "Contact", "???"]),
    status=st.sampled_from(["COMPLETED", "FAILED", "failed", "", "PROCESSING"]),
    emails=st.sampled_from([(), (EMAIL,), (EmailValue("not an address"),)]),
    most_probable_email=st.sampled_from(["", EMAIL.address, "garbage"]),
    phones=st.sampled_from([(), (PHONE,), (PhoneValue(""),)]),
    error=st.sampled_from(["", "boom"]),
)


@given(st.lists(_entries, max_size=8), st.sampled_from(list(AnswerStatus)))
def test_every_person_and_field_gets_exactly_one_outcome(entries: list[AnswerEntry], status: AnswerStatus) -> None:
    items = [item("a"), item("b", EMAILS)]
    results, unmatched = read_answer(items, answer(*entries, status=status))
    assert [person.client_key for person in results] == ["a", "b"]
    for asked, person in zip(items, results, strict=True):
        assert {result.field for result in person.results} == asked.fields
        assert len(person.results) == len(asked.fields)
        for result in person.results:
            assert result.outcome.is_open == (status is AnswerStatus.PROCESSING and result.outcome is not Outcome.FOUND)
            has = person.emails if result.field is EnrichField.EMAILS else person.phones
            assert (result.outcome is Outcome.FOUND) == bool(has)
    assert all(entry.client_key in ("", "x") for entry in unmatched)
