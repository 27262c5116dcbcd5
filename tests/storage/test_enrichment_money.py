"""Whatever happens to the queue, in whatever order: the money adds up."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from app.domain.enrichment import BatchState, LedgerKind, Submission
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.storage.database import Database
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from app.storage.states import IllegalTransitionError
from tests.storage.builders import BOTH, LATER, make_person, make_result

T = TypeVar("T")
HOLDING = {
    BatchState.RESERVED,
    BatchState.SUBMITTING,
    BatchState.SUBMITTED,
    BatchState.COLLECTING,
    BatchState.UNKNOWN_OUTCOME,
}


class MoneyMachine(RuleBasedStateMachine):
    """Drives the real repository on a real file; every step may be refused, none may unbalance the books."""

    batches = Bundle("batches")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.people = 0
        self.requests = 0
        self.reopen()

    def reopen(self) -> None:
        self.database = self.do(Database.open(Path(self.folder.name) / "library.sqlite3"))
        library = LibraryRepository(self.database)
        self.queue = EnrichmentRepository(self.database, library)
        self.ledger = LedgerRepository(self.database)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def attempt(self, work: Coroutine[Any, Any, object]) -> bool:
        """Whether the step was possible from the batch's present state."""
        try:
            self.do(work)
        except (IllegalTransitionError, LibraryError):
            return False
        return True

    @rule(target=batches, people=st.integers(1, 4), cap=st.integers(0, 40), batch_size=st.integers(1, 3))
    def queue_people(self, people: int, cap: int, batch_size: int) -> Any:
        persons = [make_person(self.people + number) for number in range(people)]
        self.people += people
        run_id = self.do(self.queue.create_run(persons, BOTH, cap=cap, origin="", batch_size=batch_size))
        return multiple(*(batch.batch_id for batch in self.do(self.queue.run(run_id)).batches))

    @rule(batch=batches, amount=st.integers(1, 25))
    def reserve(self, batch: int, amount: int) -> None:
        self.attempt(self.queue.reserve(batch, amount, "key"))

    @rule(batch=batches, amount=st.integers(1, 11))
    def submit(self, batch: int, amount: int) -> None:
        self.attempt(self.queue.reserve(batch, amount, "key"))
        if self.attempt(self.queue.begin_submit(batch, "hash")):
            self.requests += 1
            self.do(self.queue.submitted(batch, Submission(f"req-{self.requests}", "PENDING", 1), LATER))

    @rule(batch=batches)
    def begin(self, batch: int) -> None:
        self.attempt(self.queue.begin_submit(batch, "hash"))

    @rule(batch=batches, final=st.booleans())
    def refuse(self, batch: int, final: bool) -> None:
        self.attempt(self.queue.refused(batch, "No.", final=final))

    @rule(batch=batches)
    def lose(self, batch: int) -> None:
        self.attempt(self.queue.unknown(batch, "Lost."))

    @rule(batch=batches)
    def poll(self, batch: int) -> None:
        self.attempt(self.queue.polled(batch, LATER))

    @rule(batch=batches, share=st.floats(0, 1))
    def complete(self, batch: int, share: float) -> None:
        results = [make_result(item, Outcome.FOUND) for item in self.do(self.queue.items(batch_id=batch))]
        charged = int(self.do(self.queue.batch(batch)).reserved * share)
        self.attempt(self.queue.complete(batch, results, charged=charged, unmatched=[], raw=b"", fetched_at=LATER))

    @rule(batch=batches, expired=st.booleans())
    def give_up(self, batch: int, expired: bool) -> None:
        self.attempt(self.queue.give_up(batch, expired=expired))

    @rule(batch=batches)
    def again(self, batch: int) -> None:
        self.attempt(self.queue.resubmit_unknown(batch))

    @rule(stopped=st.booleans())
    def stop(self, stopped: bool) -> None:
        self.do(self.queue.set_stopped(None, stopped))

    @rule()
    def restart(self) -> None:
        self.do(self.database.close())
        self.reopen()
        self.do(self.queue.recover())

    @invariant()
    def no_run_exceeds_its_cap(self) -> None:
        for run in self.do(self.queue.runs()):
            assert run.spending.charged + run.spending.reserved <= run.spending.cap

    @invariant()
    def credits_are_held_exactly_while_an_answer_may_cost_them(self) -> None:
        for batch in self.do(self.queue.batches(list(BatchState))):
            assert (batch.reserved > 0) == (batch.state in HOLDING)

    @invariant()
    def the_ledger_tells_the_same_as_the_batches(self) -> None:
        open_balance: Counter[int | None] = Counter()
        charged: Counter[int | None] = Counter()
        for line in self.do(self.ledger.lines()):
            open_balance[line.batch_id] += line.credits if line.kind is LedgerKind.RESERVED else -line.credits
            charged[line.batch_id] += line.credits if line.kind is LedgerKind.CHARGED else 0
        for batch in self.do(self.queue.batches(list(BatchState))):
            assert open_balance[batch.batch_id] == batch.reserved
            assert charged[batch.batch_id] == batch.charged

    def teardown(self) -> None:
        for batch in self.do(self.queue.batches(sorted(HOLDING))):
            if batch.state is BatchState.SUBMITTING:
                self.do(self.queue.unknown(batch.batch_id, "The end."))
            self.do(self.queue.give_up(batch.batch_id))
        totals = self.do(self.ledger.totals())
        assert totals[LedgerKind.RESERVED] == totals[LedgerKind.CHARGED] + totals[LedgerKind.RELEASED]
        self.do(self.database.close())
        self.runner.close()
        self.folder.cleanup()


MoneyMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestMoney = MoneyMachine.TestCase
