"""What contacts are found by: kept by itself whoever writes, brought up to date after an upgrade, never in the way."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.contact import EmailValue, PhoneValue
from app.domain.library_view import SortField, ViewQuery
from app.domain.provider import Provider
from app.storage import migrations, search_text
from app.storage.columns import to_json
from app.storage.database import Connection, Database, connect, rows, scalar
from app.storage.library import LibraryRepository
from app.storage.library_view import LibraryViewRepository
from tests.storage.builders import LATER, make_record
from tests.storage.naive_views import NaiveViews

OLD_CONTACTS = 2_300


@pytest.fixture
def views(database: Database) -> LibraryViewRepository:
    return LibraryViewRepository(database)


async def found(views: LibraryViewRepository, text: str) -> list[int]:
    return sorted(await views.ids(ViewQuery(text)))


async def caught_up(database: Database, feed: ChangeFeed) -> None:
    """Wait until every contact can be found."""
    told = asyncio.Event()
    stop = feed.subscribe(lambda change: told.set() if change.kind is ChangeKind.VIEWS else None)
    while await database.read(search_text.waiting):
        await told.wait()
        told.clear()
    stop()


# By what


@pytest.mark.parametrize(
    "text",
    [
        "ada", "LOVELACE", "head sales", "acme", "acme.example", "ada@acme", "ada.private@mail.example", "berlin", "de",
        "germany", "näher", "hot", "+49 30 231", "4930231", "+4930231250", "493023125014", "015155", "0151/555",
        "lovelace king",
    ],
)  # fmt: skip
async def test_a_contact_is_found_by_all_that_is_known_of_it(
    library: LibraryRepository, views: LibraryViewRepository, text: str
) -> None:
    record = make_record(
        "1",
        slug="ada",
        first_name="Ada",
        last_name="Lovelace",
        job_title="Head of Sales",
        company_name="ACME",
        company_domain="acme.example",
        location="Berlin",
        country_code="de",
        tags=("Näher", "Hot"),
        emails=(EmailValue("ada@acme.example"), EmailValue("Ada.Private@mail.example")),
        phones=(PhoneValue("+49 30 23125 014"), PhoneValue("+4915155501", raw="0151/555 01")),
    )
    other = make_record("2", provider=Provider.TAMTAM, slug="ada", full_name="Ada Lovelace King")
    (ada,) = set(await library.save([record, other]))
    await library.save([make_record("3", first_name="Bob", email="bob@zenith.example")])
    assert await found(views, text) == [ada]


async def test_the_reps_own_words_are_found(
    database: Database, library: LibraryRepository, views: LibraryViewRepository
) -> None:
    (ada,) = await library.save([make_record("1", first_name="Ada")])
    await database.write(
        lambda conn: rows(conn, "UPDATE contact SET tags = 'VIP' || char(10) || '重要', notes = 'Wants á demo'")
    )
    for text in ("vip", "重要", "重", "demo", "a demo"):
        assert await found(views, text) == [ada]
    await database.write(lambda conn: rows(conn, "UPDATE contact SET tags = '', notes = ''"))
    for text in ("vip", "重要", "demo"):
        assert await found(views, text) == []


async def test_a_tag_that_the_service_took_off_is_not_found_any_more(
    library: LibraryRepository, views: LibraryViewRepository
) -> None:
    (ada,) = await library.save([make_record("1", first_name="Ada", tags=("Hot lead",))])
    assert await found(views, "hot") == [ada]
    await library.save([make_record("1", first_name="Ada", tags=("Cold",), at=LATER)])
    assert await found(views, "hot") == []
    assert await found(views, "cold") == [ada]


async def test_merged_contacts_are_found_as_one_by_what_was_said_of_each(
    library: LibraryRepository, views: LibraryViewRepository
) -> None:
    (ada,) = await library.save([make_record("1", slug="ada", first_name="Ada", phone="+111222333")])
    (twin,) = await library.save([make_record("2", provider=Provider.TAMTAM, email="a@b.example", first_name="Adele")])
    assert await found(views, "a@b") == [twin]
    await library.save([make_record("3", provider=Provider.BUILDWORKPRO, slug="ada", email="a@b.example")])
    assert await found(views, "a@b") == await found(views, "111222") == await found(views, "") == [ada]


async def test_a_removed_contact_is_hidden_and_back_at_once(
    database: Database, library: LibraryRepository, views: LibraryViewRepository
) -> None:
    ids = await library.save([make_record(str(number), first_name=f"Ada{number}") for number in range(3)])
    change = "UPDATE contact SET removed_at = ? WHERE contact_id = ?"
    for removed_at, shown in ((5, ids[1:]), (None, ids)):
        await database.write(partial(rows, sql=change, values=(removed_at, ids[0])))
        assert await found(views, "ada") == await found(views, "") == shown
        assert sorted(await views.ids(ViewQuery(sort=SortField.NAME))) == shown
        assert [value.count for value in (await views.facets(ViewQuery("ada")))[0].values] == [len(shown)]


# Kept up with


async def test_a_very_large_change_is_worked_off_behind_others(
    database: Database, library: LibraryRepository, views: LibraryViewRepository, feed: ChangeFeed, told: list[Change]
) -> None:
    many = 3 * search_text.AT_ONCE + 7
    ids = await library.save([make_record(str(number), first_name="Ada") for number in range(many)])
    await caught_up(database, feed)
    await database.write(lambda conn: rows(conn, "UPDATE contact SET notes = 'zebra'"))
    await caught_up(database, feed)
    assert await found(views, "zebra ada") == ids
    assert Change(ChangeKind.VIEWS) in told


async def test_what_was_written_is_kept_even_where_it_cannot_be_made_searchable(
    library: LibraryRepository,
    views: LibraryViewRepository,
    monkeypatch: pytest.MonkeyPatch,
    expected_log: Callable[[str], None],
) -> None:
    def fail(conn: Connection, ids: object) -> None:
        rows(conn, "DELETE FROM contact")
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(search_text, "refresh", fail)
        expected_log("could not be made searchable")
        (ada,) = await library.save([make_record("1", first_name="Ada")])
    assert (await library.rows([ada]))[0].first_name == "Ada"
    assert await found(views, "ada") == []
    # The next write makes up for it.
    (bob,) = await library.save([make_record("2", first_name="Bob")])
    assert (await found(views, "ada"), await found(views, "bob")) == ([ada], [bob])


async def test_a_contact_that_is_taken_back_altogether_leaves_nothing_to_find(
    database: Database, views: LibraryViewRepository
) -> None:
    await database.write(lambda conn: rows(conn, "INSERT INTO contact (created_at, display_name) VALUES (1, 'Ada')"))
    assert await found(views, "ada") == [1]
    await database.write(lambda conn: rows(conn, "DELETE FROM contact"))
    assert await found(views, "ada") == []
    assert await database.read(lambda conn: scalar(conn, "SELECT count(*) FROM contact_sort")) == 0
    await database.write(lambda conn: rows(conn, "INSERT INTO contact_fts (contact_fts) VALUES ('integrity-check')"))


# Libraries from before


_OLD_CONTACT = """
INSERT INTO contact (contact_id, created_at, first_name, display_name, email, provider, providers, provider_id)
VALUES (?1, 1, ?2, ?2, ?3, 'tamtam', 'tamtam', ?1)
"""
_OLD_RECORD = """
INSERT INTO source_record (contact_id, provider, account_id, provider_id, kind, fetched_at, masked, credits_charged,
    request_id, fields, raw) VALUES (?1, 'tamtam', '', ?1, 'full', 1, 0, 0, '', ?2, x'7b7d')
