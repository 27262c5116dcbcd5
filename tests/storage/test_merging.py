from collections.abc import Callable
from typing import TypeVar

import pytest

from app.domain.contact import RecordKind
from app.domain.errors import InputError
from app.domain.provider import Provider
from app.storage import merging
from app.storage.database import Connection, Database, rows
from app.storage.identity_keys import held
from app.storage.library import LibraryRepository
from tests.storage.builders import LATER, NOON, make_record

T = TypeVar("T")
TAMTAM, BUILDWORKPRO = Provider.TAMTAM, Provider.BUILDWORKPRO


@pytest.fixture
async def ada(library: LibraryRepository) -> int:
    (contact_id,) = await library.save([make_record("7", slug="ada", first_name="Ada", last_name="Quill")])
    return contact_id


@pytest.fixture
async def twin(library: LibraryRepository) -> int:
    record = make_record("a-1", provider=TAMTAM, email="ada@acme.example", first_name="Ada", last_name="Quill")
    (contact_id,) = await library.save([record])
    return contact_id


async def records_of(database: Database, contact_id: int) -> list[int]:
    found = await database.read(
        lambda conn: rows(
            conn, "SELECT record_id FROM source_record WHERE contact_id = ? ORDER BY record_id", (contact_id,)
        )
    )
    return [record_id for (record_id,) in found]


async def on(database: Database, work: Callable[[Connection], T]) -> T:
    return await database.write(work)


async def test_a_merged_entry_gives_all_it_has_and_points_to_the_survivor(
    database: Database, library: LibraryRepository, ada: int, twin: int
) -> None:
    keys = await database.read(lambda conn: {*held(conn, ada), *held(conn, twin)})
    await on(database, lambda conn: merging.merge(conn, ada, twin, LATER, "your own decision"))
    assert await database.read(lambda conn: merging.survivor(conn, twin)) == ada
    assert await database.read(lambda conn: set(held(conn, ada))) == keys
    assert len(await records_of(database, ada)) == 2
    texts = [event.text for event in (await library.details(ada)).history]
    assert "Merged with another entry: your own decision." in texts


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (make_record("9", provider=TAMTAM, slug="bob"), "They have different LinkedIn profiles."),
        (make_record("8"), "Leadfeeder knows them as two people."),
    ],
)
async def test_why_two_contacts_may_not_be_merged(
    database: Database, library: LibraryRepository, ada: int, other: object, reason: str
) -> None:
    (bob,) = await library.save([other])  # type: ignore[list-item]
    assert await database.read(lambda conn: merging.why_not(conn, bob, ada)) == reason


async def test_what_is_kept_apart_stays_apart_through_merged_entries(
    database: Database, library: LibraryRepository, ada: int, twin: int
) -> None:
    (third,) = await library.save([make_record("99", provider=BUILDWORKPRO, first_name="Ada")])

    def keep(conn: Connection) -> None:
        low, high = sorted((ada, third))
        conn.execute("INSERT INTO kept_apart VALUES (?, ?, 0)", (low, high))
        # The one that is kept apart becomes part of another.
        merging.merge(conn, twin, third, LATER)

    await on(database, keep)
    assert await database.read(lambda conn: merging.why_not(conn, ada, twin)) == "You keep them apart."
    assert await database.read(lambda conn: merging.why_not(conn, ada, twin, decided=False)) == ""
    assert await database.read(lambda conn: merging.why_not(conn, third, twin)) == "They are one contact already."
    # Nor does a record that speaks of both bring them together.
    both = make_record("", slug="ada", email="ada@acme.example", first_name="Ada")
    await library.save([both])
    assert await database.read(lambda conn: merging.survivor(conn, twin)) == twin
    await on(database, lambda conn: merging.forget_apart(conn, twin, ada))
    assert await database.read(lambda conn: merging.why_not(conn, ada, twin)) == ""


async def test_the_reps_own_work_is_united(database: Database, ada: int, twin: int) -> None:
    def work(conn: Connection) -> None:
        conn.execute("INSERT INTO contact_mark VALUES (?, 'called', 0, 'Met in Leeds.')", (ada,))
        conn.execute("INSERT INTO contact_mark VALUES (?, 'to_call', 4, 'Likes tea.')", (twin,))
        for contact_id, tag in ((ada, "Fair"), (twin, "Fair"), (twin, "VIP")):
            conn.execute("INSERT INTO contact_tag VALUES (?, ?)", (contact_id, tag))
        conn.execute("INSERT INTO contact_list VALUES (1, 'Spring', 0)")
        conn.execute("INSERT INTO contact_list_member VALUES (1, ?, 0)", (twin,))
        conn.execute("INSERT INTO field_choice VALUES (?, 'job_title', 'CTO', 1)", (ada,))
        conn.execute("INSERT INTO field_choice VALUES (?, 'job_title', 'CEO', 2)", (twin,))
        merging.merge(conn, ada, twin, LATER)

    await on(database, work)

    def own(conn: Connection, contact_id: int) -> list[object]:
        return [
            rows(conn, f"SELECT {columns} FROM {table} WHERE contact_id = ? ORDER BY 1", (contact_id,))
            for table, columns in (
                ("contact_mark", "status, rating, notes"),
                ("contact_tag", "tag"),
                ("contact_list_member", "list_id"),
                ("field_choice", "field, value"),
            )
        ]

    united = [[("called", 4, "Met in Leeds.\n\nLikes tea.")], [("Fair",), ("VIP",)], [(1,)], [("job_title", "CEO")]]
    assert await database.read(lambda conn: own(conn, ada)) == united
    assert await database.read(lambda conn: own(conn, twin)) == [[], [], [], []]

    brought = await database.read(lambda conn: merging.merged_records(conn, ada, twin))
    await on(database, lambda conn: merging.split(conn, ada, brought, twin))
    before = [[("to_call", 4, "Likes tea.")], [("Fair",), ("VIP",)], [(1,)], [("job_title", "CEO")]]
    assert await database.read(lambda conn: own(conn, twin)) == before
    assert await database.read(lambda conn: own(conn, ada)) == united


