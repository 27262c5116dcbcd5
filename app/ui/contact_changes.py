"""Tags and lists that services keep: asks which, changes the contacts one by one, and tells how it went."""

import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.domain.contact import ContactRow
from app.domain.errors import ContactScoutError
from app.domain.provider import Provider
from app.qtbridge.tasks import TaskScope
from app.services.changing import ChangeReport, Progress
from app.ui.failures import failure_handler
from app.ui.widgets.banner import Banner
from app.ui.widgets.progress_strip import ProgressStrip
from app.ui.wording import NO_NAME, count

if TYPE_CHECKING:
    from app.composition import Services

log = logging.getLogger(__name__)

MOST_NAMES = 3
MOST_REASONS = 4
PART = 500

_Run = Callable[[Progress], Coroutine[object, object, ChangeReport]]


class ContactChanges(QObject):
    """One change at a time. While it runs `strip` shows how far it is; at its end `banner` says what became of whom.

    Signals:
        running_changed: A change has begun or ended.
        failed_chosen: The rep wants to see the contacts that failed (a list of ids).
    """

    running_changed = Signal()
    failed_chosen = Signal(object)

    def __init__(self, services: "Services", window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._window = window
        self._running = ""
        self._done = (0, 0)
        self.banner = Banner()
        self.strip = ProgressStrip()
        self._scope = TaskScope("contact changes", failure_handler(self.banner.show_error))
        self.strip.stop_requested.connect(lambda: self._scope.cancel("change"))

    async def shut_down(self) -> None:
        """Stop what runs."""
        await self._scope.aclose()

    @property
    def running(self) -> str:
        """What runs, in words; "" for nothing."""
        return self._running

    @property
    def tag_service(self) -> str:
        """Name of the service that has tags."""
        return self._services.tags.provider.label

    @property
    def list_service(self) -> str:
        """Name of the service that has lists."""
        return self._services.lists.provider.label

    def why_no_tags(self, providers: Iterable[Provider]) -> str:
        """Why tags cannot be changed on a selection of contacts known to these providers; "" when they can."""
        return self._why_not(self._services.tags.provider, "tags", providers)

    def why_no_lists(self, providers: Iterable[Provider]) -> str:
        """Why a selection cannot go on lists or come off; otherwise like `why_no_tags`."""
        return self._why_not(self._services.lists.provider, "lists", providers)

    def change_tags(self, contact_ids: Sequence[int], *, removing: bool = False) -> None:
        """Ask for tags, and put them on contacts or take them off."""
        self._start(self._change_tags(list(contact_ids), removing=removing))

    def change_list(self, contact_ids: Sequence[int], *, removing: bool = False) -> None:
        """Ask for a list, and put contacts on it or take them off."""
        self._start(self._change_list(list(contact_ids), removing=removing))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        if self._running:
            work.close()
            return
        self._scope.replace("change", work)

    async def _change_tags(self, contact_ids: list[int], *, removing: bool) -> None:
        from app.ui.dialogs.tag_dialog import run_tag_dialog

        tags = self._services.tags
        mine, _ = await self._known_to(tags.provider, contact_ids)
        left_out = len(contact_ids) - len(mine)
        names = await run_tag_dialog(self._window, self._services, mine, left_out=left_out, removing=removing)
        if not names:
            return
        shown = ", ".join(f"“{name}”" for name in names)
        add, remove = ((), names) if removing else (names, ())
        await self._run(
            f"Removing {shown}" if removing else f"Adding {shown}",
            f"{shown} {'removed from' if removing else 'added to'}",
            mine,
            lambda progress: tags.change(mine, add, remove, progress=progress),
        )

    async def _change_list(self, contact_ids: list[int], *, removing: bool) -> None:
        from app.ui.dialogs.list_dialog import run_list_dialog

        lists = self._services.lists
        mine, account = await self._known_to(lists.provider, contact_ids)
        left_out = len(contact_ids) - len(mine)
        chosen = await run_list_dialog(
            self._window, self._services, len(mine), left_out=left_out, account_id=account, removing=removing
        )
        if chosen is None:
            return
        change = lists.remove if removing else lists.add
        await self._run(
            f"Removing from “{chosen.name}”" if removing else f"Adding to “{chosen.name}”",
            f"“{chosen.name}”: {'removed' if removing else 'added'}",
            mine,
            lambda progress: change(chosen.list_id, mine, chosen.account_id, progress=progress),
        )

    async def _known_to(self, provider: Provider, contact_ids: list[int]) -> tuple[list[int], str]:
        """Those that a provider knows, and the account that most of them were found in."""
        mine: list[int] = []
        accounts: Counter[str] = Counter()
        for start in range(0, len(contact_ids), PART):  # all at one stroke would hold up the window
            rows = await self._services.library.rows(contact_ids[start : start + PART])
            mine += [row.contact_id for row in rows if provider in row.providers]
            accounts.update(row.account_id for row in rows if row.provider is provider and row.account_id)
        return list(dict.fromkeys(mine)), accounts.most_common(1)[0][0] if accounts else ""

    async def _run(self, doing: str, done: str, contact_ids: list[int], run: _Run) -> None:
        self.banner.clear()
        self._done = (0, len(contact_ids))
        self._set_running(doing)
        self.strip.begin(doing, len(contact_ids))
        finished = False
        try:
            report = await run(self._advance)
            finished = True
        except ContactScoutError as error:
            finished = True
            self.banner.show_error(error)
            return
        finally:
            self.strip.end()
            self._set_running("")
            if not finished:
                self._tell_stopped(doing)
        await self._tell(done, report)

    def _advance(self, done: int, total: int) -> None:
        self._done = (done, total)
        self.strip.advance(done, total)

    def _set_running(self, doing: str) -> None:
        self._running = doing
        self.running_changed.emit()

    def _tell_stopped(self, doing: str) -> None:
        done, total = self._done
        self.banner.show_warning(
            f"{doing}: stopped after {done:,} of {count(total, 'contact')}. What was changed stays changed; the one in "
            "progress may have been changed too."
        )

    async def _tell(self, done: str, report: ChangeReport) -> None:
        changed, failed = len(report.changed), len(report.failed)
        total = changed + failed
        if not failed:
            self.banner.show_success(f"{done} {count(changed, 'contact')}.")
            return
        log.info("%d of %d contacts could not be changed", failed, total)
        rows = await self._services.library.rows([contact_id for contact_id, _ in report.failed])
        reasons = failure_lines(rows, [error for _, error in report.failed])
        ids = [row.contact_id for row in rows]
        self.banner.show_warning(
            "\n".join([f"{done} {changed:,} of {count(total, 'contact')}. Not changed:", *reasons]),
            action_text="Select these" if failed > 1 else "Select it",
            action=lambda: self.failed_chosen.emit(ids),
        )

    def _why_not(self, provider: Provider, what: str, providers: Iterable[Provider]) -> str:
        if self._running:
            return f"{self._running} is not finished yet."
        known = set(providers)
        if not known:
            return "Select contacts first."
        if provider not in known:
            return f"Only contacts from {provider.label} have {what}; none is selected."
        return ""


def failure_lines(rows: Sequence[ContactRow], errors: Sequence[ContactScoutError]) -> list[str]:
    """Who failed and why, one line per reason, the most frequent reasons first; `rows` and `errors` go together."""
    by_reason: dict[str, list[str]] = {}
    for row, error in zip(rows, errors, strict=True):
        by_reason.setdefault(f"{error.text} {error.next_step}".strip(), []).append(row.display_name or NO_NAME)
    ordered = sorted(by_reason.items(), key=lambda entry: -len(entry[1]))
    lines = [f"• {_some(names)}: {reason}" for reason, names in ordered[:MOST_REASONS]]
    rest = sum(len(names) for _, names in ordered[MOST_REASONS:])
    return [*lines, f"• {count(rest, 'more contact')} for other reasons"] if rest else lines


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} and {more:,} more" if more > 0 else shown
