import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.ui.models.contact_columns import Column
from app.ui.models.contact_model import ContactRole, spans
from app.ui.models.contact_table_model import ContactTableModel
from tests.support.rows import make_row, make_rows

pytestmark = pytest.mark.gui


@pytest.fixture
def model(qtbot: QtBot) -> ContactTableModel:
    return ContactTableModel()


def shown(model: ContactTableModel, column: Column = Column.NAME) -> list[str]:
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_model_holds_qts_rules_through_every_kind_of_change(
    model: ContactTableModel, qtmodeltester: ModelTester
) -> None:
    qtmodeltester.check(model)
    model.append_rows(make_rows(30))
    qtmodeltester.check(model)
    model.append_rows(make_rows(30, first=31))
    model.flush()
    model.sort(Column.COMPANY, Qt.SortOrder.DescendingOrder)
    qtmodeltester.check(model)
    model.set_filter("lumen")
    qtmodeltester.check(model)
    model.append_rows(make_rows(30, first=61))
    model.flush()
    model.update_rows([make_row(5, job_title="Founder")])
    model.replace(1, make_row(2))
    qtmodeltester.check(model)
    model.set_filter("")
    model.sort(-1)
    model.set_rows([])
    qtmodeltester.check(model)


def test_rows_that_follow_at_once_are_shown_together_in_one_insert(model: ContactTableModel, qtbot: QtBot) -> None:
    inserts: list[tuple[int, int]] = []
    model.rowsInserted.connect(lambda _parent, first, last: inserts.append((first, last)))
    for start in (1, 26, 51, 76):
        model.append_rows(make_rows(25, first=start))
    assert inserts == [(0, 24)]
    assert len(model.all_ids()) == 100, "what waits to be shown counts already"
    with qtbot.waitSignal(model.rowsInserted, timeout=1000):
        pass
    assert inserts == [(0, 24), (25, 99)]


def test_a_contact_that_arrives_twice_has_one_row_with_the_newer_values(model: ContactTableModel) -> None:
    model.append_rows([make_row(1), make_row(2), make_row(1, job_title="Founder")])
    assert model.all_ids() == [1, 2]
    model.append_rows([make_row(2, job_title="Owner")])
    assert shown(model, Column.JOB_TITLE) == ["Founder", "Owner"]


def test_updates_are_told_as_one_change_per_run_of_neighbours(model: ContactTableModel) -> None:
    model.append_rows(make_rows(10))
    changes: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last, _roles: changes.append((first.row(), last.row())))
    model.update_rows([make_row(n, email=f"p{n}@fjordwerk.example") for n in (2, 3, 4, 8)] + [make_row(99)])
    assert changes == [(1, 3), (7, 7)]


def test_who_must_not_be_contacted_is_marked_beside_the_name_in_words_too(model: ContactTableModel) -> None:
    reason = "Do not contact: Domain lumen.example"
    model.append_rows([make_row(1, display_name="Berit Norling"), make_row(2, do_not_contact=reason)])
    free, listed = (model.index(row, Column.NAME) for row in (0, 1))
    assert free.data(Qt.ItemDataRole.DecorationRole) is None
    assert free.data(Qt.ItemDataRole.AccessibleTextRole) == "Berit Norling"
    assert not listed.data(Qt.ItemDataRole.DecorationRole).isNull()
    assert listed.data(Qt.ItemDataRole.AccessibleTextRole) == f"{listed.data()}, {reason}"
    assert reason in listed.data(Qt.ItemDataRole.ToolTipRole)
    model.update_rows([make_row(2)])
    assert listed.data(Qt.ItemDataRole.DecorationRole) is None


def test_filter_finds_every_word_in_any_column_whatever_its_case_and_accents(model: ContactTableModel) -> None:
    model.append_rows([make_row(2, display_name="Çelik Sørby"), make_row(5, company_name="Lumen Freight")])
    model.set_filter("CELIK sales")
    assert shown(model) == []
    model.set_filter("CELIK chief")
    assert shown(model) == ["Çelik Sørby"]
    assert model.all_ids() == [2, 5]
    model.set_filter("  ")
    assert model.rowCount() == 2
    assert not model.is_filtered


def test_rows_that_arrive_under_a_filter_show_only_if_they_match(model: ContactTableModel) -> None:
    model.set_filter("lumen")
    model.append_rows(make_rows(8))
    assert {model.index(row, Column.COMPANY).data() for row in range(model.rowCount())} == {"Lumen Freight"}
    assert len(model.all_ids()) == 8