async def test_an_entry_taken_out_again_takes_its_records_keys_and_entries(
    database: Database, library: LibraryRepository, ada: int, twin: int
) -> None:
    (third,) = await library.save([make_record("99", provider=BUILDWORKPRO, first_name="Ada")])
    before = {contact_id: await records_of(database, contact_id) for contact_id in (ada, twin, third)}
    keys = await database.read(lambda conn: set(held(conn, twin)))
    await on(database, lambda conn: merging.merge(conn, twin, third, NOON))
    await on(database, lambda conn: merging.merge(conn, ada, twin, LATER))
    # What comes in about the merged entry meanwhile goes along, too.
    await library.save(
        [make_record("a-1", provider=TAMTAM, email="ada@acme.example", first_name="Ada", last_name="Q", at=LATER)]
    )
    brought = await database.read(lambda conn: merging.merged_records(conn, ada, twin))
    await on(database, lambda conn: merging.split(conn, ada, brought, twin))
    assert await records_of(database, ada) == before[ada]
    assert set(await records_of(database, twin)) >= {*before[twin], *before[third]}
    assert await database.read(lambda conn: set(held(conn, twin))) >= keys
    assert await database.read(lambda conn: merging.survivor(conn, third)) == twin
    assert await database.read(lambda conn: merging.are_kept_apart(conn, ada, twin))


async def test_a_key_that_both_carry_stays_with_both_after_a_split(
    database: Database, library: LibraryRepository
) -> None:
    both = [
        make_record("7", slug="ada", email="ada@acme.example"),
        make_record("a-1", provider=TAMTAM, slug="ada", email="other@acme.example"),
    ]
    contact_id = (await library.save(both))[0]
    records = await records_of(database, contact_id)

    def work(conn: Connection) -> int:
        new = rows(conn, "INSERT INTO contact (created_at) VALUES (0) RETURNING contact_id")[0][0]
        merging.split(conn, contact_id, records[1:], new)
        return int(new)

    new = await on(database, work)
    kept = await database.read(lambda conn: {key.value for key in held(conn, contact_id)})
    gone = await database.read(lambda conn: {key.value for key in held(conn, new)})
    assert kept == {"7", "ada", "ada@acme.example"}
    assert gone == {"a-1", "ada", "other@acme.example"}
    # The same slug does not bring them together again.
    await library.save([both[0]])
    await library.save([both[1]])
    assert await records_of(database, contact_id) == records[:1]
    assert await records_of(database, new) == records[1:]


async def test_the_result_of_an_enrichment_follows_its_record(database: Database, library: LibraryRepository) -> None:
    (contact_id,) = await library.save([make_record("7", slug="ada")])
    found = make_record("key-1", provider=TAMTAM, kind=RecordKind.ENRICHMENT, email="ada@acme.example")
    await on(database, lambda conn: library.store_records(conn, [found], contact_ids=[contact_id]))
    enriched = (await records_of(database, contact_id))[1:]

    def work(conn: Connection) -> list[tuple[object, ...]]:
        conn.execute("INSERT INTO run (run_id, kind) VALUES (1, 'enrichment')")
        conn.execute("INSERT INTO enrichment_run (run_id, provider, created_at, fields, cap, origin)"
                     " VALUES (1, 'tamtam', 0, 'emails', 1, '')")  # fmt: skip
        conn.execute("INSERT INTO enrichment_batch (batch_id, run_id, state, item_count, created_at, updated_at)"
                     " VALUES (1, 1, 'draft', 1, 0, 0)")  # fmt: skip
        conn.execute("INSERT INTO enrichment_item (run_id, batch_id, row, client_key, person_key, contact_id,"
                     " first_name, last_name, domain, company_name, linkedin_url)"
                     " VALUES (1, 1, 1, 'key-1', 'p', ?, '', '', '', '', '')", (contact_id,))  # fmt: skip
        new = rows(conn, "INSERT INTO contact (created_at) VALUES (0) RETURNING contact_id")[0][0]
        merging.split(conn, contact_id, enriched, new)
        return rows(conn, "SELECT contact_id = ? FROM enrichment_item", (new,))

    assert await on(database, work) == [(1,)]


@pytest.mark.parametrize("which", ["none", "all", "another's"])
async def test_a_split_that_leaves_nothing_is_refused(database: Database, ada: int, twin: int, which: str) -> None:
    mine, others = await records_of(database, ada), await records_of(database, twin)
    asked = {"none": [], "all": mine, "another's": others}[which]
    with pytest.raises(InputError):
        await on(database, lambda conn: merging.split(conn, ada, asked, twin))


async def test_what_stands_on_a_merged_entry_moves_to_whom_it_is_merged_with(
    database: Database, ada: int, twin: int
) -> None:
    def work(conn: Connection) -> set[int]:
        # As undoing and redoing may leave it: merged, with a record still there.
        conn.execute("UPDATE contact SET merged_into = ? WHERE contact_id = ?", (ada, twin))
        return merging.settle(conn, [twin, 4_711])

    assert await on(database, work) == {ada}
    assert len(await records_of(database, ada)) == 2
    assert await database.read(lambda conn: held(conn, twin)) == []
