"""Job files: what a killed `enrich` needs to have its own files written by `queue resume`.

A job file is in the profile, readable by its owner only, and is deleted once the files it names are written.
"""

import contextlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from app.domain.enrichment import EnrichField
from app.exchange.csv_reader import PeopleRow, PeopleTable, table_of
from app.storage.profile import Profile

FOLDER = "cli_jobs"


@dataclass(frozen=True, slots=True)
class EnrichJob:
    """One `enrich` command: its input, where its output goes, and the runs that hold its people.

    `held_back` has the reason of each data row that was not queued, `owned` the values known before, per data row.
    """

    run_ids: tuple[int, ...]
    fields: tuple[EnrichField, ...]
    out: str
    outcomes: str
    header: tuple[str, ...]
    rows: tuple[PeopleRow, ...]
    held_back: dict[int, str]
    owned: dict[int, dict[EnrichField, str]] = field(default_factory=dict)

    @property
    def table(self) -> PeopleTable:
        """The input as it was read."""
        return table_of(self.header, self.rows)


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job and the file it is kept in."""

    path: Path
    job: EnrichJob


def keep(profile: Profile, job: EnrichJob) -> StoredJob:
    """Write a job's file, whole or not at all."""
    folder = profile.directory / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    # Several commands may wait for one run, each with files of its own.
    path = folder / f"{max(job.run_ids, default=0)}-{secrets.token_hex(4)}.json"
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(job))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return StoredJob(path, job)


def kept(profile: Profile) -> Sequence[StoredJob]:
    """The jobs whose files are not written yet, oldest first; a file that is no job is left alone."""
    jobs: list[StoredJob] = []
    for path in sorted((profile.directory / FOLDER).glob("*.json"), key=lambda path: path.stat().st_mtime):
        with contextlib.suppress(msgspec.DecodeError):
            jobs.append(StoredJob(path, msgspec.json.decode(path.read_bytes(), type=EnrichJob)))
    return jobs


def forget(stored: StoredJob) -> None:
    """Delete a job's file."""
    stored.path.unlink(missing_ok=True)
