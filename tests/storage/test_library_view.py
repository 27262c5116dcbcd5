"""Views of a library in every script, next to the same views worked out contact by contact."""

import asyncio
import random
from array import array
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.changes import Change, ChangeKind
from app.domain.contact import EmailValue, PhoneValue, SourceRecord
from app.domain.library_view import Facet, FacetCounts, SavedView, SortField, ViewQuery
from app.domain.marks import ContactStatus
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.sort_order import sort_key
from app.storage import refreshing, view_order
from app.storage.database import Connection, Database, FileConnection, connect, rows
from app.storage.library import LibraryRepository
from app.storage.library_view import LibraryViewRepository
from app.storage.saved_views import SavedViewRepository
from app.storage.view_facets import COMPANIES_SHOWN, FacetCounter
from app.storage.view_order import OrderedView
from tests.storage.builders import LATER, make_record
from tests.storage.naive_views import NaiveViews

GIVEN = (
    "Åsa",
    "Ada",
    "Éva",
    "Ödön",
    "Zoë",
    "İpek",
    "Йван",
    "Ελένη",
    "أحمد",
    "小春",
    "김철수",
    "O'Neil",
    'Ann "Nan"',
    "",
)
FAMILY = ("Łukasz", "Straße", "STRASSE", "de la Cruz", "Ёлкина", "Παπάς", "الفارسي", "田中", "Smith-Jones", "e", "")
COMPANIES = ("Acme 9", "ACME 10", "Äcme 10", "Café NEAR OR", "«Заря»", "100%_sure", "Nul\0l", "--", "")
TITLES = ("Head of Sales", "AND", "Geschäftsführer", "営業部長", "", "x:y*", "^caret")
PHONES = ("+49 30 23125 014", "(0)30/23125-015", "+1-555-0101", "٠٣٠ ٢٣١", "")
NOTES = ("Call back at 16:00", "Перезвонить", "50% off_now", "")


