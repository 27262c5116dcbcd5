"""Many pairs of contacts merged as one step of the rep's, so that one stroke takes all of it back."""

from collections.abc import Iterable
from datetime import datetime

from app.domain.errors import InputError
from app.storage import merging
from app.storage.database import Connection
from app.storage.own_work import people
from app.storage.undo_log import Derived, Recorded, record


def merge_pairs(
    conn: Connection, pairs: Iterable[tuple[int, int]], survivor: int | None, at: datetime
) -> Recorded | None:
    """Merge the two of each pair, in the order given; those that may not be merged are passed over.

    Args:
        conn: The library, in a transaction.
        pairs: Contacts, or entries merged into them.
        survivor: Who stays, where it is one of the two; else the older entry does.
        at: When.

    Raises:
        InputError: There are pairs, and none of them may be merged.
    """
    reasons: list[str] = []
    kept = None if survivor is None else merging.survivor(conn, survivor)

    def work(conn: Connection) -> set[int]:
        touched: set[int] = set()
        for pair in pairs:
            low, high = sorted(merging.survivor(conn, contact_id) for contact_id in pair)
            if low == high:
                continue
            # What the rep decides now goes before what they decided earlier.
            if reason := merging.why_not(conn, low, high, decided=False):
                reasons.append(reason)
                continue
            merging.forget_apart(conn, low, high)
            stays, goes = (high, low) if high == kept else (low, high)
            merging.merge(conn, stays, goes, at, "your own decision")
            touched |= {stays, goes}
        return touched

    done = record(conn, lambda number: f"Merge {people(number)}", work, at=at, derived=Derived.RECORDS)
    if done is None and reasons:
        raise InputError(f"These contacts cannot be merged: {reasons[0]}")
    return done
