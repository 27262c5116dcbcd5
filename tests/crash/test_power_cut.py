"""The power goes after every write to the disk; what was not synced is lost, kept or torn. Nothing is bought twice."""

import logging
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest

from app.domain.changes import ChangeFeed
from app.domain.enrichment import BatchState, Submission, SubmitItem
from app.domain.outcomes import Outcome
from app.storage.database import Database
from app.storage.integrity import check_integrity
from tests.support.enrichment_desk import EMAILS, Desk, people
from tests.support.fake_enrichment import FakeEnrichment
from tests.support.power_cut import Disk, Image, Kept, RecordedConnection, RecordedDatabase, RecordingVFS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="It finds files by their descriptor in /proc")

EVERY = 1 if os.environ.get("CRASH_SWEEP") == "full" else 23
PEOPLE = 6


class Witness(FakeEnrichment):
    """Notes when each batch was accepted, by the length of the disk's log."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(polls_needed=2)
        self.disk = disk
        self.accepted: list[tuple[int, list[SubmitItem]]] = []

    async def submit_enrichment(self, items: Sequence[SubmitItem]) -> Submission:
        submission = await super().submit_enrichment(items)
        self.accepted.append((len(self.disk.log), list(items)))
        return submission


async def work_undisturbed(folder: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> tuple[Witness, int]:
    """Buy and collect with everything recorded; returns the provider, and where the work began."""
    vfs = RecordingVFS(disk)
    with monkeypatch.context() as patched:
        patched.setattr(apsw, "Connection", RecordedConnection)
        database = await RecordedDatabase.open_recorded(folder / "library.db")
        desk = Desk(database, ChangeFeed(), folder)
        desk.journal_path.touch()
        patched.setattr(os, "fsync", disk.record_fsync(desk.journal_path, os.fsync))
        desk.provider = witness = Witness(disk)
        began = len(disk.log)
        await desk.runs.create_run(people(PEOPLE), EMAILS, cap=PEOPLE, origin="", batch_size=2)
        await desk.engine.drain()
        await database.close()
    vfs.unregister()
    return witness, began


async def check(folder: Path, accepted: list[list[SubmitItem]]) -> None:
    """Start on what the cut left, work on, and compare with what the provider had accepted by then."""
    database = await Database.open(folder / "library.db")
    desk = Desk(database, ChangeFeed(), folder)
    desk.provider = FakeEnrichment()
    desk.provider.submits = [list(items) for items in accepted]
    entries = desk.journal.entries()
    runs = await desk.runs.runs()
    # Who has stored an id has put it into the journal before.
    known = {batch.request_id for run in runs for batch in run.batches if batch.request_id}
    assert known <= {entry.request_id for entry in entries}
    await desk.runs.recover(entries)
    await desk.engine.drain()
    assert await check_integrity(database) == "ok"
    runs = await desk.runs.runs()
    if not runs:
        assert desk.provider.submits == []
        await database.close()
        return
    (run,) = runs
    assert set(desk.provider.bought.values()) == {1}
    assert not any(outcome.is_open for outcome in run.counts)
    unknown = sum(batch.item_count for batch in run.batches if batch.state is BatchState.UNKNOWN_OUTCOME)
    assert {batch.state for batch in run.batches} <= {BatchState.COMPLETE, BatchState.UNKNOWN_OUTCOME}
    assert run.counts.get(Outcome.FOUND, 0) == PEOPLE - unknown
    assert (run.spending.charged, run.spending.reserved) == (PEOPLE - unknown, unknown)
    # An id that the journal kept is not lost, whatever became of the library.
    assert {f"request-{number}" for number in range(1, len(accepted) + 1)} >= {entry.request_id for entry in entries}
    assert unknown <= 2
    await database.close()


@pytest.mark.parametrize("unsynced", ["library.db", "requests.jsonl"])
async def test_the_simulation_notices_a_missing_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unsynced: str
) -> None:
    source, target = tmp_path / "undisturbed", tmp_path / "cut"
    source.mkdir()
    target.mkdir()
    disk = Disk()
    witness, _ = await work_undisturbed(source, disk, monkeypatch)
    image = Image()
    for entry in disk.log:
        if not (entry[0] == "sync" and unsynced in entry[1]):
            image.play(entry)
    # The library's log is emptied into the file when it is closed: of both nothing would be left.
    image.write(source, target, Kept.NOTHING, random.Random(3))
    with pytest.raises(AssertionError):
        await check(target, [items for _, items in witness.accepted])


@pytest.mark.timeout(3600)
async def test_a_power_cut_at_any_write_costs_nothing_twice_and_loses_nothing_paid_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "app.storage.journal")  # lines that a cut tore are told
    source = tmp_path / "undisturbed"
    source.mkdir()
    disk = Disk()
    witness, began = await work_undisturbed(source, disk, monkeypatch)
    assert len(witness.accepted) == PEOPLE // 2
    assert len([entry for entry in disk.log[began:] if entry[0] == "sync"]) > 20
    image, rng, cuts = Image(), random.Random(3), 0
    for number, entry in enumerate(disk.log, start=1):
        image.play(entry)
        if number < began or (number - began) % EVERY:
            continue
        accepted = [items for at, items in witness.accepted if at <= number]
        for kept in Kept:
            folder = tmp_path / f"{number}-{kept}"
            folder.mkdir()
            image.write(source, folder, kept, rng)
            cuts += 1
            try:
                await check(folder, accepted)
            except Exception as error:
                raise AssertionError(f"cut after {number} of {len(disk.log)}, un-synced: {kept} kept") from error
    print(f"{len(disk.log) - began} writes and syncs, {cuts} power cuts")  # noqa: T201 - for `make crash-test`
