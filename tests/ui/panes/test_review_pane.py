import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QSpinBox, QWidget

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.errors import LibraryError
from app.domain.marks import ContactStatus
from app.domain.match_candidates import MatchCandidate
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.merge_all_dialog import MergeAllDialog
from app.ui.models.review_model import Column
from app.ui.panes.review_pane import ReviewPane
from tests.support.demo_services import demo_services
from tests.support.kept_people import keep
from tests.support.seeded_library import make_pair, make_source, seed_pairs
from tests.support.widgets import child, press
from tests.support.windows import dialog, open_window, standing_alone

pytestmark = pytest.mark.gui

#: Among a few people a name says little.
SINGLES = [make_source(number) for number in range(20, 60)]
PHONES = ("+47 411 22 333", "+47 412 22 333", "+47 413 22 333")


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=50)


@asynccontextmanager
async def shown(services: Services) -> AsyncIterator[ReviewPane]:
    async with standing_alone(ReviewPane(services), 1100, 760) as pane:
        await wait_until(lambda: pane._read and (pane.shown is not None or not pane.desk.state.waiting))
        yield pane


def texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def heading(pane: ReviewPane) -> str:
    return child(pane, QLabel, "review_heading").text()


async def settled(pane: ReviewPane, waiting: int) -> None:
    """So many pairs are left, all is written down, and the next pair is shown."""
    await wait_until(lambda: pane.desk.idle)
    await wait_until(lambda: pane.desk.state.waiting == waiting and (not waiting or pane.shown is not None))


def next_pair(pane: ReviewPane) -> Callable[[], bool]:
    """Whether another pair is shown than now."""
    before = pane.shown.key if pane.shown else None
    return lambda: pane.shown is not None and pane.shown.key != before


def shows(pane: ReviewPane, pair: MatchCandidate) -> Callable[[], bool]:
    return lambda: pane.shown is not None and pane.shown.key == (pair.low_id, pair.high_id)


async def test_the_surest_pair_is_shown_with_its_reasons_and_what_differs(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.71, 0.97, 0.88])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        await wait_until(lambda: pane.shown is not None)
        assert heading(pane) == "3 pairs to review"
        model = pane.desk.model
        assert [model.index(row, Column.SCORE).data() for row in range(3)] == ["97 %", "88 %", "71 %"]
        assert model.index(0, Column.NAMES).data() == "Berit Norling\nBerit Norling"
        assert model.index(0, Column.COMPANIES).data() == "Fjordwerk 1\nFjordwerk 1 AS"
        told = texts(pane.compare)
        assert "97 %" in told
        assert "Same last name · Same company" in told
        assert "Different locations" in told
        assert told[told.index("Location") + 1] == "Differs"
        assert told[told.index("Company") + 1] == "Alike"
        assert told[told.index("Email") + 1] == "One side"
        assert told.count("Not known") == 2  # e-mail and phone of the other
        assert "Last looked for matches" in " ".join(texts(pane))


async def test_a_session_of_reviewing_needs_the_keyboard_alone(tmp_path: Path, data: DemoData) -> None:
    pairs = await seed_pairs(tmp_path, [0.99, 0.98, 0.97, 0.96, 0.95])
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        window.resize(1440, 900)
        window.actions_by_key["view.review"].trigger()
        pane = window.review
        await wait_until(lambda: pane.shown is not None)
        assert pane.list.view.hasFocus() or not window.isActiveWindow()
        for key in (Qt.Key.Key_M, Qt.Key.Key_K, Qt.Key.Key_L, Qt.Key.Key_Return):
            arrived = next_pair(pane)
            QTest.keyClick(pane.list.view, key)
            await wait_until(arrived)
        await settled(pane, 2)
        assert [each.key for each in pane.desk.model.pairs] == [(pairs[n].low_id, pairs[n].high_id) for n in (2, 4)]
        assert (await services.library.stats())["merged"] == 2
        rows = await services.library.rows([pairs[1].low_id, pairs[1].high_id])
        assert rows[0].contact_id != rows[1].contact_id
        await wait_until(lambda: window.tabs.tabText(window.tabs.currentIndex()) == "Review (2)")
        await wait_until(window.actions_by_key["edit.undo"].isEnabled)
        QTest.keyClick(pane.list.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        await wait_until(shows(pane, pairs[3]))
        assert (await services.library.stats())["merged"] == 1


async def test_in_a_small_window_the_pair_and_its_buttons_stay_in_sight(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.99, 0.98])
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        window.actions_by_key["view.review"].trigger()
        pane = window.review
        await wait_until(lambda: pane.shown is not None)
        window.resize(960, 540)
        await wait_until(lambda: not pane.list.isVisible())
        assert not pane.bar.merge_button.visibleRegion().isEmpty()
        assert not pane.compare.visibleRegion().isEmpty()
        arrived = next_pair(pane)
        QTest.keyClick(pane.compare, Qt.Key.Key_Return)
        await wait_until(arrived)
        window.resize(1680, 1050)
        await wait_until(pane.list.isVisible)


