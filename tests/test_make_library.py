"""The maker of large libraries: what it makes is a library like any other, with some of everything."""

import unicodedata
from pathlib import Path

import pytest

from app.domain.library_view import Facet, ViewQuery
from app.domain.provider import Provider
from app.storage import search_text
from app.storage.database import Database, rows, scalar
from app.storage.library import LibraryRepository
from app.storage.library_view import LibraryViewRepository
from bench import make_library

CONTACTS = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "profile"
    make_library.main([str(CONTACTS), str(folder)])
    return folder


async def test_a_made_library_holds_exactly_so_many_people_and_some_of_everything(folder: Path) -> None:
    database = await Database.open(folder / "library.sqlite3")
    views, library = LibraryViewRepository(database), LibraryRepository(database)
    ids = await views.ids(ViewQuery())
    assert len(ids) == CONTACTS
    shown = await library.rows(list(ids))
    assert {provider for row in shown for provider in row.providers} == set(Provider)
    assert any(len(row.providers) > 1 for row in shown)
    counted = {counts.facet: {v.value: v.count for v in counts.values} for counts in await views.facets(ViewQuery())}
    assert all(len(counted[facet]) > 1 for facet in Facet)
    assert {"found", "not_found", "failed", "unknown"} <= counted[Facet.OUTCOME].keys()
    scripts = {unicodedata.name(letter).split()[0] for row in shown for letter in row.display_name if letter.isalpha()}
    assert scripts >= {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "CJK", "HANGUL"}
    assert await database.read(search_text.waiting) == 0
    assert await database.read(lambda conn: rows(conn, "PRAGMA foreign_key_check")) == []
    await database.close()


async def test_nothing_waits_to_be_bought_in_a_made_library(folder: Path) -> None:
    database = await Database.open(folder / "library.sqlite3")
    open_fields = "SELECT count(*) FROM enrichment_field WHERE outcome IN ('queued', 'in_flight')"
    assert await database.read(lambda conn: scalar(conn, open_fields)) == 0
    await database.close()


def test_an_existing_library_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "library.sqlite3").stat().st_size
    with pytest.raises(SystemExit):
        make_library.main(["5", str(folder)])
    assert "exists already" in capsys.readouterr().err
    assert (folder / "library.sqlite3").stat().st_size == before
