"""The enrichment queue: the table is the truth, and this module is its only way to change.

Each method is one transaction. Every change of a batch's state is checked against the domain's table of transitions
and leaves an event row; whatever moves credits leaves its ledger line in the same transaction. So at any instant,
also after a kill, for each run: charged + reserved ≤ cap, and for each batch: reserved = what the ledger says was
reserved less what it says was charged or released.
"""

from app.storage.enrichment_collecting import EnrichmentCollecting
from app.storage.enrichment_queueing import EnrichmentQueueing
from app.storage.enrichment_reading import EnrichmentReading
from app.storage.enrichment_restarting import EnrichmentRestarting
from app.storage.enrichment_spending import EnrichmentSpending


class EnrichmentRepository(
    EnrichmentReading, EnrichmentQueueing, EnrichmentSpending, EnrichmentCollecting, EnrichmentRestarting
):
    """Runs, batches and items of the enrichment queue.

    All methods raise LibraryError when the library cannot be read or written, or has no such run or batch, and
    IllegalTransitionError when a batch is told to go where it cannot go (our bug; nothing is changed then).
    """
