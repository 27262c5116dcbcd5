"""Whatever the rep does, in whatever order, and whatever services say in between: undoing takes exactly it back."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain.contact import RecordKind
from app.domain.errors import InputError
from app.domain.marks import ContactStatus
from app.domain.provider import Provider
from app.services.own_work import OwnWorkService
from app.storage.database import Connection, Database, rows
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.library import LibraryRepository
from tests.storage.builders import EMAILS, Clock, make_person, make_record

OWN = (
    "SELECT * FROM contact_mark ORDER BY contact_id",
    "SELECT * FROM contact_tag ORDER BY contact_id, tag",
    "SELECT * FROM contact_list ORDER BY list_id",
    "SELECT * FROM contact_list_member ORDER BY list_id, contact_id",
    "SELECT * FROM field_choice ORDER BY contact_id, field",
    "SELECT * FROM kept_apart ORDER BY low_id, high_id",
    "SELECT * FROM identity_key ORDER BY kind, scope, value, contact_id",
    "SELECT record_id, contact_id FROM source_record ORDER BY record_id",
    "SELECT item_id, contact_id FROM enrichment_item ORDER BY item_id",
)
# A split leaves an empty entry that is merged into where it came from: nothing shows it.
CONTACTS = """
SELECT contact_id, merged_into, removed_at, display_name, job_title, email, status, rating, tags, notes, email_outcome
FROM contact WHERE merged_into IS NULL OR contact_id <= ? ORDER BY contact_id
"""

PEOPLE = 6

people = st.sets(st.integers(0, PEOPLE + 3), min_size=1, max_size=4)
one = st.integers(0, PEOPLE + 3)


class RepAlone(RuleBasedStateMachine):
    """A library of eight people, and a rep who works on all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._runner = asyncio.Runner()
        self._clock = Clock()
        self._arrived = False
        # The steps that stand, each with the state before it, and those undone, each with the state after it.
        self._past: list[tuple[int, list[Any]]] = []
        self._future: list[tuple[int, list[Any]]] = []
        self._grown: tuple[int, ...] = (0, 0, 0)

    @initialize()
    def people_are_found(self) -> None:
        self._database = self._run(lambda: Database.open(Path(self._folder.name) / "library.sqlite3"))
        self._library = LibraryRepository(self._database)
        self._queue = EnrichmentRepository(self._database, self._library, now=self._clock)
        self._own = OwnWorkService(self._database, now=self._clock)
        found = [
            make_record(str(number), account=str(number), first_name=f"Given{number}", job_title="Clerk", charged=1)
            for number in range(PEOPLE)
        ]
        # Two records each, so that there is something to split.
        found += [
            make_record(
                f"t{number}", provider=Provider.TAMTAM, slug=f"person-{number}", job_title="Head", at=self._clock()
            )
            for number in range(2)
        ]
        found += [
            make_record(str(number), account=str(number), job_title="Chief", email=f"g{number}@x.example")
            for number in range(3)
        ]
        self._run(lambda: self._library.save(found))
        self._made = PEOPLE + 2
        asked = [make_person(number, contact_id=number) for number in (1, 2)]
        self._run(lambda: self._queue.create_run(asked, EMAILS, cap=5, origin=""))
        self._start = self._state()

    def teardown(self) -> None:
        if hasattr(self, "_database"):
            self._run(self._database.close)
        self._runner.close()
        self._folder.cleanup()

    @rule(ids=people, status=st.sampled_from([None, *ContactStatus]))
    def mark(self, ids: set[int], status: ContactStatus | None) -> None:
        self._work(lambda: self._own.set_status(self._live(ids), status))

    @rule(ids=people, rating=st.integers(0, 5))
    def rate(self, ids: set[int], rating: int) -> None:
        self._work(lambda: self._own.set_rating(self._live(ids), rating))

    @rule(number=one, text=st.sampled_from(["", "Call back.", "Met at the fair.\nKnows Ada."]))
    def note(self, number: int, text: str) -> None:
        self._work(lambda: self._own.set_notes(self._live({number})[0], text))

    @rule(ids=people, names=st.lists(st.sampled_from(["Berlin", "berlin", "warm", "ÄRGER", "ärger"]), min_size=1))
    def tag(self, ids: set[int], names: list[str]) -> None:
        self._work(lambda: self._own.add_tags(self._live(ids), names))

    @rule(ids=people, name=st.sampled_from(["BERLIN", "warm", "Ärger"]))
    def untag(self, ids: set[int], name: str) -> None:
        self._work(lambda: self._own.remove_tags(self._live(ids), [name]))

    @rule(name=st.sampled_from(["Fair", "Später", "Third"]))
    def make_list(self, name: str) -> None:
        self._work(lambda: self._own.create_list(name))

    @rule(name=st.sampled_from(["Fair", "Fourth"]), ids=people)
    def make_list_of_people(self, name: str, ids: set[int]) -> None:
        self._work(lambda: self._own.create_list(name, self._live(ids)))

    @rule(place=st.integers(0, 2), ids=people)
    def put_on_list(self, place: int, ids: set[int]) -> None:
        self._on_list(place, lambda list_id: self._own.add_to_list(list_id, self._live(ids)))

    @rule(place=st.integers(0, 2), ids=people)
    def take_off_list(self, place: int, ids: set[int]) -> None:
        self._on_list(place, lambda list_id: self._own.remove_from_list(list_id, self._live(ids)))

    @rule(place=st.integers(0, 2), name=st.sampled_from(["Fair", "Other", "FAIR"]))
    def rename_list(self, place: int, name: str) -> None:
        self._on_list(place, lambda list_id: self._own.rename_list(list_id, name))

    @rule(place=st.integers(0, 2))
    def delete_list(self, place: int) -> None:
        self._on_list(place, self._own.delete_list)

    @rule(
        number=one,
        field=st.sampled_from(["job_title", "email", "company_name"]),
        value=st.sampled_from(["a@b.example", "c@d.example"]),
    )
    def pick(self, number: int, field: str, value: str) -> None:
        self._work(lambda: self._own.choose_value(self._live({number})[0], field, value))

    @rule(number=one, field=st.sampled_from(["job_title", "email"]))
    def drop_pick(self, number: int, field: str) -> None:
        self._work(lambda: self._own.clear_choice(self._live({number})[0], field))

    @rule(ids=people)
    def remove(self, ids: set[int]) -> None:
        self._work(lambda: self._own.remove(self._live(ids)))

    @rule(ids=people)
    def merge(self, ids: set[int]) -> None:
        self._work(lambda: self._own.merge(self._live(ids)))

    @rule(number=one, chosen=st.integers(1, 7))
    def split(self, number: int, chosen: int) -> None:
        (live,) = self._live({number})[:1]
        records = self._run(lambda: self._library.details(live)).records
        going = [record.record_id for place, record in enumerate(records) if chosen >> place & 1]
        self._work(lambda: self._own.split(live, going))

    @rule(number=one, place=st.integers(0, 2))
    def unmerge(self, number: int, place: int) -> None:
        (live,) = self._live({number})[:1]
        if merged := self._run(lambda: self._library.details(live)).merged:
            self._work(lambda: self._own.unmerge(live, merged[place % len(merged)]))

    @rule(first=one, second=one)
    def keep_apart(self, first: int, second: int) -> None:
        ids = self._live({first, second})
        if len(set(ids)) == 2:
            self._work(lambda: self._own.keep_apart([(ids[0], ids[1])]))

    @rule()
    def undo(self) -> None:
        before = self._state()
        report = self._run(self._own.undo)
        if report is None:
            assert self._arrived or not self._past
            return
        step_id, state = self._past.pop()
        assert report.step.step_id == step_id
        self._future.append((step_id, before))
        if not self._arrived:
            assert not report.left
            assert self._state() == state

    @precondition(lambda self: self._future)
    @rule()
    def redo(self) -> None:
        before = self._state()
        try:
            report = self._run(self._own.redo)
        except InputError:
            # A service told meanwhile that they are two people.
            assert self._arrived
            assert self._state() == before
            return
        assert report is not None
        step_id, state = self._future.pop()
        assert report.step.step_id == step_id
        self._past.append((step_id, before))
        if not self._arrived:
            assert not report.left
            assert self._state() == state

    @precondition(lambda self: len(self._past) > 1)
    @rule()
    def undo_everything_and_do_it_again(self) -> None:
        before, first, last = self._state(), self._past[0][0], self._past[-1][0]
        self._run(lambda: self._own.go_to(first))
        assert all(step.undone for step in self._run(self._own.steps))
        if not self._arrived:
            assert self._state() == self._start
        try:
            self._run(lambda: self._own.go_to(last))
        except InputError:
            assert self._arrived
            self._future += reversed(self._past)
            self._past.clear()
            return
        if not self._arrived:
            assert self._state() == before

    @rule()
    def restart(self) -> None:
        steps = self._run(self._own.steps)
        self._run(self._database.close)
        self._database = self._run(lambda: Database.open(Path(self._folder.name) / "library.sqlite3"))
        self._library = LibraryRepository(self._database)
        self._own = OwnWorkService(self._database, now=self._clock)
        assert self._run(self._own.steps) == steps

    @invariant()
    def nothing_paid_for_and_no_history_shrinks(self) -> None:
        if not hasattr(self, "_own"):
            return

        def sizes(conn: Connection) -> tuple[int, ...]:
            return tuple(
                rows(conn, sql)[0][0]
                for sql in (
                    "SELECT coalesce(sum(credits_charged), 0) FROM source_record",
                    "SELECT count(*) FROM source_record",
                    "SELECT count(*) FROM contact_event",
                )
            )

        grown = self._run(lambda: self._database.read(sizes))
        assert all(new >= old for new, old in zip(grown, self._grown, strict=True))
        self._grown = grown

    @invariant()
    def everybody_shows_what_stands(self) -> None:
        if not hasattr(self, "_own"):
            return

        def check(conn: Connection) -> None:
            assert not rows(
                conn, "SELECT 1 FROM source_record r JOIN contact c USING (contact_id) WHERE c.merged_into IS NOT NULL"
            )
            assert not rows(
                conn, "SELECT 1 FROM identity_key k JOIN contact c USING (contact_id) WHERE c.merged_into IS NOT NULL"
            )
            for table in ("contact_tag", "contact_list_member", "contact_mark", "field_choice"):
                assert not rows(
                    conn, f"SELECT 1 FROM {table} t JOIN contact c USING (contact_id) WHERE c.merged_into IS NOT NULL"
                )
            assert not rows(
                conn,
                "SELECT 1 FROM contact c WHERE merged_into IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM source_record r WHERE r.contact_id = c.contact_id)",
            )
            assert not rows(
                conn,
                "SELECT 1 FROM contact c JOIN contact s ON s.contact_id = c.merged_into"
                " WHERE s.merged_into IS NOT NULL",
            )
            assert not rows(
                conn,
                "SELECT 1 FROM contact c LEFT JOIN contact_mark m USING (contact_id) WHERE c.merged_into IS NULL"
                " AND (c.status, c.rating, c.notes)"
                " IS NOT (coalesce(m.status, ''), coalesce(m.rating, 0), coalesce(m.notes, ''))",
            )

        self._run(lambda: self._database.read(check))
        ids = self._run(self._library.all_ids)
        for row in self._run(lambda: self._library.rows(ids)):
            details = self._run(partial(self._library.details, row.contact_id))
            assert details.marks.tags == row.tags
            assert details.fields.job_title == row.job_title
            assert (details.fields.emails[0].address if details.fields.emails else "") == row.email
            for field, value in details.choices.items():
                assert {"email": row.email, "job_title": row.job_title, "company_name": row.company_name}[
                    field
                ] == value

    def _run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        async def finish(begun: Awaitable[Any]) -> Any:
            return await begun

        return self._runner.run(finish(work()))

    def _work(self, work: Callable[[], Awaitable[Any]]) -> None:
        self._clock.move(seconds=1)
        before = self._state()
        try:
            done = self._run(work)
        except InputError:
            assert self._state() == before
            return
        if done is None:
            assert self._state() == before
        else:
            self._future.clear()
            self._past.append((self._run(self._own.steps)[0].step_id, before))

    def _on_list(self, place: int, work: Callable[[int], Awaitable[Any]]) -> None:
        if lists := self._run(self._own.lists):
            self._work(lambda: work(lists[place % len(lists)].list_id))

    def _live(self, numbers: set[int]) -> list[int]:
        ids = self._run(self._library.all_ids) or [1]
        return [ids[number % len(ids)] for number in numbers]

    def _state(self) -> list[Any]:
        def read(conn: Connection) -> list[Any]:
            return [*(rows(conn, sql) for sql in OWN), rows(conn, CONTACTS, (self._made,))]

        return list(self._run(lambda: self._database.read(read)))


