"""Auto-merge and probable matches on fifty thousand invented business rows, through the program's own storage.

Rows go in as pages of a search do, so that what is merged by itself is what `identity.place` merges; then the library
is compared as the window does it, in a process of its own. Names, rates and traps stand in `bench.b2b`. One seed was
looked at while the weights were set; what is held to the gates is another one, with other humans and companies.
Comparing runs on one core and lets everybody else go first, so the gate is on that core's time: on an idle machine it
is the wait.

Run with `python -m bench.matching_b2b [ROWS]`.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from app.domain.changes import ChangeFeed
from app.services.matching import MatchingService
from app.services.own_work import OwnWorkService
from app.storage.database import Database, rows
from app.storage.library import LibraryRepository
from bench.b2b import SEED, Rows, make_rows
from bench.quality import Gate, Quality, pairs_within, quality

HELD_OUT_SEED = SEED + 1
_PAGE = 250
_MORE_THAN_ALL = 10_000_000


@dataclass(frozen=True, slots=True)
class Result:
    """What came out of one run.

    Attributes:
        merged: Rows that share a contact, against rows that are one human.
        pairs: Open pairs of contacts, against contacts that are one human after merging.
        review: Open pairs as a share of all rows.
        contacts: How many there are after merging.
        seconds: How long comparing took, as the rep waits.
        cores: How long it took of one core.
        megabytes: The most memory the comparing process held; 0 where the system does not say.
    """

    merged: Quality
    pairs: Quality
    review: float
    contacts: int
    seconds: float
    cores: float
    megabytes: float

    def gates(self) -> list[Gate]:
        """What was promised."""
        return [
            Gate("rows merged by themselves, precision", self.merged.precision, 0.9995),
            Gate("rows merged by themselves, recall", self.merged.recall, 0.60),
            Gate("pairs to review, share of rows", self.review, 0.03, at_least=False),
        ]


async def run(sample: Rows) -> Result:
    """Store the rows, compare the library, and hold both to the truth."""
    with tempfile.TemporaryDirectory() as folder:
        changes = ChangeFeed()
        database = await Database.open(Path(folder) / "library.sqlite3", changes=changes)
        try:
            library = LibraryRepository(database)
            placed: list[int] = []
            for start in range(0, len(sample.records), _PAGE):
                placed += await library.save(sample.records[start : start + _PAGE])
            matching = MatchingService(database, OwnWorkService(database), changes)
            used, begun = _children(), time.perf_counter()
            await matching.find()
            seconds = time.perf_counter() - begun
            after = _children()
            found = await matching.candidates(_MORE_THAN_ALL)
            survivors: dict[int, int] = dict(
                await database.read(
                    lambda conn: rows(conn, "SELECT contact_id, coalesce(merged_into, contact_id) FROM contact")
                )
            )
        finally:
            await database.close()
    contact_of_row = [survivors[contact_id] for contact_id in placed]
    human_of = _majority(contact_of_row, sample.human)
    return Result(
        merged=quality(pairs_within(enumerate(contact_of_row)), pairs_within(enumerate(sample.human))),
        pairs=quality({(pair.low_id, pair.high_id) for pair in found}, pairs_within(human_of.items())),
        review=len(found) / len(sample.records),
        contacts=len(human_of),
        seconds=seconds,
        cores=after[0] - used[0],
        megabytes=after[1],
    )


def _majority(contact_of_row: list[int], human_of_row: list[int]) -> dict[int, int]:
    """Which human a contact is, by most of its rows."""
    votes: dict[int, Counter[int]] = {}
    for contact_id, human in zip(contact_of_row, human_of_row, strict=True):
        votes.setdefault(contact_id, Counter())[human] += 1
    return {contact_id: found.most_common(1)[0][0] for contact_id, found in votes.items()}


def _children() -> tuple[float, float]:
    """Seconds and megabytes of the processes that were started and have ended."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0, 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6


def main() -> None:
    """Print the quality with both seeds, and whether the gates are met by the one held out."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 50_000
    print(f"Merging and probable matches, {count:,} invented business rows")
    for name, seed in (("looked at while tuning", SEED), ("held out", HELD_OUT_SEED)):
        result = asyncio.run(run(make_rows(count, seed)))
        print(f"  {name}: {result.contacts:,} contacts")
        print(f"    merged by themselves  {result.merged}")
        print(f"    pairs to review       {result.pairs}, {result.review:.4f} of rows")
        print(f"    compared in {result.seconds:.1f} s, {result.cores:.1f} s of one core, {result.megabytes:.0f} MB")
        if seed == HELD_OUT_SEED:
            print(*result.gates(), sep="\n")
            print(Gate("seconds of one core to compare all", result.cores, 60.0, at_least=False))


if __name__ == "__main__":
    main()
