"""The steps of the tour: what a person does from search to file, with what is expected of the window at each."""

import asyncio
import csv
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
)

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import EnrichField, EnrichmentBatch, EnrichmentRun
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.services.credentials import KeySource
from app.ui.dialogs.enrich_dialog import EnrichDialog
from app.ui.dialogs.export_dialog import ExportDialog
from app.ui.panes.results_pane import ResultsPane
from app.ui.tour_enrichment_steps import EnrichmentSteps
from app.ui.tour_fetch_steps import KNOWN_IDS, FetchSteps
from app.ui.tour_hand import Hand, NotAsExpectedError
from app.ui.tour_library_steps import LibrarySteps
from app.ui.tour_own_work_steps import OwnWorkSteps
from app.ui.tour_record import TourRecord
from app.ui.tour_review_steps import ReviewSteps
from app.ui.tour_service_steps import WRONG_KEY, ServiceSteps
from app.ui.tour_stage import TourStage, values
from app.ui.widgets.selectable_text import SelectableText

if TYPE_CHECKING:
    from app.composition import Services
    from app.ui.main_window import MainWindow

ENRICHMENT_PATIENCE = 90.0

COMPANY = "Quillmark Lanterns"
"""The demo's largest company: several pages at each service."""
NOBODY = "Nobody At All"
THEMES = ("view.theme.system", "view.theme.light", "view.theme.dark")
PICTURE_SIZE = QSize(1680, 1050)
CSV_NAME = "contacts.csv"