class RepBesideServices(RepAlone):
    """Meanwhile services speak of the same people again, so that undoing finds things changed."""

    @rule(number=st.integers(0, PEOPLE - 1), title=st.sampled_from(["Clerk", "Boss"]), slug=st.integers(0, 2))
    def a_service_speaks_of_somebody(self, number: int, title: str, slug: int) -> None:
        self._clock.move(minutes=1)
        record = make_record(
            str(number),
            account=str(number),
            job_title=title,
            slug=f"person-{slug}" if slug else "",
            at=self._clock(),
            charged=1,
        )
        self._run(lambda: self._library.save([record]))
        self._arrived = True

    @rule(number=st.integers(0, 1), kind=st.sampled_from([RecordKind.ENRICHMENT, RecordKind.SUMMARY]))
    def a_result_arrives(self, number: int, kind: RecordKind) -> None:
        self._clock.move(minutes=1)
        record = make_record(f"e{number}", kind=kind, email=f"found{number}@x.example", at=self._clock(), charged=1)
        self._run(
            lambda: self._database.write(
                lambda conn: self._library.store_records(conn, [record], contact_ids=[number + 1])
            )
        )
        self._arrived = True


TestRepAlone = RepAlone.TestCase
TestRepAlone.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestRepBesideServices = RepBesideServices.TestCase
TestRepBesideServices.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
