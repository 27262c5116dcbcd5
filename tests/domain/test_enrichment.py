from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.credits import Spending
from app.domain.enrichment import (
    TRANSITIONS,
    BatchState,
    EnrichField,
    EnrichmentBatch,
    EnrichmentRun,
    PersonInput,
    missing_for_enrichment,
    price,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PersonInput("Ada", "Lark", "lark.example"), PersonInput(" ADA ", "Lark", "https://www.lark.example/about")),
        (PersonInput("Ada  Maria", "Lark", "lark.example"), PersonInput("Ada", "Maria Lark", "lark.example")),
        (
            PersonInput("Ada", "Lark", "", linkedin_url="https://linkedin.com/in/ada-lark"),
            PersonInput("A.", "Lark-Finch", "x.example", linkedin_url="http://de.linkedin.com/in/ADA-Lark/"),
        ),
    ],
)
def test_the_same_person_has_one_key(one: PersonInput, other: PersonInput) -> None:
    assert one.person_key == other.person_key


def test_namesakes_at_other_companies_are_other_people() -> None:
    assert PersonInput("Ada", "Lark", "lark.example").person_key != PersonInput("Ada", "Lark", "x.example").person_key


@given(st.builds(PersonInput, st.text(), st.text(), st.text(), linkedin_url=st.text()))
def test_any_person_has_a_key(person: PersonInput) -> None:
    assert person.person_key


@pytest.mark.parametrize(
    ("person", "words"),
    [
        (PersonInput("Ada", "Lark", "lark.example"), ""),
        (PersonInput("Ada", "Lark", "ada@lark.example"), ""),
        (PersonInput("Ada", "Lark", ""), "Missing company domain."),
        (PersonInput("Ada", "Lark", "n/a"), "Missing company domain."),
        (PersonInput(" ", "Lark", "lark.example"), "Missing first name."),
        (PersonInput("Ada", "", " "), "Missing last name and company domain."),
        (PersonInput("", "", ""), "Missing first name, last name and company domain."),
    ],
)
def test_what_keeps_a_person_from_being_enriched_is_said_in_words(person: PersonInput, words: str) -> None:
    assert missing_for_enrichment(person) == words


def test_prices_are_those_of_the_service() -> None:
    assert price([EnrichField.EMAILS]) == 1
    assert price([EnrichField.PHONES, EnrichField.PHONES]) == 10
    assert price(EnrichField) == 11
    assert price([]) == 0


@pytest.mark.parametrize("state", BatchState)
def test_the_state_table_names_every_state_and_no_state_leads_to_itself(state: BatchState) -> None:
    assert state not in TRANSITIONS[state]


def test_paid_work_cannot_be_submitted_again_without_consent() -> None:
    """From a submit that may have been accepted, the way back to `draft` leads through states that wait for the rep."""
    waiting_for_consent = {BatchState.UNKNOWN_OUTCOME, BatchState.EXPIRED, BatchState.REJECTED}
    reached, frontier = set(), {BatchState.SUBMITTED}
    while frontier:
        state = frontier.pop()
        reached.add(state)
        if state not in waiting_for_consent:
            frontier |= TRANSITIONS[state] - reached
    assert not reached & {BatchState.DRAFT, BatchState.RESERVED, BatchState.SUBMITTING}


def test_states_are_pollable_or_final_but_never_both() -> None:
    assert {state for state in BatchState if state.is_pollable} == {BatchState.SUBMITTED, BatchState.COLLECTING}
    assert not any(state.is_pollable and state.is_final for state in BatchState)


def a_run(*states: BatchState, stopped: bool = False) -> EnrichmentRun:
    batches = tuple(
        EnrichmentBatch(number, 1, state, item_count=1, created_at=NOW, updated_at=NOW)
        for number, state in enumerate(states, start=1)
    )
    return EnrichmentRun(1, NOW, frozenset(EnrichField), 1, Spending(cap=10), batches, stopped=stopped)


@pytest.mark.parametrize(
    ("state", "is_open", "is_open_when_stopped"),
    [
        (BatchState.DRAFT, True, False),
        (BatchState.RESERVED, True, False),
        (BatchState.SUBMITTING, True, True),
        (BatchState.SUBMITTED, True, True),
        (BatchState.COLLECTING, True, True),
        (BatchState.UNKNOWN_OUTCOME, False, False),
        (BatchState.COMPLETE, False, False),
    ],
)
def test_a_stopped_run_still_collects_what_was_paid_for(
    state: BatchState, is_open: bool, is_open_when_stopped: bool
) -> None:
    assert a_run(BatchState.COMPLETE, state).is_open is is_open
    assert a_run(BatchState.COMPLETE, state, stopped=True).is_open is is_open_when_stopped