async def test_undo_brings_the_last_pair_back_to_the_front(tmp_path: Path, data: DemoData) -> None:
    pairs = await seed_pairs(tmp_path, [0.99, 0.98, 0.97])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        for key in (Qt.Key.Key_M, Qt.Key.Key_K):
            arrived = next_pair(pane)
            QTest.keyClick(pane, key)
            await wait_until(arrived)
        await settled(pane, 1)
        assert "stay two contacts" in pane.bar.status
        for left, number in ((2, 1), (3, 0)):
            await wait_until(pane.bar.undo_button.isVisible)
            QTest.keyClick(pane, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
            await settled(pane, left)
            await wait_until(shows(pane, pairs[number]))
            assert pane.bar.status.startswith("Undone: ")
        assert (await services.library.stats())["merged"] == 0
        await wait_until(lambda: not pane.bar.undo_button.isVisible())


async def test_what_is_undone_elsewhere_is_no_longer_told(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.99, 0.98])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        pane.merge()
        await wait_until(lambda: pane.bar.undo_button.isVisible() and "Merged" in pane.bar.status)
        await services.own_work.undo()
        await settled(pane, 2)
        await wait_until(lambda: "Merged" not in pane.bar.status)


async def test_what_was_done_elsewhere_since_is_not_undone_from_here(tmp_path: Path, data: DemoData) -> None:
    pairs = await seed_pairs(tmp_path, [0.99, 0.98])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        pane.merge()
        await wait_until(pane.bar.undo_button.isVisible)
        await services.own_work.set_status([pairs[1].low_id], ContactStatus.TO_CALL)
        await wait_until(lambda: not pane.bar.undo_button.isVisible())
        await wait_until(lambda: "To call" in texts(pane.compare))
        await services.own_work.create_list("Spring fair", [pairs[1].low_id])  # which no row of the list tells
        await wait_until(lambda: "Spring fair" in texts(pane.compare))


async def test_a_decision_is_remembered(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.99, 0.98])
    async with demo_services(tmp_path, data=data) as services:
        async with shown(services) as pane:
            pane.keep_apart()
            await settled(pane, 1)
        async with shown(services) as pane:
            assert pane.desk.state.waiting == 1
            assert pane.bar.status.startswith("M or Enter merges")


async def test_what_was_decided_last_is_written_down_when_the_window_closes(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.99, 0.98])
    async with demo_services(tmp_path, data=data) as services:
        async with shown(services) as pane:
            pane.merge()
        assert (await services.library.stats())["merged"] == 1


async def test_what_cannot_be_written_is_told_and_the_pair_is_back(
    tmp_path: Path, data: DemoData, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise LibraryError("The disk is full.")

    await seed_pairs(tmp_path, [0.99, 0.98])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        monkeypatch.setattr(services.matching, "accept", refuse)
        pane.merge()
        await wait_until(lambda: "The disk is full." in pane.banner.text)
        await wait_until(lambda: pane.desk.model.rowCount() == 2)
        assert heading(pane) == "2 pairs to review"


async def test_a_pair_that_was_merged_elsewhere_meanwhile_is_not_merged_twice(tmp_path: Path, data: DemoData) -> None:
    pairs = await seed_pairs(tmp_path, [0.99, 0.98])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        merging = asyncio.create_task(services.own_work.merge([pairs[0].low_id, pairs[0].high_id]))
        pane.merge()
        await merging
        await settled(pane, 1)
        assert (await services.library.stats())["merged"] == 1
        assert len(await services.own_work.steps()) == 1


async def test_the_rep_chooses_who_stays(tmp_path: Path, data: DemoData) -> None:
    (pair,) = await seed_pairs(tmp_path, [0.9])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        assert pane.survivor_id == pair.low_id
        QTest.keyClick(pane, Qt.Key.Key_S)
        assert pane.survivor_id == pair.high_id
        told = texts(pane.compare)
        assert told.index("Becomes part of it") < told.index("Stays")
        pane.merge()
        await settled(pane, 0)
        (row,) = await services.library.rows([pair.low_id])
        assert row.contact_id == pair.high_id
        assert heading(pane) == "Nothing to review"
        assert "Merged" in pane.bar.status


async def test_a_pair_that_may_not_be_merged_says_why_and_is_not(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.9, 0.8], blocked=[0])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        assert "LinkedIn" in child(pane, QLabel, "review_blocked").text()
        assert not pane.bar.merge_button.isEnabled()
        QTest.keyClick(pane.list.view, Qt.Key.Key_Return)
        QTest.keyClick(pane, Qt.Key.Key_M)
        assert pane.shown is not None
        assert (await services.library.stats())["merged"] == 0
        press(pane, "review_apart")
        await settled(pane, 1)
        assert pane.bar.merge_button.isEnabled()


async def test_later_goes_round(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.9, 0.8])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        first = pane.shown
        arrived = next_pair(pane)
        press(pane, "review_later")
        await wait_until(arrived)
        arrived = next_pair(pane)
        press(pane, "review_later")
        await wait_until(arrived)
        assert pane.shown == first
        assert "the first again" in pane.bar.status
        assert pane.desk.state.waiting == 2


