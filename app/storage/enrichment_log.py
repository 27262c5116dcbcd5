"""What happened to one item of the queue, and the entries of answers that are about nobody: for the rep to look at."""

from app.domain.enrichment import BatchState, QueueEvent, Unmatched
from app.domain.outcomes import Outcome
from app.storage.columns import moment, optional_moment
from app.storage.database import Connection, Database, rows

#: So many answers without trouble, and an adapter counts as sound again.
_NEWEST = 10
_STEPS = {
    BatchState.DRAFT: "Queued.",
    BatchState.RESERVED: "Credits set aside.",
    BatchState.SUBMITTING: "Being sent.",
    BatchState.SUBMITTED: "Accepted.",
    BatchState.COLLECTING: "First answer; still running.",
    BatchState.COMPLETE: "Finished.",
    BatchState.REJECTED: "Refused.",
    BatchState.UNKNOWN_OUTCOME: "The answer to the submit was not seen.",
    BatchState.EXPIRED: "No longer known to the service.",
    BatchState.ABANDONED: "Given up.",
}


class EnrichmentLog:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def events(self, item_id: int) -> list[QueueEvent]:
        """All that happened to an item and its batch, oldest first."""
        return await self._database.read(lambda conn: _events(conn, item_id))

    async def unmatched(self, run_id: int | None = None) -> list[Unmatched]:
        """Entries about nobody we asked for, of one run or of all, oldest first."""
        found = await self._database.read(
            lambda conn: rows(
                conn,
                "SELECT u.unmatched_id, u.batch_id, b.request_id, u.raw FROM enrichment_unmatched u"
                " JOIN enrichment_batch b ON b.batch_id = u.batch_id WHERE ?1 IS NULL OR b.run_id = ?1"
                " ORDER BY u.unmatched_id",
                (run_id,),
            )
        )
        return [Unmatched(*row) for row in found]

    async def unreadable(self, adapter: str) -> int:
        """Entries that could not be made out in the newest answers that were read by this adapter."""
        found = await self._database.read(
            lambda conn: rows(
                conn,
                "SELECT unreadable FROM enrichment_batch WHERE state = 'complete' AND adapter = ?"
                " ORDER BY updated_at DESC, batch_id DESC LIMIT ?",
                (adapter, _NEWEST),
            )
        )
        return sum(number for (number,) in found)


def _events(conn: Connection, item_id: int) -> list[QueueEvent]:
    events = [
        QueueEvent(moment(at), " ".join(filter(None, (_STEPS[BatchState(state)], note))), request_id)
        for at, state, note, request_id in conn.execute(
            "SELECT e.at, e.to_state, e.note, e.request_id FROM enrichment_event e"
            " JOIN enrichment_item i ON i.batch_id = e.batch_id WHERE i.item_id = ? ORDER BY e.event_id",
            (item_id,),
        )
    ]
    for field, outcome, reason, finished in conn.execute(
        "SELECT field, outcome, reason, finished_at FROM enrichment_field WHERE item_id = ? ORDER BY field", (item_id,)
    ):
        at = optional_moment(finished)
        if at is not None:
            said = f"{field.capitalize()}: {Outcome(outcome).label.lower()}."
            events.append(QueueEvent(at, " ".join(filter(None, (said, reason)))))
    return events