class TourSteps(TourStage):
    """Works the window and judges what it does; each step may build on earlier ones."""

    def __init__(self, window: "MainWindow", services: "Services", hand: Hand, record: TourRecord) -> None:
        super().__init__(window, services, hand, record)
        self._more = ServiceSteps(window, services, hand, record)
        self._ids = FetchSteps(window, services, hand, record)
        self._queue = EnrichmentSteps(window, services, hand, record)
        self._own = OwnWorkSteps(window, services, hand, record)
        self._review = ReviewSteps(window, services, hand, record)
        self._library = LibrarySteps(window, services, hand, record)
        self._network: ResultsPane | None = None
        self._account = ""
        self._company_people: ResultsPane | None = None
        self._leadfeeder_ids: list[str] = []
        self._queued_run: int | None = None
        self._theme = THEMES[0]

    def all(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        """The steps in order, each with its name."""
        return (
            ("first look", self._look),
            ("search TalkToHumans", self._search_network),
            ("load the second page", self._load_more),
            ("tag contacts", lambda: self._more.tag(self._results())),
            ("search Leadfeeder", self._search_leadfeeder),
            ("put contacts on a list", self._list),
            ("find a company", lambda: self._more.find_company(self._account)),
            ("search Tamtam people", self._more.search_people),
            ("bulk fetch from Leadfeeder", lambda: self._fetch(Provider.LEADFEEDER)),
            ("bulk fetch from Tamtam", lambda: self._fetch(Provider.TAMTAM)),
            ("bulk fetch from BuildWorkPro", lambda: self._fetch(Provider.BUILDWORKPRO)),
            ("confirm an enrichment", self._enrich),
            ("wait for the enrichment", self._collect),
            ("look at an enriched contact", self._inspect),
            ("look at the library", self._library.look),
            ("narrow the library down", self._library.narrow),
            ("mark contacts", lambda: self._own.mark_many(self._results())),
            ("work on one contact", lambda: self._own.work_on_one(self._results())),
            ("walk through the history", self._own.walk_through_history),
            ("read the ledger", self._queue.read_ledger),
            ("enrich a file", self._queue.import_people),
            ("export", self._export),
            ("review probable matches", self._review.review),
            ("check keys", self._more.check_keys),
            ("check a connection", self._more.check_connection),
            ("search with a wrong key", self._use_wrong_key),
            ("diagnostics", self._more.diagnose),
            ("find nobody", self._find_nobody),
            ("dark colours", self._darken),
        )

    async def _look(self) -> None:
        if QGuiApplication.platformName() == "offscreen":
            self._window.resize(PICTURE_SIZE)  # its screen is 800 by 800, which is nobody's
            await self._hand.until(lambda: self._window.size() == PICTURE_SIZE, "The window has its size.")
            self._hand.act("view.reset")
        actions = self._window.actions_by_key
        self._theme = next((key for key in THEMES if actions[key].isChecked()), THEMES[0])
        self._hand.act("view.theme.light")
        form = self._window.find_pane.pane(Provider.LEADFEEDER).form.control("account_id")
        assert isinstance(form, QComboBox)
        await self._hand.until(lambda: bool(values(form)), "Leadfeeder's accounts are offered.")
        await self._picture("empty-window")

    async def _search_network(self) -> None:
        pane = await self._search(Provider.TALKTOHUMANS, {"company_name": COMPANY})
        self._network = pane
        rows = self._expect_rows(pane)
        # The service looks at former employers too, so not every row shows the company.
        self._record.expect(any(COMPANY in row.company_name for row in rows), f"somebody works at {COMPANY}")
        self._record.expect(pane.has_more, "there is a second page")
        self._record.note(rows=len(rows))
        await self._picture("talktohumans-filtered")

    async def _load_more(self) -> None:
        pane = self._results()
        before = len(pane.table.all_ids())
        self._hand.act("search.more")
        await self._answered(pane)
        rows = len(pane.table.all_ids())
        self._record.expect(rows > before, "the second page has rows")
        self._record.note(rows_before=before, rows=rows)
        await self._picture("talktohumans-second-page")

    async def _search_leadfeeder(self) -> None:
        account = self._window.find_pane.pane(Provider.LEADFEEDER).form.control("account_id")
        assert isinstance(account, QComboBox)
        self._account = values(account)[0]
        self._hand.pick(account, self._account)
        pane = await self._search(Provider.LEADFEEDER, {"positions": "Manager"})
        self._company_people = pane
        rows = self._expect_rows(pane)
        self._leadfeeder_ids = [row.provider_id for row in rows if row.provider is Provider.LEADFEEDER]
        self._record.note(rows=len(rows))
        await self._picture("leadfeeder-results")

    async def _list(self) -> None:
        if self._company_people is None:
            raise NotAsExpectedError("There are no contacts of Leadfeeder to put on a list.")
        await self._more.add_to_list(self._company_people)

    async def _fetch(self, provider: Provider) -> None:
        await self._ids.fetch(provider, self._account, await self._known_ids(provider))

    async def _enrich(self) -> None:
        hand = self._hand
        hand.show_tab(self._window.tabs, self._results())
        hand.act("edit.select_all")
        hand.act("contacts.enrich")
        dialog = await hand.dialog(EnrichDialog)
        confirm = hand.find(QPushButton, "enrich_confirm", dialog)
        await hand.until(lambda: "at most" in confirm.text(), "The cost of the e-mails is known.")
        emails_only = confirm.text()
        hand.click(hand.find(QCheckBox, f"enrich_{EnrichField.PHONES.value}", dialog))
        await hand.until(
            lambda: "at most" in confirm.text() and confirm.text() != emails_only, "The cost of both is known."
        )
        cap = dialog.cap
        if not confirm.isEnabled():
            await self._picture("enrich-above-cap")
            hand.write(cap, str(2 * cap.value()))
        await hand.until(confirm.isEnabled, "The enrichment can be confirmed.")
        self._record.note(confirmed=confirm.text())
        await self._picture("enrich-confirm")
        before = {run.run_id for run in await self._services.enrichment.runs()}
        hand.click(confirm)
        await hand.closed(EnrichDialog)
        runs = await self._services.enrichment.runs()
        self._queued_run = next((run.run_id for run in runs if run.run_id not in before), None)
        await hand.until(lambda: self._window.queue.model.rowCount() > 0, "The queue shows the run.")

    async def _collect(self) -> None:
        news = asyncio.Event()
        unsubscribe = self._services.changes.subscribe(lambda change: _hear(change, news))
        try:
            async with asyncio.timeout(ENRICHMENT_PATIENCE):
                run = await self._services.enrichment.run(self._run_id)
                photographed = False
                while run.is_open:
                    if not photographed and any(batch.state.is_pollable for batch in run.batches):
                        photographed = True
                        await self._hand.until(self._shows_submitted, "The queue shows that the batch is submitted.")
                        await self._picture("enrichment-running")
                    await news.wait()
                    news.clear()
                    run = await self._services.enrichment.run(self._run_id)
        except TimeoutError:
            raise NotAsExpectedError(f"The enrichment is not finished after {ENRICHMENT_PATIENCE:.0f} s.") from None
        finally:
            unsubscribe()
        await self._judge(run)

    def _shows_submitted(self) -> bool:
        model = self._window.queue.model
        batch = model.record(model.index(0, 0, model.index(0, 0)))
        return isinstance(batch, EnrichmentBatch) and (batch.state.is_pollable or batch.state.is_final)

    async def _judge(self, run: EnrichmentRun) -> None:
        items = await self._services.enrichment.items(run.run_id)
        found = {name.value: sum(1 for item in items if _has(item.outcomes, name)) for name in EnrichField}
        for name, number in found.items():
            self._record.expect(number > 0, f"{name} are found for somebody")
        self._record.expect(not any(outcome.is_open for outcome in run.counts), "every field has its outcome")
        self._record.expect(run.spending.reserved == 0, "no credits stay reserved")
        self._record.expect(0 < run.spending.charged <= run.spending.cap, "what was charged is within the cap")
        self._record.note(
            people=run.people,
            outcomes={outcome.value: number for outcome, number in run.counts.items()},
            found=found,
            credits={"charged": run.spending.charged, "cap": run.spending.cap},
        )
        self._window.queue.reveal(run.run_id)
        tree = self._window.queue.view
        batch = self._window.queue.model.index(0, 0, tree.currentIndex())
        tree.expand(batch)
        await self._hand.until(lambda: self._window.queue.model.rowCount(batch) > 0, "The queue shows its people.")
        summary = self._hand.find(QLabel, "queue_summary", self._window.queue)
        done = f"{run.people:,} of {run.people:,} people done"
        await self._hand.until(lambda: done in summary.text(), f"The queue says “{done}”.")
        await self._picture("enrichment-finished")

    async def _inspect(self) -> None:
        pane = self._results()
        table = pane.table
        items = await self._services.enrichment.items(self._run_id)
        both = [item for item in items if all(_has(item.outcomes, name) for name in EnrichField)]
        if not both:
            raise NotAsExpectedError("Nobody has got both e-mail and phone.")
        contact_id = both[0].person.contact_id
        place = table.model.position(contact_id) if contact_id is not None else None
        if place is None or contact_id is None:
            raise NotAsExpectedError("The enriched contact is not in the table any more.")
        await self._hand.until(
            lambda: bool((row := table.model.contact_row(contact_id)) and row.email and row.phone),
            "The table shows the e-mail and the phone.",
        )
        self._hand.click_row(table.view, place)
        self._hand.act("contacts.show")
        inspector = self._window.inspector
        address = both[0].emails[0].address
        await self._hand.until(
            lambda: bool(inspector.details and inspector.details.row.contact_id == contact_id),
            "The inspector shows the contact.",
        )
        await self._hand.until(
            lambda: any(address in value.text() for value in inspector.findChildren(SelectableText)),
            "The inspector shows the e-mail that was bought.",
        )
        await self._picture("contact-enriched")

    async def _export(self) -> None:
        pane = self._results()
        expected = len(pane.table.all_ids())
        target = self._record.directory / CSV_NAME
        await asyncio.to_thread(target.unlink, missing_ok=True)
        self._hand.act("export.all")
        dialog = await self._hand.dialog(ExportDialog)
        self._hand.write(self._hand.find(QLineEdit, "export_path", dialog), str(target))
        await self._picture("export")
        self._hand.click(self._hand.find(QPushButton, "export_confirm", dialog))
        await self._hand.until(lambda: CSV_NAME in self._window.status.message, f"The window names {CSV_NAME}.")
        rows = await asyncio.to_thread(_read_rows, target)
        self._record.expect(len(rows) == expected, f"the file has {expected} rows, not {len(rows)}")
        self._record.expect(any(row["email"] and row["phone"] for row in rows), "the file has e-mails and phones")
        self._record.note(rows=len(rows), with_email=sum(1 for row in rows if row["email"]))
        await self._picture("exported")

    async def _use_wrong_key(self) -> None:
        provider = Provider.TALKTOHUMANS
        if await self._services.credentials.source(provider) is not KeySource.DEMO:
            return  # a real key would have to be put aside for this
        await self._more.keep_key(WRONG_KEY)
        pane = await self._search(provider, {"company_name": COMPANY})
        self._record.expect("refused the key" in pane.banner.text, "a banner says that the key was refused")
        self._record.note(banner=pane.banner.text)
        await self._picture("wrong-key")
        await self._more.keep_key("")
        self._hand.act("tabs.close")

    async def _find_nobody(self) -> None:
        pane = await self._search(Provider.TALKTOHUMANS, {"company_name": NOBODY})
        self._record.expect(not pane.table.all_ids(), "a company that does not exist has nobody")
        await self._picture("nothing-found")
        self._hand.act("tabs.close")

    async def _darken(self) -> None:
        self._hand.show_tab(self._window.tabs, self._results())
        self._hand.act("view.theme.dark")
        await self._picture("dark")
        self._hand.act("view.bulk_fetch")
        await self._picture("dark-bulk-fetch")
        await self._library.darken()
        self._hand.act(self._theme)

    # -- parts of steps --------------------------------------------------------------------------------------

    def _results(self) -> ResultsPane:
        if self._network is None:
            raise NotAsExpectedError("There are no results to go on with.")
        return self._network

    @property
    def _run_id(self) -> int:
        if self._queued_run is None:
            raise NotAsExpectedError("There is no enrichment to go on with.")
        return self._queued_run

    async def _known_ids(self, provider: Provider) -> list[str]:
        if provider is Provider.LEADFEEDER:
            return self._leadfeeder_ids
        from app.demo.dataset import DemoData  # only here, so that the window does not load the demo
        from app.demo.samples import sample_ids

        return await asyncio.to_thread(lambda: sample_ids(DemoData(), provider, KNOWN_IDS))


def _hear(change: Change, news: asyncio.Event) -> None:
    if change.kind is ChangeKind.ENRICHMENT:
        news.set()


def _has(outcomes: dict[EnrichField, Any], name: EnrichField) -> bool:
    return name in outcomes and outcomes[name].outcome in (Outcome.FOUND, Outcome.PARTIAL)


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