async def test_only_pairs_from_a_score_on_are_listed(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.99, 0.9, 0.8])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        least = child(pane, QSpinBox, "review_least")
        least.setValue(90)
        await wait_until(lambda: pane.desk.model.rowCount() == 2)
        assert heading(pane) == "3 pairs to review"
        least.setValue(100)
        await wait_until(lambda: "No pair is that much alike" in texts(pane))
        next(each for each in pane.findChildren(QAbstractButton) if each.text() == "Show all pairs").click()
        await wait_until(lambda: pane.desk.model.rowCount() == 3)


async def test_the_score_asked_for_comes_back_at_the_next_start(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.99, 0.8])
    async with demo_services(tmp_path, data=data) as services:
        async with open_window(services) as window:
            child(window.review, QSpinBox, "review_least").setValue(90)
        async with open_window(services) as window:
            window.actions_by_key["view.review"].trigger()
            await wait_until(lambda: window.review.shown is not None)
            assert child(window.review, QSpinBox, "review_least").value() == 90
            assert window.review.desk.model.rowCount() == 1
            window.review.restore_state({"least": "x"})
            window.review.restore_state(7)
            assert child(window.review, QSpinBox, "review_least").value() == 90


async def test_enter_in_the_number_merges_nothing(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.99, 0.9])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        least = child(pane, QSpinBox, "review_least")
        least.setFocus()
        QTest.keyClicks(least, "80")
        QTest.keyClick(least, Qt.Key.Key_Return)
        await wait_until(lambda: pane.desk.least_score == 0.8)
        assert pane.desk.state.waiting == 2


async def test_many_are_merged_in_one_step_after_a_look_at_a_sample(tmp_path: Path, data: DemoData) -> None:
    scores = [0.99 - number / 1000 for number in range(12)] + [0.7, 0.6]
    await seed_pairs(tmp_path, scores, blocked=[3])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        press(pane, "review_merge_all")
        asked = await dialog(MergeAllDialog)
        await wait_until(lambda: asked.confirm.text() == "Merge 11 pairs")
        assert "22 contacts" in child(asked, QLabel, "merge_all_sum").text()
        assert child(asked, QLabel, "merge_all_skipped").text().startswith("1 pair that may not be merged")
        await wait_until(lambda: asked.sample.rowCount() == 6)
        assert asked.sample.index(0, Column.SCORE).data() == "97 %", "the least sure come first"
        press(asked, "merge_all_confirm")
        await settled(pane, 3)
        assert (await services.library.stats())["merged"] == 11
        assert pane.bar.status == "11 pairs merged in one step."
        await wait_until(pane.bar.undo_button.isVisible)
        press(pane, "review_undo")
        await settled(pane, 14)
        assert (await services.library.stats())["merged"] == 0


async def test_merging_many_can_be_cancelled(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.99, 0.9])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        press(pane, "review_merge_all")
        asked = await dialog(MergeAllDialog)
        asked.least.setValue(100)
        await wait_until(lambda: "No pair" in child(asked, QLabel, "merge_all_sum").text())
        assert not asked.confirm.isEnabled()
        asked.least.setValue(80)
        await wait_until(lambda: asked.confirm.text() == "Merge 2 pairs")
        press(asked, "merge_all_cancel")
        await wait_until(lambda: not asked.isVisible())
        assert pane.desk.state.waiting == 2


async def test_an_empty_library_says_what_to_do_first(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        await wait_until(lambda: "No contacts yet" in texts(pane))
        assert not pane.bar.merge_button.isVisible()


async def test_matches_are_looked_for_when_asked_and_then_by_themselves(tmp_path: Path, data: DemoData) -> None:
    pairs = [record for number, phone in enumerate(PHONES) for record in make_pair(number, phone=phone)]
    await keep(tmp_path, [*SINGLES, *pairs])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        await wait_until(lambda: "Nothing looked for yet" in texts(pane))
        next(each for each in pane.findChildren(QAbstractButton) if each.isVisible() and each.text()).click()
        await wait_until(lambda: bool(pane.desk.running))
        assert "Comparing contacts" in texts(pane)
        assert "Nothing looked for yet" not in texts(pane)
        await settled(pane, 3)
        await wait_until(lambda: not pane.desk.running)
        assert pane.bar.status == "All contacts are compared. 3 new pairs to review."


async def test_looking_can_be_stopped(tmp_path: Path, data: DemoData) -> None:
    await keep(tmp_path, [record for number in range(3) for record in make_pair(number)])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        pane.desk.find()
        await wait_until(lambda: bool(pane.desk.running))
        pane.desk.stop()
        await wait_until(lambda: not pane.desk.running)
        assert pane.bar.status == "Stopped. The pairs are as they were."
        await wait_until(lambda: "Nothing looked for yet" in texts(pane))
        assert await services.matching.last_found() is None


async def test_what_came_in_since_is_compared_when_the_tab_is_shown(tmp_path: Path, data: DemoData) -> None:
    await seed_pairs(tmp_path, [0.99])
    await keep(tmp_path, [*SINGLES, *make_pair(7, phone=PHONES[0])])
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        await settled(pane, 2)