def test_sorting_puts_blanks_last_both_ways_and_can_be_undone(model: ContactTableModel) -> None:
    model.append_rows([make_row(1, email="b@x.example"), make_row(2), make_row(3, email="a@x.example")])
    model.sort(Column.EMAIL)
    assert shown(model, Column.EMAIL) == ["a@x.example", "b@x.example", ""]
    model.sort(Column.EMAIL, Qt.SortOrder.DescendingOrder)
    assert shown(model, Column.EMAIL) == ["b@x.example", "a@x.example", ""]
    model.sort(-1)
    assert list(model.order()) == [1, 2, 3]


def test_dates_sort_by_time_and_not_by_how_they_are_written(model: ContactTableModel) -> None:
    model.append_rows(make_rows(500))
    model.sort(Column.FETCHED, Qt.SortOrder.DescendingOrder)
    assert list(model.order()) == list(range(500, 0, -1))


def test_rows_that_arrive_into_a_sorted_table_take_their_place(model: ContactTableModel) -> None:
    model.append_rows([make_row(1, company_name="Alpha"), make_row(2, company_name="Gamma")])
    model.sort(Column.COMPANY)
    model.append_rows([make_row(3, company_name="Beta")])
    model.flush()
    assert shown(model, Column.COMPANY) == ["Alpha", "Beta", "Gamma"]


def test_no_answer_never_looks_like_not_found(model: ContactTableModel) -> None:
    model.append_rows(
        [
            make_row(1),
            make_row(2, email_outcome=Outcome.NOT_FOUND),
            make_row(3, email_outcome=Outcome.UNKNOWN),
            make_row(4, email_outcome=Outcome.FAILED),
            make_row(5, email="e@x.example", email_outcome=Outcome.FOUND),
        ]
    )
    assert shown(model, Column.EMAIL) == ["", "Not found", "Unknown", "Failed", "e@x.example"]
    decoration = Qt.ItemDataRole.DecorationRole
    icons = [model.index(row, Column.EMAIL).data(decoration) for row in range(5)]
    assert icons[0] is None
    assert all(icon is not None and not icon.isNull() for icon in icons[1:])
    spoken = model.index(4, Column.EMAIL).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "e@x.example, Found"


def test_a_merged_contact_takes_the_place_of_the_one_that_is_gone(model: ContactTableModel) -> None:
    model.append_rows(make_rows(3))
    model.replace(2, make_row(9, display_name="Merged"))
    assert model.all_ids() == [1, 9, 3]
    model.replace(3, make_row(1, display_name="Merged too"))
    assert model.all_ids() == [1, 9]
    assert shown(model) == ["Merged too", "Merged"]


def test_markup_from_a_provider_stays_text_in_tool_tips(model: ContactTableModel) -> None:
    model.append_rows([make_row(1, job_title="<img src='http://x.example/a.png'> boss")])
    tip = model.index(0, Column.JOB_TITLE).data(Qt.ItemDataRole.ToolTipRole)
    assert "<img" not in tip
    assert "&lt;img" in tip


def test_record_and_id_are_found_under_their_roles(model: ContactTableModel) -> None:
    row = make_row(7, providers=(Provider.TAMTAM, Provider.LEADFEEDER))
    model.append_rows([row])
    index = model.index(0, Column.SOURCES)
    assert index.data() == "Tamtam, Leadfeeder"
    assert index.data(ContactRole.ROW) == row
    assert index.data(ContactRole.CONTACT_ID) == 7
    assert model.data(QModelIndex()) is None


@pytest.mark.parametrize(
    ("positions", "expected"),
    [([], []), ([4], [(4, 4)]), ([1, 2, 3, 7, 9, 10], [(1, 3), (7, 7), (9, 10)])],
)
def test_spans_unite_neighbours(positions: list[int], expected: list[tuple[int, int]]) -> None:
    assert spans(positions) == expected


def test_the_services_that_know_some_contacts_are_named_whatever_their_order() -> None:
    model = ContactTableModel()
    both = (Provider.TALKTOHUMANS, Provider.LEADFEEDER)
    model.set_rows([make_row(1), make_row(2, providers=(Provider.TAMTAM,)), make_row(3, providers=both), make_row(4)])
    assert model.providers([1, 4]) == {Provider.TALKTOHUMANS}
    assert model.providers([4, 3, 2]) == {*both, Provider.TAMTAM}
    assert model.providers([]) == set()
