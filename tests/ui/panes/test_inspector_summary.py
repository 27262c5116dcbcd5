"""Several contacts selected: what they share stands in place of one contact."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from app.demo.dataset import DemoData
from app.qtbridge.waiting import wait_until
from tests.support.demo_services import demo_services
from tests.support.windows import open_window, search

pytestmark = pytest.mark.gui


async def test_the_summary_follows_the_selection_and_what_is_done_to_it(tmp_path: Path) -> None:
    async with (
        demo_services(tmp_path, data=DemoData(seed=1, contacts=400)) as services,
        open_window(services) as window,
    ):
        pane = await search(window, relationship_status="any")
        inspector, table, ids = window.inspector, pane.table, pane.table.all_ids()
        table.select_ids(ids[:3])
        await wait_until(lambda: "TalkToHumans (all)" in inspector.summary.text)
        assert inspector.summary.text.startswith("3 contacts selected")
        assert inspector.summary.isVisible()
        window.actions_by_key["own.status.to_call"].trigger()
        await wait_until(lambda: "To call (all)" in inspector.summary.text)
        await services.own_work.set_rating(ids[:2], 4)
        await wait_until(lambda: "4.0 on average, 2 rated" in inspector.summary.text)
        window.show_contact(ids[1])
        await wait_until(inspector.header.isVisible)
        table.select_ids(ids[:4])
        await wait_until(lambda: inspector.summary.isVisible() and "4 contacts" in inspector.summary.text)
        table.select_ids(ids[2:3])
        await wait_until(lambda: inspector.details is not None and inspector.details.row.contact_id == ids[2])
        assert not inspector.summary.isVisible()


async def test_in_a_small_window_it_is_scrolled_and_nothing_of_it_is_cut(tmp_path: Path) -> None:
    async with (
        demo_services(tmp_path, data=DemoData(seed=1, contacts=400)) as services,
        open_window(services) as window,
    ):
        window.resize(960, 600)
        pane = await search(window, relationship_status="any")
        pane.table.select_ids(pane.table.all_ids()[:9])
        summary = window.inspector.summary
        await wait_until(lambda: "TalkToHumans (all)" in summary.text)
        await wait_until(
            lambda: (
                summary.width() == summary.visibleRegion().boundingRect().width()
                and all(
                    label.height() >= label.heightForWidth(label.width())
                    for label in summary.findChildren(QLabel)
                    if label.isVisible()
                )
            )
        )


async def test_very_many_are_only_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ui.panes.inspector_pane.MOST_SUMMED", 2)
    monkeypatch.setattr("app.ui.panes.inspector_summary.MOST_SUMMED", 2)
    async with (
        demo_services(tmp_path, data=DemoData(seed=1, contacts=400)) as services,
        open_window(services) as window,
    ):
        pane = await search(window, relationship_status="any")
        pane.table.select_ids(pane.table.all_ids()[:5])
        assert window.inspector.summary.text == "5 contacts selected"
        pane.table.select_ids([])
        assert not window.inspector.summary.isVisible()
