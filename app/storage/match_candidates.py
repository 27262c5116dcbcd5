"""Pairs of contacts that may be one human, as the last runs found them.

A pair is kept as it was found. What was merged, kept apart or removed since is left out, or stands for its survivor,
when pairs are read: so undoing any of it brings the pair back.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial

import msgspec

from app.domain.match_candidates import MatchCandidate, MatchReason
from app.storage.columns import json_list, optional_moment, stamp, to_json, utc_now
from app.storage.database import Connection, Database, Values, rows, scalar
from app.storage.merging import why_not

_reasons_decoder = msgspec.json.Decoder(tuple[MatchReason, ...])

# One write keeps others waiting: pairs go in by portions.
_PORTION = 500

_OPEN = """
WITH
    pair AS (
        SELECT min(l.contact_id, h.contact_id) low, max(l.contact_id, h.contact_id) high, max(m.score) score, m.reasons
        FROM match_candidate m
        JOIN contact a ON a.contact_id = m.low_id
        JOIN contact b ON b.contact_id = m.high_id
        JOIN contact l ON l.contact_id = coalesce(a.merged_into, a.contact_id)
        JOIN contact h ON h.contact_id = coalesce(b.merged_into, b.contact_id)
        WHERE m.score >= :least AND l.contact_id <> h.contact_id AND l.removed_at IS NULL AND h.removed_at IS NULL
        GROUP BY 1, 2
    ),
    apart AS (
        SELECT coalesce(a.merged_into, a.contact_id) one, coalesce(b.merged_into, b.contact_id) other
        FROM kept_apart k JOIN contact a ON a.contact_id = k.low_id JOIN contact b ON b.contact_id = k.high_id
    ),
    open AS (
        SELECT * FROM pair
        WHERE (low, high) NOT IN (SELECT min(one, other), max(one, other) FROM apart)
    )
"""
_PAGE = f"{_OPEN} SELECT low, high, score, reasons FROM open ORDER BY score DESC, low, high LIMIT :limit OFFSET :offset"  # noqa: S608
_COUNT = f"{_OPEN} SELECT count(*) FROM open"  # noqa: S608

_STORE = """
INSERT INTO match_candidate (low_id, high_id, score, reasons, found_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET score = excluded.score, reasons = excluded.reasons, found_at = excluded.found_at
"""


class MatchCandidateRepository:
    """The pairs for the rep to review, and which contacts were not looked at since they changed."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def candidates(self, limit: int, offset: int = 0, least_score: float = 0.0) -> list[MatchCandidate]:
        """Open pairs, the surest first.

        Raises:
            LibraryError: The library cannot be read.
        """
        values = {"limit": limit, "offset": offset, "least": least_score}

        def work(conn: Connection) -> list[MatchCandidate]:
            return [
                MatchCandidate(low, high, score, _reasons_decoder.decode(reasons), why_not(conn, low, high))
                for low, high, score, reasons in rows(conn, _PAGE, values)
            ]

        return await self._database.read(work)

    async def count(self, least_score: float = 0.0) -> int:
        """How many open pairs have at least this score. Raises LibraryError when the library cannot be read."""
        return int(await self._database.read(lambda conn: scalar(conn, _COUNT, {"least": least_score})))

    async def last_found(self) -> datetime | None:
        """When contacts were last compared; None for never. Raises LibraryError when the library cannot be read."""
        return await self._database.read(lambda conn: optional_moment(scalar(conn, "SELECT max(at) FROM match_run")))

    async def waiting(self) -> tuple[int, list[int]]:
        """The contacts that came or changed since they were last compared, and a number to hand to `store`.

        Raises:
            LibraryError: The library cannot be read.
        """
        found = await self._database.read(
            lambda conn: rows(
                conn,
                "SELECT w.change_id, w.contact_id FROM match_waiting w JOIN contact USING (contact_id)"
                " WHERE merged_into IS NULL AND removed_at IS NULL ORDER BY w.contact_id",
            )
        )
        return max((change_id for change_id, _ in found), default=0), [contact_id for _, contact_id in found]

    async def store(self, found: Sequence[MatchCandidate], looked_at: Collection[int] | None, upto: int) -> None:
        """Keep what a run found in place of what earlier ones found about the same contacts.

        Args:
            found: The pairs.
            looked_at: The contacts that the run was about; None for the whole library.
            upto: What `waiting` said before the run: whoever changed since then still waits.

        Raises:
            LibraryError: The library cannot be written.
        """
        at = stamp(self._now())
        for start in range(0, len(found), _PORTION):
            values = [
                (pair.low_id, pair.high_id, pair.score, to_json(pair.reasons), at)
                for pair in found[start : start + _PORTION]
            ]
            await self._database.write(partial(_store, values=values))

        def finish(conn: Connection) -> None:
            conn.execute("DELETE FROM match_waiting WHERE change_id <= ?", (upto,))
            conn.execute("INSERT OR REPLACE INTO match_run (run_id, at) VALUES (1, ?)", (at,))
            if looked_at is None:
                conn.execute("DELETE FROM match_candidate WHERE found_at <> ?", (at,))
            else:
                conn.execute(
                    "DELETE FROM match_candidate WHERE found_at <> ?1 AND (low_id IN (SELECT value FROM json_each(?2))"
                    " OR high_id IN (SELECT value FROM json_each(?2)))",
                    (at, json_list(looked_at)),
                )

        await self._database.write(finish)


def _store(conn: Connection, values: Sequence[Values]) -> None:
    conn.executemany(_STORE, values)
