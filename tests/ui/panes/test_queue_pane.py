from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QTreeView

from app.composition import Services, open_services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import BatchState, EnrichField, PersonInput
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_signal, wait_until
from app.storage.database import Database
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.library import LibraryRepository
from app.storage.profile import Profile
from app.ui.dialogs.cap_dialog import CapDialog
from app.ui.dialogs.item_log import ItemLog
from app.ui.models.queue_model import Column
from app.ui.panes.queue_pane import QueuePane
from app.ui.widgets.banner import Banner
from tests.support.demo_server import DemoServer
from tests.support.demo_services import QUICK, demo_services
from tests.support.memory_key_store import MemoryKeyStore
from tests.support.widgets import child, press, press_text, question
from tests.support.windows import standing_alone

pytestmark = pytest.mark.gui


def shown_pane(services: Services) -> AbstractAsyncContextManager[QueuePane]:
    return standing_alone(QueuePane(services), 1200, 320)


@asynccontextmanager
async def served(folder: Path, server: DemoServer, *, key: str = "") -> AsyncIterator[Services]:
    environ = server.environ()
    if key:
        environ = {name: key if name.endswith("_KEY") else value for name, value in environ.items()}
    async with open_services(Profile(folder), environ=environ, key_store=MemoryKeyStore(), schedule=QUICK) as services:
        yield services


async def enqueue(
    services: Services, data: DemoData, people: int, *, cap: int = 5_000, sample: int | None = None
) -> int:
    chosen = [
        PersonInput(row["first_name"], row["last_name"], row["domain"], linkedin_url=row["linkedin_url"])
        for row in people_rows(data, people)
    ]
    plan = await services.enrichment.plan_people(chosen, list(EnrichField))
    return await services.enrichment.enqueue(plan, cap=cap, origin="", sample=sample)


def cell(pane: QueuePane, column: Column, row: int = 0) -> str:
    return str(pane.model.index(row, column).data() or "")


def summary(pane: QueuePane) -> str:
    return child(pane, QLabel, "queue_summary").text()


