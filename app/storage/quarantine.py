"""Rows of answers that could not be read, kept as they came."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.provider import Provider
from app.domain.search import Quarantined
from app.storage.columns import stamp
from app.storage.database import Connection


def keep(
    conn: Connection,
    at: datetime,
    provider: Provider,
    quarantined: Sequence[Quarantined],
    *,
    request_id: str = "",
    run_id: int | None = None,
) -> None:
    """Keep rows inside the caller's transaction, with the answer they came in and why they could not be read."""
    conn.executemany(
        "INSERT INTO quarantined_row (at, provider, request_id, run_id, reason, raw) VALUES (?, ?, ?, ?, ?, ?)",
        [(stamp(at), provider, request_id, run_id, row.reason, row.raw) for row in quarantined],
    )