"""


def make_old_library(path: Path) -> None:
    """A library of the fourth version with some thousand contacts."""
    conn = connect(path, writable=True)
    with pytest.MonkeyPatch.context() as older:
        older.setattr(migrations, "_MIGRATIONS", migrations._MIGRATIONS[:4])
        older.setattr(migrations, "LATEST", 4)
        migrations.migrate(conn, lambda _: None)
    conn.execute("BEGIN")
    for number in range(1, OLD_CONTACTS + 1):
        name, email = f"Зоё {number}", f"p{number}@acme.example"
        fields = {"first_name": name, "emails": [{"address": email}, {"address": f"b{number}@x.example"}]}
        conn.execute(_OLD_CONTACT, (number, name, email))
        conn.execute(_OLD_RECORD, (number, to_json(fields)))
    conn.execute("COMMIT")
    conn.close()


async def test_an_older_library_is_sorted_and_counted_at_once_and_searched_soon(
    library_path: Path, feed: ChangeFeed
) -> None:
    make_old_library(library_path)
    database = await Database.open(library_path, changes=feed)
    views = LibraryViewRepository(database)
    assert len(await views.ids(ViewQuery(sort=SortField.NAME))) == OLD_CONTACTS
    assert (await views.facets(ViewQuery()))[0].values[0].count == OLD_CONTACTS
    await caught_up(database, feed)
    naive = await database.read(NaiveViews)
    for query in (ViewQuery("зое 19"), ViewQuery("b19 P1"), ViewQuery("", sort=SortField.NAME, descending=True)):
        assert list(await views.ids(query)) == naive.view(query) != []
    await database.close()


UPGRADE = """
import asyncio, os, sys
from pathlib import Path
from app.domain.changes import ChangeFeed
from app.storage import database, search_text

async def main():
    refresh = search_text.refresh
    def refresh_some(conn, contact_ids):
        print("some", flush=True)
        refresh(conn, contact_ids[:40])
    search_text.refresh = refresh_some
    await database.Database.open(Path(sys.argv[1]), changes=ChangeFeed())
    await asyncio.Event().wait()

asyncio.run(main())
"""


def upgrade_then_kill(library_path: Path) -> None:
    """Open an older library, and kill the program as soon as it has made some contacts searchable."""
    with subprocess.Popen(
        [sys.executable, "-c", UPGRADE, str(library_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as upgrade:
        assert upgrade.stdout is not None
        for _ in range(4):
            assert upgrade.stdout.readline().strip() == b"some"
        upgrade.kill()


async def test_an_upgrade_that_is_killed_goes_on_where_it_was(library_path: Path, feed: ChangeFeed) -> None:
    make_old_library(library_path)
    upgrade_then_kill(library_path)
    with_text = "SELECT count(*) FROM contact_search"
    conn = connect(library_path, writable=True)
    done = scalar(conn, with_text)
    conn.close()
    assert 0 < done < OLD_CONTACTS
    database = await Database.open(library_path, changes=feed)
    await caught_up(database, feed)
    assert await database.read(lambda conn: scalar(conn, with_text)) == OLD_CONTACTS
    views = LibraryViewRepository(database)
    assert len(await views.ids(ViewQuery("зое acme"))) == OLD_CONTACTS
    await database.write(lambda conn: rows(conn, "INSERT INTO contact_fts (contact_fts) VALUES ('integrity-check')"))
    await database.close()