async def test_an_empty_queue_says_what_to_do_once_it_is_known_to_be_empty(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        empty = next(label for label in pane.findChildren(QLabel) if "Nothing is queued" in label.text())
        assert not empty.isVisible()
        await wait_until(empty.isVisible)
        assert not child(pane, QPushButton, "queue_stop").isVisible()


async def test_a_run_is_watched_to_its_end_and_opens_down_to_its_people(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        run_id = await enqueue(services, data, 12)
        await wait_until(lambda: cell(pane, Column.PROGRESS) == "0 of 12")
        services.enrichment.start()
        await wait_until(lambda: cell(pane, Column.STATE).startswith("Finished"))
        await wait_until(lambda: "12 of 12 people done · emails found for" in summary(pane))
        run = await services.enrichment.run(run_id)
        assert f"{run.spending.charged:,} charged, 0 reserved, cap 5,000 credits" in summary(pane)
        tree = child(pane, QTreeView, "queue_tree")
        batch = pane.model.index(0, 0, pane.model.index(0, 0))
        tree.expand(batch)
        await wait_until(lambda: pane.model.rowCount(batch) == 12)
        items = await services.enrichment.items(run_id)
        found = next(item for item in items if item.emails)
        row = items.index(found)
        assert found.emails[0].address in str(pane.model.index(row, Column.NOTE, batch).data())
        assert "emails: found" in str(pane.model.index(row, Column.PROGRESS, batch).data())


async def test_opening_a_person_shows_the_contact(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
        page = await services.search.start(query).next_page()
        plan = await services.enrichment.plan_contacts([row.contact_id for row in page.rows], [EnrichField.EMAILS])
        await services.enrichment.enqueue(plan, cap=500, origin="")
        await wait_until(lambda: pane.model.rowCount() == 1)
        batch = pane.model.index(0, 0, pane.model.index(0, 0))
        pane.view.expand(pane.model.index(0, 0))
        pane.view.expand(batch)
        await wait_until(lambda: pane.model.rowCount(batch) > 0)
        pane.view.setCurrentIndex(pane.model.index(0, 0, batch))
        heard = wait_signal(pane.contact_activated)
        QTest.keyClick(pane.view, Qt.Key.Key_Return)
        assert await heard == (plan.people[0].contact_id,)


async def test_stop_keeps_new_batches_from_being_submitted_until_resumed(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        await enqueue(services, data, 5)
        await wait_until(lambda: child(pane, QPushButton, "queue_stop").isVisible())
        press(pane, "queue_stop")
        await wait_until(lambda: cell(pane, Column.STATE) == "Paused")
        assert "Nothing new is submitted" in pane.banner.text
        services.enrichment.start()
        resume = child(pane, QPushButton, "queue_resume")
        await wait_until(resume.isVisible)
        press(pane, "queue_resume")
        await wait_until(lambda: cell(pane, Column.STATE).startswith("Finished"))


async def test_a_submit_whose_answer_was_not_seen_waits_for_the_reps_decision(
    tmp_path: Path, data: DemoData, expected_log: Callable[[str], None]
) -> None:
    expected_log("Outcome of enrichment batch 1 is unknown")
    with DemoServer(data) as server:
        server.fault("drop_reply", Provider.TAMTAM, method="POST", path="/v2/people/enrich")
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            run_id = await enqueue(services, data, 3)
            services.enrichment.start()
            await wait_until(lambda: cell(pane, Column.STATE) == "Needs your decision")
            press_text(pane, "Decide…")
            again = child(pane, QPushButton, "queue_submit_again")
            assert again.text() == "Submit again, may cost up to 33 credits more…"
            press(pane, "queue_submit_again")
            box = await question(pane)
            assert "may cost up to 33 credits more" in box.text()
            press_text(box, "Cancel")
            assert len(server.ledger()["submits"]) == 1
            press(pane, "queue_submit_again")
            press_text(await question(pane), "Submit again for at most 33 credits")
            await wait_until(lambda: cell(pane, Column.STATE).startswith("Finished"))
            assert len(server.ledger()["submits"]) == 2
            assert (await services.enrichment.run(run_id)).batches[0].state is BatchState.COMPLETE


async def test_giving_up_ends_a_batch_of_unknown_outcome(
    tmp_path: Path, data: DemoData, expected_log: Callable[[str], None]
) -> None:
    expected_log("Outcome of enrichment batch 1 is unknown")
    with DemoServer(data) as server:
        server.fault("drop_reply", Provider.TAMTAM, method="POST", path="/v2/people/enrich")
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            await enqueue(services, data, 3)
            services.enrichment.start()
            await wait_until(lambda: cell(pane, Column.STATE) == "Needs your decision")
            press_text(pane, "Decide…")
            press(pane, "queue_give_up")
            press_text(await question(pane), "Give up")
            await wait_until(lambda: cell(pane, Column.STATE).startswith("Finished"))
            assert cell(pane, Column.PROGRESS) == "3 of 3"
            assert len(server.ledger()["submits"]) == 1


async def test_a_refused_key_is_said_above_the_queue(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with served(tmp_path, server, key="wrong") as services, shown_pane(services) as pane:
            await enqueue(services, data, 2)
            services.enrichment.start()
            await wait_until(lambda: "key" in services.enrichment.lane_note)
            note = services.enrichment.lane_note
            await wait_until(
                lambda: any(label.text() == note and label.isVisible() for label in pane.findChildren(QLabel))
            )
            assert server.ledger()["submits"] == []


async def test_after_credits_were_added_the_queue_is_told_to_try_again(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data, enrichment_seconds=0) as server:
        server.fault("out_of_credits", Provider.TAMTAM, path="/v2/people/enrich")
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            await enqueue(services, data, 2)
            services.enrichment.start()
            banner = child(pane, Banner, "queue_lane")
            await wait_until(lambda: "redit" in banner.text)
            assert server.ledger()["submits"] == []
            press_text(banner, "Try again")
            await wait_until(lambda: cell(pane, Column.STATE).startswith("Finished"))
            await wait_until(lambda: not banner.text)


async def test_a_sample_shows_its_hit_rate_and_cost_before_the_rest_is_bought(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        told: list[str] = []
        pane.noticed.connect(lambda title, _text: told.append(title))
        run_id = await enqueue(services, data, 30, sample=25)
        services.enrichment.start()
        await wait_until(lambda: cell(pane, Column.STATE) == "Sample finished")
        assert told == ["The sample is finished"]
        rest = child(pane, QPushButton, "queue_rest")
        assert rest.text() == "Go on with 5 people…"
        press(pane, "queue_rest")
        box = await question(pane)
        assert "Of 25 people sent first: e-mails found for" in box.text()
        assert "at most 55 credits" in box.text()
        press_text(box, "Enrich the other 5 people for at most 55 credits")
        await wait_until(lambda: cell(pane, Column.PROGRESS) == "30 of 30")
        assert (await services.enrichment.run(run_id)).held_people == 0


async def test_people_who_were_not_sent_are_taken_out_of_the_queue_and_may_be_chosen_again(
    tmp_path: Path, data: DemoData
) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        run_id = await enqueue(services, data, 30, sample=25)
        services.enrichment.start()
        await wait_until(lambda: cell(pane, Column.STATE) == "Sample finished")
        take_out = child(pane, QPushButton, "queue_give_up")
        assert take_out.text() == "Take out of the queue…"
        press(pane, "queue_give_up")
        box = await question(pane)
        assert "Take 5 people out of the queue?" in box.text()
        press_text(box, "Take 5 people out")
        await wait_until(lambda: cell(pane, Column.STATE).startswith("Finished"))
        assert not take_out.isVisible()
        assert (await services.enrichment.run(run_id)).counts[Outcome.CANCELLED] == 10
        chosen = [item.person for item in await services.enrichment.items(run_id)][25:]
        assert len((await services.enrichment.plan_people(chosen, list(EnrichField))).people) == 5


async def test_failed_look_ups_are_retried_at_a_price_that_is_named_first(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        run_id = await enqueue(services, data, 40)
        services.enrichment.start()
        await wait_until(lambda: cell(pane, Column.STATE) == "Finished, some failed")
        plan = await services.enrichment.plan_retry(run_id)
        press(pane, "queue_retry")
        cost = f"{plan.estimate.maximum} credit"
        box = await question(pane)
        assert cost in box.text()
        press_text(box, next(each.text() for each in box.buttons() if each.text().startswith("Retry for at most")))
        await wait_until(lambda: pane.model.rowCount() == 2)
        assert cell(pane, Column.WHAT).endswith("again")
        again = (await services.enrichment.runs())[0]
        assert again.spending.cap == plan.estimate.maximum


async def test_a_cap_is_raised_and_people_are_shown_by_outcome(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        run_id = await enqueue(services, data, 20, cap=220)
        await wait_until(lambda: child(pane, QPushButton, "queue_raise_cap").isVisible())
        press(pane, "queue_raise_cap")
        await wait_until(lambda: any(each.isVisible() for each in pane.findChildren(CapDialog)))
        dialog = pane.findChildren(CapDialog)[-1]
        dialog.cap.setValue(900)
        press(dialog, "cap_confirm")
        await wait_until(lambda: cell(pane, Column.CREDITS) == "0 of 900")
        services.enrichment.start()
        await wait_until(lambda: cell(pane, Column.STATE).startswith("Finished"))
        pane.filter.setCurrentIndex(pane.filter.findData(Outcome.NOT_FOUND))
        batch = pane.model.index(0, 0, pane.model.index(0, 0))
        await wait_until(lambda: pane.model.rowCount(batch) > 0)
        items = await services.enrichment.items(run_id)
        missing = [
            item for item in items if any(result.outcome is Outcome.NOT_FOUND for result in item.outcomes.values())
        ]
        assert 0 < pane.model.rowCount(batch) == len(missing) < 20
        pane.filter.setCurrentIndex(0)
        await wait_until(lambda: pane.model.rowCount(batch) == 20)


async def test_the_log_of_one_person_opens_from_the_queue(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        await enqueue(services, data, 2)
        await wait_until(lambda: pane.model.rowCount() == 1)
        batch = pane.model.index(0, 0, pane.model.index(0, 0))
        pane.view.expand(batch)
        await wait_until(lambda: pane.model.rowCount(batch) == 2)
        assert not child(pane, QPushButton, "queue_log").isVisible()
        pane.view.setCurrentIndex(pane.model.index(0, 0, batch))
        press(pane, "queue_log")
        await wait_until(lambda: any(each.isVisible() for each in pane.findChildren(ItemLog)))
        press(pane.findChildren(ItemLog)[-1], "item_log_close")


async def test_a_dropped_file_is_handed_on(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        dropped: list[Path] = []
        pane.file_dropped.connect(dropped.append)
        files = QMimeData()
        files.setUrls([QUrl.fromLocalFile(str(tmp_path / "people.csv"))])
        event = QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            files,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        pane.dropEvent(event)
        assert dropped == [tmp_path / "people.csv"]


async def test_after_stop_at_most_one_more_submit_leaves(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data, enrichment_seconds=3600) as server:
        rarely = replace(QUICK, first=600.0)
        async with (
            open_services(
                Profile(tmp_path), environ=server.environ(), key_store=MemoryKeyStore(), schedule=rarely
            ) as services,
            shown_pane(services) as pane,
        ):
            database = await Database.open(services.profile.library_path)
            queue = EnrichmentRepository(database, LibraryRepository(database), now=lambda: datetime.now(UTC))
            people = [PersonInput(f"Given{number}", "Family", "acme.example") for number in range(60)]
            run_id = await queue.create_run(people, {EnrichField.EMAILS}, cap=60, origin="", batch_size=1)
            await database.close()
            services.changes.publish(Change(ChangeKind.ENRICHMENT, (run_id,)))
            services.enrichment.start()
            await wait_until(lambda: len(server.ledger()["submits"]) >= 3)
            await wait_until(child(pane, QPushButton, "queue_stop").isVisible)
            press(pane, "queue_stop")
            clicked = len(server.ledger()["submits"])
            await wait_until(lambda: "Nothing new is submitted" in pane.banner.text)
            await wait_until(lambda: cell(pane, Column.STATE).startswith("Paused"))
            await services.enrichment.stop()
            assert len(server.ledger()["submits"]) <= clicked + 1 < 60
            (run,) = await services.enrichment.runs()
            assert sum(batch.state.is_pollable for batch in run.batches) == len(server.ledger()["submits"])


async def test_what_takes_too_long_is_counted_and_asked_about_when_the_rep_wants_it(
    tmp_path: Path, data: DemoData
) -> None:
    with DemoServer(data, enrichment_seconds=3600) as server:
        late = replace(QUICK, give_up_after=0.0)
        async with (
            open_services(
                Profile(tmp_path), environ=server.environ(), key_store=MemoryKeyStore(), schedule=late
            ) as services,
            shown_pane(services) as pane,
        ):
            await enqueue(services, data, 3)
            services.enrichment.start()
            banner = child(pane, Banner, "queue_stuck")
            await wait_until(lambda: "1 batch of 3 people takes unusually long" in banner.text)
            assert child(pane, QPushButton, "queue_ask_again").isVisible()
            assert child(pane, QPushButton, "queue_give_up").isVisible()
            assert "Next look" not in cell(pane, Column.NOTE)
            before = len(server.requests(Provider.TAMTAM, "/v2/people/enrich/"))
            press_text(banner, "Ask again")
            await wait_until(lambda: len(server.requests(Provider.TAMTAM, "/v2/people/enrich/")) > before)


async def test_answers_of_an_unknown_shape_are_told_and_kept(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data, enrichment_seconds=0) as server:
        odd = {"status": "COMPLETED", "item_count": 1, "results": ["an entry of another shape"]}
        server.fault("body", Provider.TAMTAM, method="GET", path="/v2/people/enrich/", times=None, status=200, body=odd)
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            await enqueue(services, data, 1)
            await services.enrichment.drain()
            await wait_until(lambda: cell(pane, Column.STATE).startswith("Finished"))
            pane.view.expand(pane.model.index(0, 0))
            batch = pane.model.index(0, 0)
            note = str(pane.model.index(0, Column.NOTE, batch).data())
            assert "1 entry of the answer could not be read and were kept aside." in note
            assert (
                "1 entries of its newest answers could not be read"
                in (await services.providers.status(Provider.TAMTAM)).degraded
            )
            texts = dict(await services.diagnostics.preview())
            assert "degraded: 1 entries" in texts["summary.txt"]
            (run,) = await services.enrichment.runs()
            assert run.batches[0].adapter == "tamtam/1"