@pytest.fixture(scope="module")
def library_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of some two hundred contacts that share their words, some of them merged or removed."""
    path = tmp_path_factory.mktemp("views") / "library.sqlite3"
    asyncio.run(_make(path))
    return path


async def _make(path: Path) -> None:
    rng = random.Random(7)
    database = await Database.open(path)
    library = LibraryRepository(database)
    records = [_record(rng, number) for number in range(200)]
    ids = await library.save(records)
    # Other services know some of them, under other names and addresses; two were two contacts before.
    await library.save([_record(rng, rng.randrange(200), Provider.TAMTAM) for _ in range(40)])
    await library.save(
        [
            make_record("m1", slug="m", first_name="Ada"),
            make_record("m2", provider=Provider.TAMTAM, email="m@near.example", first_name="Éva"),
        ]
    )
    await library.save(
        [make_record("m3", provider=Provider.BUILDWORKPRO, slug="m", email="m@near.example", first_name="Zoë")]
    )
    await database.write(lambda conn: _mark(conn, rng, ids))
    await database.close()


def _record(rng: random.Random, number: int, provider: Provider = Provider.LEADFEEDER) -> SourceRecord:
    emails = [
        f"{rng.choice(('ada', 'eva', 'info'))}.{number}@acme{rng.randrange(4)}.example" for _ in range(rng.randrange(3))
    ]
    phones = [rng.choice(PHONES) for _ in range(rng.randrange(3))]
    company = rng.choice(COMPANIES)
    return make_record(
        str(rng.randrange(10_000)),
        provider=provider,
        account=rng.choice(("", "7", "42")),
        slug=rng.choice((f"p-{number}", "")),
        first_name=rng.choice(GIVEN),
        last_name=rng.choice(FAMILY),
        job_title=rng.choice(TITLES),
        company_name=company,
        company_domain=rng.choice(("acme.example", "", "near.example")) if company else "",
        location=rng.choice(("Berlin", "Łódź, Polska", "")),
        country_code=rng.choice(("DE", "pl", "")),
        tags=tuple(rng.sample(("Hot", "Näher", "old tag"), rng.randrange(3))),
        emails=tuple(EmailValue(address, rng.choice(("valid", "risky", ""))) for address in emails),
        phones=tuple(PhoneValue(phone) for phone in phones if phone),
    )  # fmt: skip


def _mark(conn: Connection, rng: random.Random, ids: list[int]) -> None:
    everybody = list(dict.fromkeys(ids))
    conn.executemany(
        "INSERT INTO contact_list (name, created_at) VALUES (?, 0)", [("Spring",), ("Ärzte",), ("Nobody",)]
    )
    for contact_id in rng.sample(everybody, 60):
        mark = (contact_id, rng.choice(("", *ContactStatus)), rng.randrange(6), rng.choice(NOTES))
        conn.execute("INSERT INTO contact_mark VALUES (?, ?, ?, ?)", mark)
    for contact_id in rng.sample(everybody, 50):
        for tag in rng.sample(("vip", "Ärger", "重要"), rng.randrange(1, 3)):
            conn.execute("INSERT INTO contact_tag VALUES (?, ?)", (contact_id, tag))
        conn.execute("INSERT INTO contact_list_member VALUES (?, ?, 0)", (rng.randrange(1, 3), contact_id))
    refreshing.show_marks(conn, everybody)
    for contact_id in rng.sample(everybody, 40):
        outcomes = (rng.choice(("", "found", "not_found")), rng.choice(("", "unknown", "found")), contact_id)
        conn.execute("UPDATE contact SET email_outcome = ?, phone_outcome = ? WHERE contact_id = ?", outcomes)
    for contact_id in rng.sample(everybody, 12):
        conn.execute("UPDATE contact SET removed_at = 1 WHERE contact_id = ?", (contact_id,))


@pytest.fixture(scope="module")
def conn(library_file: Path) -> Iterator[FileConnection]:
    conn = connect(library_file, writable=True)
    yield conn
    conn.close()


@pytest.fixture(scope="module")
def everybody(conn: FileConnection) -> NaiveViews:
    found = NaiveViews(conn)
    gone = rows(conn, "SELECT count(removed_at), count(merged_into) FROM contact")
    assert len(found.contacts) > 150
    assert gone == [(12, 1)]
    return found


def nothing_stops() -> None: ...


def view(conn: Connection, query: ViewQuery) -> list[int]:
    conn.execute("BEGIN")
    try:
        return list(OrderedView(conn, query, nothing_stops).all_ids())
    finally:
        conn.execute("ROLLBACK")


def first(conn: Connection, query: ViewQuery, limit: int) -> list[int]:
    conn.execute("BEGIN")
    try:
        return list(OrderedView(conn, query, nothing_stops).first_ids(limit))
    finally:
        conn.execute("ROLLBACK")


def facets(conn: Connection, query: ViewQuery) -> tuple[FacetCounts, ...]:
    conn.execute("BEGIN")
    try:
        return FacetCounter(conn, query, nothing_stops).count()
    finally:
        conn.execute("ROLLBACK")


ALL_TEXT = "\n".join(
    (*GIVEN, *FAMILY, *COMPANIES, *TITLES, *PHONES, *NOTES, "info.1@acme2.example vip 重要 germany +493023125014")
)
pieces = st.tuples(st.integers(0, len(ALL_TEXT) - 1), st.integers(1, 6)).map(lambda cut: ALL_TEXT[cut[0] : sum(cut)])
operators = st.sampled_from(
    ('"', '""', "AND", "OR", "NEAR(a b)", "text:ada", "a*", "^a", "-a", "%", "_", "\0", "(", "'", "\ud800")
)
texts = st.lists(st.one_of(pieces, operators, st.text(max_size=4)), max_size=3).map(" ".join)
choices = st.fixed_dictionaries(
    {},
    optional={
        Facet.PROVIDER: st.sets(st.sampled_from(["leadfeeder", "tamtam", "", "nobody"])),
        Facet.HAS_EMAIL: st.sets(st.sampled_from(["yes", "no"])),
        Facet.HAS_PHONE: st.sets(st.sampled_from(["yes", "no", "?"])),
        Facet.OUTCOME: st.sets(st.sampled_from(["", "found", "unknown", "failed"])),
        Facet.STATUS: st.sets(st.sampled_from(["", "to_call", "customer", "x"])),
        Facet.LIST: st.sets(st.sampled_from(["", "1", "2", "3", "99", "x"])),
        Facet.TAG: st.sets(st.sampled_from(["", "vip", "重要", "no'such"])),
        Facet.COMPANY: st.sets(st.sampled_from(["", "acme 19", "acme 210", "acme 210\x01äcme 10", "gone"])),
        Facet.COUNTRY: st.sets(st.sampled_from(["", "DE", "PL", "??"])),
    },
).map(lambda chosen: {facet: frozenset(values) for facet, values in chosen.items()})
queries = st.builds(
    ViewQuery, text=texts, facets=choices, sort=st.none() | st.sampled_from(SortField), descending=st.booleans()
)
many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(query=queries, limit=st.integers(1, 30))
def test_a_view_is_what_a_plain_search_finds(
    conn: FileConnection, everybody: NaiveViews, query: ViewQuery, limit: int
) -> None:
    expected = everybody.view(query)
    assert view(conn, query) == expected
    assert first(conn, query, limit) == expected[:limit]


@many
@given(query=queries)
def test_walking_through_the_order_gives_the_same_as_sorting_what_was_found(
    conn: FileConnection, everybody: NaiveViews, query: ViewQuery
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view_order, "_MOST_SORTED", 0)
        patch.setattr(view_order, "_SMALL_SHARE", 10**9)
        expected = everybody.view(query)
        assert view(conn, query) == expected
        assert first(conn, query, 25) == expected[:25]


@many
@given(query=queries, share=st.sampled_from((0, 8, 10**9)))
def test_counts_are_those_of_counting_one_by_one(
    conn: FileConnection, everybody: NaiveViews, query: ViewQuery, share: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.storage.view_facets._SMALL_SHARE", share)
        counted = facets(conn, query)
    expected = everybody.facets(query)
    assert [counts.facet for counts in counted] == list(Facet)
    for counts in counted:
        numbers = {value.value: value.count for value in counts.values if value.count}
        assert numbers == dict(expected[counts.facet]), counts.facet
        assert query.facets.get(counts.facet, frozenset()) <= {value.value for value in counts.values}
        assert [value.count for value in counts.values] == sorted((v.count for v in counts.values), reverse=True)
        assert all(value.label or value.value == "?" for value in counts.values)


@pytest.mark.parametrize("sort", SortField)
def test_every_column_sorts_both_ways_with_blanks_last(
    conn: FileConnection, everybody: NaiveViews, sort: SortField
) -> None:
    up, down = (view(conn, ViewQuery(sort=sort, descending=descending)) for descending in (False, True))
    assert up == everybody.view(ViewQuery(sort=sort))
    assert down == everybody.view(ViewQuery(sort=sort, descending=True))
    assert sorted(up) == sorted(down) == [each.contact_id for each in everybody.contacts]


def test_choosing_a_value_shows_as_many_as_it_was_said_to(conn: FileConnection) -> None:
    query = ViewQuery("a", {Facet.HAS_EMAIL: frozenset({"yes"}), Facet.TAG: frozenset({"vip", ""})})
    for counts in facets(conn, query):
        for value in counts.values:
            chosen = {**query.facets, counts.facet: frozenset({value.value})}
            assert len(view(conn, ViewQuery(query.text, chosen))) == value.count


def test_values_are_named_for_people(conn: FileConnection) -> None:
    labels = {(counts.facet, v.value): v.label for counts in facets(conn, ViewQuery()) for v in counts.values}
    assert labels[Facet.PROVIDER, "leadfeeder"] == "Leadfeeder"
    assert labels[Facet.COUNTRY, "DE"] == "Germany"
    assert labels[Facet.STATUS, "to_call"] == ContactStatus.TO_CALL.label
    assert labels[Facet.OUTCOME, "not_found"] == Outcome.NOT_FOUND.label
    assert labels[Facet.LIST, "2"] == "Ärzte"
    assert labels[Facet.COMPANY, "acme 19"] == "Acme 9"
    assert (labels[Facet.STATUS, ""], labels[Facet.LIST, ""]) == ("No status", "In no list")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(" ".join(f"{letter}{number}" for letter in "ab" for number in range(2_000)), id="many words"),
        pytest.param("x" * 100_000, id="a long word"),
        pytest.param('"' * 5_000, id="quotes"),
        pytest.param(" ".join(f"030-{number}" for number in range(3_000)), id="phone numbers"),
    ],
)
def test_a_page_that_was_pasted_into_the_filter_finds_nobody_and_fails_nothing(conn: FileConnection, text: str) -> None:
    for sort in (None, SortField.NAME):
        assert view(conn, ViewQuery(text, sort=sort)) == first(conn, ViewQuery(text, sort=sort), 5) == []
    assert facets(conn, ViewQuery(text))[0].values == ()


def test_all_that_a_contact_says_finds_it(conn: FileConnection, everybody: NaiveViews) -> None:
    longest = max(everybody.contacts, key=lambda each: len(set(" ".join(each.texts()).split())))
    everything = " ".join([*longest.texts(), *(part[:-1] for part in longest.texts() for _ in range(9))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.storage.view_filter._MOST_WORDS", 3)
        patch.setattr("app.storage.view_filter._LONGEST_PHRASE", 5)
        patch.setattr("app.storage.view_filter._MOST_COMPARED", 0)
        assert longest.contact_id in view(conn, ViewQuery(everything))
        assert view(conn, ViewQuery(everything, sort=SortField.NAME)) == everybody.view(
            ViewQuery(everything, sort=SortField.NAME)
        )


# Through the repositories, as the services use them


@pytest.fixture
async def opened(library_file: Path) -> AsyncIterator[Database]:
    database = await Database.open(library_file, read_only=True)
    yield database
    await database.close()


@pytest.fixture
def views(opened: Database) -> LibraryViewRepository:
    return LibraryViewRepository(opened)


async def test_a_library_open_beside_its_window_can_be_filtered(
    views: LibraryViewRepository, everybody: NaiveViews
) -> None:
    query = ViewQuery("ada", sort=SortField.NAME)
    assert list(await views.ids(query)) == everybody.view(query)
    assert isinstance(await views.ids(query), array)
    assert len(await views.facets(query)) == len(Facet)


async def test_a_newer_question_calls_off_the_older_one(views: LibraryViewRepository, everybody: NaiveViews) -> None:
    for turn in range(40):
        asking = asyncio.create_task(views.facets(ViewQuery("e")) if turn % 2 else views.ids(ViewQuery("a")))
        for _ in range(turn % 5):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        # Some had their answer already.
        assert asking.cancelled() or asking.result()
    query = ViewQuery("e", sort=SortField.COMPANY)
    assert list(await views.ids(query)) == everybody.view(query)


async def test_a_question_leaves_the_library_for_reading_only(views: LibraryViewRepository, opened: Database) -> None:
    await views.ids(ViewQuery("e"))
    assert await opened.search(lambda conn: rows(conn, "PRAGMA query_only")) == [(1,)]
    assert await opened.search(lambda conn: rows(conn, "SELECT name FROM sqlite_temp_schema")) == []


async def test_only_the_largest_companies_are_listed(database: Database, library: LibraryRepository) -> None:
    sizes = [3, 2] + [1] * COMPANIES_SHOWN
    names = [f"Firm {number}" for number, size in enumerate(sizes) for _ in range(size)]
    await library.save([make_record(str(n), company_name=name) for n, name in enumerate(names)])
    views = LibraryViewRepository(database)
    (companies,) = [counts for counts in await views.facets(ViewQuery()) if counts.facet is Facet.COMPANY]
    assert [(v.label, v.count) for v in companies.values[:3]] == [("Firm 0", 3), ("Firm 1", 2), ("Firm 2", 1)]
    assert (len(companies.values), companies.more) == (COMPANIES_SHOWN, 2)
    (left_out,) = {f"Firm {n}" for n in range(len(sizes))} - {v.label for v in companies.values} - {"Firm 50"}
    chosen = {Facet.COMPANY: frozenset({sort_key(left_out)})}
    (companies,) = [c for c in await views.facets(ViewQuery(facets=chosen)) if c.facet is Facet.COMPANY]
    assert (left_out, 1) in [(value.label, value.count) for value in companies.values]
    assert companies.more == 1


async def test_a_named_view_comes_back_as_it_was_saved(database: Database, told: list[Change]) -> None:
    saved = SavedViewRepository(database)
    query = ViewQuery('"Åsa" %', {Facet.TAG: frozenset({"", "重要"})}, SortField.COMPANY, descending=True)
    await saved.save(SavedView("Süd", query, '{"columns": []}'))
    await saved.save(SavedView("nord", ViewQuery()))
    assert await saved.all() == (SavedView("nord", ViewQuery()), SavedView("Süd", query, '{"columns": []}'))
    await saved.save(SavedView("Süd", ViewQuery("other")))
    await saved.delete("nord")
    await saved.delete("nobody")
    assert await saved.all() == (SavedView("Süd", ViewQuery("other")),)
    assert {change.kind for change in told} == {ChangeKind.VIEWS}


async def test_a_view_saved_by_a_later_version_opens_with_what_is_known_of_it(database: Database) -> None:
    definition = '{"text": "x", "facets": {"mood": ["good"], "tag": ["vip"]}, "sort": "mood", "zoom": 3}'
    await database.write(lambda conn: rows(conn, "INSERT INTO saved_view VALUES ('later', ?, 0)", (definition,)))
    (view,) = await SavedViewRepository(database).all()
    assert view == SavedView("later", ViewQuery("x", {Facet.TAG: frozenset({"vip"})}))


async def test_contacts_are_found_at_once_when_they_come_and_change(
    database: Database, library: LibraryRepository
) -> None:
    views = LibraryViewRepository(database)
    (ada,) = await library.save([make_record("1", first_name="Ada", company_name="Acme")])
    assert list(await views.ids(ViewQuery("ada acm"))) == [ada]
    await library.save([make_record("1", first_name="Ada", company_name="Zenith", at=LATER)])
    assert list(await views.ids(ViewQuery("ada acm"))) == []
    assert list(await views.ids(ViewQuery("zenith"))) == [ada]
