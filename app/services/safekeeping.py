"""Safekeeping: backups on demand and once a day, a look at the library's file, and the way out of damage."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from app.domain.backups import Backup, BackupKind
from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage.backups import Progress, Stop, delete_backup, describe_file, list_backups, make_backup
from app.storage.database import Connection, Database, scalar
from app.storage.integrity import SOUND, look_through
from app.storage.replacing import Damage, damage_note

log = logging.getLogger(__name__)

#: Seconds after the start until the file is looked at: the window comes first.
FIRST_LOOK = 5.0
#: Seconds between two looks at whether a daily backup is due.
INTERVAL = 15 * 60.0
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class WayOut:
    """What is to be put in the library's place once it is closed: a backup, or None for what can be read of it."""

    backup: Backup | None


class SafekeepingService:
    """Keeps the library safe.

    Attributes:
        integrity: "ok", what is wrong with the file, or "" while it was not looked at.
        damage: What is wrong with the library in a sentence, "" while nothing is known to be. A change publishes
            `ChangeKind.SAFETY`.
        problem: Why the daily backup could not be made, "" when it could.
        notice: What the rep is told after the library was set back, "" otherwise.
        collected_again: How many paid requests were taken up again for that reason.
        chosen: What is to be put in the library's place; whoever closes the services does it.
    """

    def __init__(
        self,
        database: Database,
        changes: ChangeFeed,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._library = database.path
        self._changes = changes
        self._now = now
        self._pause = pause
        self._task: asyncio.Task[None] | None = None
        self._notes: set[asyncio.Future[None]] = set()
        self.integrity = ""
        self.damage = ""
        self.problem = ""
        self.notice = ""
        self.collected_again = 0
        self.chosen: WayOut | None = None
        database.on_damage = self._on_damage

    @property
    def library(self) -> Path:
        """The library's file."""
        return self._library

    # Backups

    async def back_up(self, path: Path | None = None, *, progress: Progress = lambda _done, _total: None) -> Backup:
        """Make a backup by hand; cancelling the task stops it and leaves nothing.

        Args:
            path: Where to, the profile's folder of backups by default. A file of that name is replaced.
            progress: Hears, on another thread, how many pages are copied and how many there are.

        Raises:
            DamagedLibraryError: The library is damaged.
            LibraryError: There is no room, or it cannot be written.
        """
        return await self._make(BackupKind.MANUAL, path, progress)

    async def backups(self) -> list[Backup]:
        """The backups in the profile's folder, newest first."""
        return await asyncio.to_thread(list_backups, self._library)

    async def describe(self, path: Path) -> Backup:
        """A backup that was kept elsewhere.

        Raises:
            LibraryError: It is damaged, no library, or cannot be read.
        """
        return await asyncio.to_thread(describe_file, path)

    async def delete(self, backup: Backup) -> None:
        """Delete a backup.

        Raises:
            LibraryError: It cannot be deleted.
        """
        await asyncio.to_thread(delete_backup, self._library, backup)
        self._tell()

    # The way out

    async def restore(self, backup: Backup) -> None:
        """Choose a backup to be put in the library's place as soon as the services are closed.

        Raises:
            LibraryError: It is damaged, no library, or cannot be read.
        """
        await asyncio.to_thread(describe_file, backup.path)
        self.chosen = WayOut(backup)
        self._tell()

    def salvage(self) -> None:
        """Choose what can be read of the library to be put in its place as soon as the services are closed."""
        self.chosen = WayOut(None)
        self._tell()

    async def check(self, *, thoroughly: bool = False) -> str:
        """Look through the library's file, beside everybody who uses it.

        Args:
            thoroughly: Read every row too.

        Returns:
            "ok", or what is wrong in SQLite's words.

        Raises:
            LibraryError: It cannot be looked at.
        """
        found = await look_through(self._library, thoroughly=thoroughly)
        self.integrity = found
        if found != SOUND:
            log.error("The library is damaged: %s", found)
            self._on_damage(DamagedLibraryError())
        else:
            self._tell()
        return found

    def require_sound(self) -> None:
        """Raise LibraryError once damage was seen: what is bought could not be kept."""
        if self.damage:
            raise LibraryError(
                "Nothing is bought: the library’s file is damaged.",
                next_step="Start the program again to choose a backup or to save what can be read.",
            )

    def note_set_back(self, text: str, taken: int) -> None:
        """Remember what the rep is told after the library was set back, with so many requests taken up again."""
        requests = "1 paid request" if taken == 1 else f"{taken:,} paid requests"
        collected = f" {requests} that it did not know of will be collected again." if taken else ""
        self.collected_again = taken
        self.notice = f"{text}{collected} The queue buys nothing until you resume it."

    # While the program runs

    def start(self) -> None:
        """Look at the file once the window is there, and make a backup a day."""
        if self._task is None and not self._database.read_only:
            self._task = asyncio.get_running_loop().create_task(self._keep_safe(), name="safekeeping")

    async def aclose(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._notes:
            await asyncio.wait(self._notes)

    async def back_up_if_due(self) -> Backup | None:
        """Make the daily backup when the last one is a day old and something has changed since; None otherwise."""
        existing = await self.backups()
        newest = max((each.at for each in existing), default=None)
        daily = max((each.at for each in existing if each.kind is BackupKind.DAILY), default=None)
        now = self._now()
        # A backup of tomorrow tells that the clock was wrong: it must not keep the next ones away.
        if daily is not None and timedelta(0) <= now - daily < _DAY:
            return None
        if newest is not None and newest <= now and await asyncio.to_thread(self._changed_at) <= newest:
            return None
        if not await self._database.read(_holds_anything):
            return None
        return await self._make(BackupKind.DAILY, None, lambda _done, _total: None)

    async def _keep_safe(self) -> None:
        await self._pause(FIRST_LOOK)
        with suppress(LibraryError):
            await self.check()
        while not self.damage:
            try:
                await self.back_up_if_due()
                problem = ""
            except DamagedLibraryError as error:
                self._on_damage(error)
                return
            except LibraryError as error:
                problem = f"Today’s backup could not be made. {error.text} {error.next_step}".strip()
                log.info("%s", problem)
            if problem != self.problem:
                self.problem = problem
                self._tell()
            await self._pause(INTERVAL)

    async def _make(self, kind: BackupKind, path: Path | None, progress: Progress) -> Backup:
        stop = Stop()
        work = partial(make_backup, self._library, kind, target=path, progress=progress, stop=stop)
        making = asyncio.get_running_loop().run_in_executor(None, work)
        try:
            backup = await asyncio.shield(making)
        except asyncio.CancelledError:
            stop.ask()
            await asyncio.wait([making])
            making.exception()  # whatever it is, it was to end
            raise
        except DamagedLibraryError as error:
            self._on_damage(error)
            raise
        self._tell()
        return backup

    def _changed_at(self) -> datetime:
        files = (self._library, Path(f"{self._library}-wal"))
        return datetime.fromtimestamp(max(path.stat().st_mtime for path in files if path.exists()), UTC)

    def _on_damage(self, error: DamagedLibraryError) -> None:
        if self.damage:
            return
        self.damage = error.text
        self.integrity = self.integrity if self.integrity not in ("", SOUND) else error.text
        if not self._database.read_only:
            loop = asyncio.get_running_loop()
            note = loop.run_in_executor(None, self._note_damage)
            self._notes.add(note)
            note.add_done_callback(self._notes.discard)
        self._tell()

    def _note_damage(self) -> None:
        try:
            damage_note(self._library).write(Damage(self.damage))
        except LibraryError as error:
            log.warning("The next start cannot be told of the damage: %s", error.text)

    def _tell(self) -> None:
        self._changes.publish(Change(ChangeKind.SAFETY))


def _holds_anything(conn: Connection) -> bool:
    return bool(scalar(conn, "SELECT EXISTS (SELECT 1 FROM contact) OR EXISTS (SELECT 1 FROM run)"))
