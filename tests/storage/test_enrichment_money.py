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
from app.domain.errors import InputError, LibraryError
from app.domain.outcomes import Outcome
from app.domain.suppression import traits_of_person
from app.services.own_work import OwnWorkService
from app.storage.database import Database
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from app.storage.states import IllegalTransitionError
from app.storage.suppression import SuppressionRepository
from tests.storage.builders import BOTH, LATER, Clock, make_person, make_record, make_result

T = TypeVar("T")
DAY_CAP = 45
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
        self.clock = Clock()
        self.reopen()

    def reopen(self) -> None:
        self.database = self.do(Database.open(Path(self.folder.name) / "library.sqlite3"))
        self.library = LibraryRepository(self.database)
        self.queue = EnrichmentRepository(self.database, self.library, now=self.clock)
        self.own = OwnWorkService(self.database, now=self.clock)
        self.ledger = LedgerRepository(self.database, now=self.clock)
        self.suppression = SuppressionRepository(self.database, now=self.clock)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def attempt(self, work: Coroutine[Any, Any, object]) -> bool:
        """Whether the step was possible from the batch's present state, and was not refused."""
        try:
            return self.do(work) is not False
        except (IllegalTransitionError, LibraryError, InputError):
            return False

    @rule(
        target=batches,
        people=st.integers(1, 4),
        cap=st.integers(0, 40),
        batch_size=st.integers(1, 3),
        sample=st.none() | st.integers(1, 2),
    )
    def queue_people(self, people: int, cap: int, batch_size: int, sample: int | None) -> Any:
        slugs = [f"p{self.people + number}" for number in range(people)]
        contacts: list[int | None] = [None] * people  # a run has typed people and contacts of the library
        contacts[1:] = self.do(self.library.save([make_record(slug, slug=slug) for slug in slugs[1:]]))
        persons = [
            make_person(self.people + number, contact_id=contacts[number], slug=slug)
            for number, slug in enumerate(slugs)
        ]
        self.people += people
        run_id = self.do(self.queue.create_run(persons, BOTH, cap=cap, origin="", batch_size=batch_size, sample=sample))
        return multiple(*(batch.batch_id for batch in self.do(self.queue.run(run_id)).batches))

    @rule(batch=batches, amount=st.integers(1, 25))
    def reserve(self, batch: int, amount: int) -> None:
        self.attempt(self.queue.reserve(batch, amount, "key", day_cap=DAY_CAP))

    @rule(batch=batches, amount=st.integers(1, 11), removes=st.booleans())
    def submit(self, batch: int, amount: int, removes: bool) -> None:
        self.attempt(self.queue.leave_out_unwanted(batch))
        self.attempt(self.queue.reserve(batch, amount, "key", day_cap=DAY_CAP))
        if removes:
            self.remove(batch)
        if self.leaves(batch):
            self.requests += 1
            self.do(self.queue.submitted(batch, Submission(f"req-{self.requests}", "PENDING", 1), LATER))

    @rule(batch=batches)
    def begin(self, batch: int) -> None:
        self.leaves(batch)

    def leaves(self, batch: int) -> bool:
        """Whether the batch leaves now; nobody who is removed from the library by then is in it."""
        if not self.attempt(self.queue.begin_submit(batch, "hash")):
            return False
        contacts = [item.person.contact_id for item in self.do(self.queue.items(batch_id=batch))]
        assert not self.do(self.library.removed([each for each in contacts if each is not None]))
        return True

    @rule(batch=batches, final=st.booleans())
    def refuse(self, batch: int, final: bool) -> None:
        self.attempt(self.queue.refused(batch, "No.", final=final))

    @rule(target=batches, batch=batches, blames=st.booleans())
    def split(self, batch: int, blames: bool) -> Any:
        """Nothing was accepted: the first is blamed, or nobody is and the batch is halved."""
        keys = [item.client_key for item in self.do(self.queue.items(batch_id=batch))]
        if len(keys) < 2:
            return multiple()
        failed = {keys[0]: "Bad row."} if blames else {}
        groups = [keys[1:]] if blames else [keys[:1], keys[1:]]
        before = {each.batch_id for each in self.do(self.queue.batches(list(BatchState)))}
        self.attempt(self.queue.refused_people(batch, failed, groups, note="No."))
        return multiple(*({each.batch_id for each in self.do(self.queue.batches(list(BatchState)))} - before))

    @rule(batch=batches)
    def suppress(self, batch: int) -> None:
        """Somebody in it is put on the do-not-contact list, and left out before the next submit."""
        items = self.do(self.queue.items(batch_id=batch))
        entries = [entry for item in items[:1] for entry in traits_of_person(item.person).entries]
        self.do(self.suppression.add(entries))
        if self.do(self.queue.batch(batch)).state is BatchState.DRAFT:
            self.do(self.queue.leave_out_unwanted(batch))

    @rule(batch=batches)
    def remove(self, batch: int) -> None:
        """Somebody in it is removed from the library, at whatever step of a submit."""
        contacts = [item.person.contact_id for item in self.do(self.queue.items(batch_id=batch))]
        self.do(self.own.remove([each for each in contacts if each is not None][:1]))

    @rule()
    def undo(self) -> None:
        """The latest removal, or entry of the do-not-contact list, is taken back."""
        self.do(self.own.undo())

    @rule(batch=batches)
    def agree_to_the_rest(self, batch: int) -> None:
        self.do(self.queue.release_rest(self.do(self.queue.batch(batch)).run_id))

    @rule(batch=batches, cap=st.integers(0, 60))
    def set_cap(self, batch: int, cap: int) -> None:
        self.attempt(self.queue.raise_cap(self.do(self.queue.batch(batch)).run_id, cap))

    @rule(batch=batches, stopped=st.booleans())
    def stop_one(self, batch: int, stopped: bool) -> None:
        self.do(self.queue.set_stopped(self.do(self.queue.batch(batch)).run_id, stopped))

    @rule(hours=st.integers(-50, 50))
    def move_the_clock(self, hours: int) -> None:
        self.clock.move(hours=hours)

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
    def no_day_exceeds_its_cap_however_the_clock_is_set(self) -> None:
        assert self.do(self.queue.spent_today()) <= DAY_CAP

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


MoneyMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestMoney = MoneyMachine.TestCase
