import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from app.domain.fetching import IdOutcome
from app.domain.outcomes import Outcome
from app.ui.models.id_outcome_model import RECORD_ROLE, Column, IdOutcomeModel

pytestmark = pytest.mark.gui


def outcomes(*states: Outcome) -> list[IdOutcome]:
    return [
        IdOutcome(str(number * 7), state, f"reason {number}", number if state is Outcome.FOUND else None)
        for number, state in enumerate(states, start=1)
    ]


def texts(model: IdOutcomeModel, column: Column) -> list[str]:
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def test_it_is_a_sound_model_through_every_change(qtmodeltester: ModelTester) -> None:
    model = IdOutcomeModel()
    qtmodeltester.check(model)
    model.set_outcomes(outcomes(*[Outcome.QUEUED] * 9))
    model.show_outcome(Outcome.QUEUED)
    model.set_outcomes(outcomes(*[Outcome.FOUND, Outcome.QUEUED, Outcome.FAILED] * 3))
    model.sort(Column.REASON, Qt.SortOrder.DescendingOrder)
    model.set_names({1: "Ada Norling"})
    model.show_outcome(None)
    qtmodeltester.check(model)


def test_each_id_shows_its_outcome_in_words_its_reason_and_its_contacts_name() -> None:
    model = IdOutcomeModel()
    model.set_outcomes(outcomes(Outcome.FOUND, Outcome.NOT_FOUND))
    model.set_names({1: "Ada Norling"})
    assert texts(model, Column.ID) == ["7", "14"]
    assert texts(model, Column.OUTCOME) == ["Found", "Not found"]
    assert texts(model, Column.NAME) == ["Ada Norling", ""]
    assert texts(model, Column.REASON) == ["reason 1", "reason 2"]
    icon = model.index(1, Column.OUTCOME).data(Qt.ItemDataRole.DecorationRole)
    assert not icon.isNull()
    assert model.index(0, Column.NAME).data(RECORD_ROLE).contact_id == 1


def test_an_update_names_only_the_rows_that_changed() -> None:
    model = IdOutcomeModel()
    model.set_outcomes(outcomes(*[Outcome.QUEUED] * 6))
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    later = outcomes(Outcome.QUEUED, Outcome.FOUND, Outcome.FOUND, Outcome.QUEUED, Outcome.FAILED, Outcome.QUEUED)
    model.set_outcomes([later[0], later[1], later[2], *outcomes(*[Outcome.QUEUED] * 4)[3:4], later[4], later[5]])
    assert told == [(1, 2), (4, 4)]
    assert not resets


def test_the_filter_keeps_up_with_answers_and_loses_no_selection() -> None:
    model = IdOutcomeModel()
    model.set_outcomes(outcomes(Outcome.FOUND, Outcome.QUEUED, Outcome.QUEUED, Outcome.FOUND))
    model.show_outcome(Outcome.FOUND)
    chosen = QPersistentModelIndex(model.index(1, Column.ID))
    assert chosen.data() == "28"
    model.set_outcomes(outcomes(Outcome.FOUND, Outcome.FOUND, Outcome.FAILED, Outcome.FOUND))
    assert texts(model, Column.ID) == ["7", "14", "28"]
    assert (chosen.row(), chosen.data()) == (2, "28")


def test_ids_sort_as_numbers_and_the_pasted_order_comes_back() -> None:
    model = IdOutcomeModel()
    model.set_outcomes([IdOutcome(text, Outcome.QUEUED) for text in ("104", "9", "9223372036854775807", "20")])
    kept = QPersistentModelIndex(model.index(3, Column.ID))
    model.sort(Column.ID)
    assert texts(model, Column.ID) == ["9", "20", "104", "9223372036854775807"]
    assert kept.data() == "20"
    model.sort(-1)
    assert texts(model, Column.ID) == ["104", "9", "9223372036854775807", "20"]


def test_it_tells_which_ids_were_not_returned_and_which_contacts_have_no_name_yet() -> None:
    model = IdOutcomeModel()
    model.set_outcomes(outcomes(Outcome.NOT_FOUND, Outcome.FOUND, Outcome.NOT_FOUND, Outcome.FOUND))
    model.show_outcome(Outcome.FAILED)
    assert model.ids(Outcome.NOT_FOUND) == ["7", "21"]
    assert model.found_contacts() == [2, 4]
    model.set_names({2: "Berit Quist"})
    assert model.unnamed_contacts() == [4]


@given(st.lists(st.sampled_from(list(Outcome)), max_size=40), st.sampled_from(list(Outcome)), st.data())
def test_filtered_rows_are_always_the_matching_ones_in_order(
    before: list[Outcome], only: Outcome, data: st.DataObject
) -> None:
    model = IdOutcomeModel()
    model.set_outcomes(outcomes(*before))
    model.show_outcome(only)
    after = data.draw(st.lists(st.sampled_from(list(Outcome)), min_size=len(before), max_size=len(before)))
    model.set_outcomes(outcomes(*after))
    assert texts(model, Column.ID) == [
        str(number * 7) for number, outcome in enumerate(after, start=1) if outcome is only
    ]
