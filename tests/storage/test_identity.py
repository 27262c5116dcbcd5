from dataclasses import replace

import pytest

from app.domain.contact import EmailValue, RecordKind, SourceRecord
from app.domain.provider import Provider
from app.storage.identity_keys import keys_of
from app.storage.library import LibraryRepository
from tests.storage.builders import LATER, make_record

TAMTAM, LEADFEEDER, TALK = Provider.TAMTAM, Provider.LEADFEEDER, Provider.TALKTOHUMANS


async def contacts_of(library: LibraryRepository, *records: SourceRecord) -> list[int]:
    """Save records one after another and say which contact each belongs to in the end."""
    ids = []
    for record in records:
        ids += await library.save([record])
    return [row.contact_id for row in await library.rows(ids)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (make_record("7"), make_record("7", at=LATER, first_name="Ada")),
        (make_record("7", slug="ada"), make_record("a-1", provider=TAMTAM, slug="ada")),
        (make_record("7", slug="Ada%20L"), make_record("a-1", provider=TAMTAM, slug="ada l")),
        (make_record("7", email="Ada@Acme.example"), make_record("a-1", provider=TAMTAM, email="ada@acme.example")),
        (make_record("7", slug="ada"), make_record("7", slug="ada-renamed")),
        (make_record("7", email="ada@acme.example"), make_record("", email="ada@acme.example")),
        (
            make_record("7", email="Ada.Quill+work@gmail.com"),
            make_record("a-1", provider=TAMTAM, email="adaquill@googlemail.com"),
        ),
        (
            make_record("7", email="k@acme.example", first_name="Katherine", last_name="Quill"),
            make_record("a-1", provider=TAMTAM, email="k@acme.example", first_name="Kathrine", last_name="Quil"),
        ),
        (
            make_record("7", slug="ada", first_name="Ada", last_name="Quill"),
            make_record("a-1", provider=TAMTAM, slug="ada", first_name="Ada", last_name="Tindermere"),
        ),
        (
            make_record("7", email="olga.oblak@acme.example", first_name="Olga", last_name="Oblak"),
            make_record("a-1", provider=TAMTAM, email="olga.oblak@acme.example", first_name="하늘", last_name="달빛"),
        ),
    ],
    ids=[
        "id",
        "slug",
        "spelt slug",
        "e-mail",
        "id with a renamed profile",
        "e-mail without an id",
        "a consumer mailbox spelt otherwise",
        "slips",
        "a profile with another family name",
        "two scripts",
    ],
)
async def test_the_same_person(library: LibraryRepository, first: SourceRecord, second: SourceRecord) -> None:
    one, other = await contacts_of(library, first, second)
    assert one == other
    assert (await library.stats())["contacts"] == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (make_record("7"), make_record("8")),
        (make_record("7"), make_record("7", provider=TAMTAM)),
        (make_record("7", provider=TALK, account="mine"), make_record("7", provider=TALK, account="hers")),
        (make_record("7", email="info@acme.example"), make_record("a-1", provider=TAMTAM, email="info@acme.example")),
        (
            make_record("7", slug="ada", email="a@acme.example"),
            make_record("a-1", provider=TAMTAM, slug="bob", email="a@acme.example"),
        ),
        (make_record("7", slug="ada"), make_record("8", slug="ada")),
        (make_record("7", email="a@acme.example"), make_record("8", email="a@acme.example")),
        (make_record("7", slug="ada"), make_record("a-1", provider=TAMTAM, slug="ada", masked=True)),
        (make_record(""), make_record("")),
        (
            make_record("7", email="werkstatt@acme.example", first_name="Ada", last_name="Quill"),
            make_record("a-1", provider=TAMTAM, email="werkstatt@acme.example", first_name="Bob", last_name="Tinder"),
        ),
        (
            make_record("7", email="b.quill@acme.example", first_name="Bob", last_name="Quill"),
            make_record("a-1", provider=TAMTAM, email="b.quill@acme.example", first_name="Beatrice", last_name="Quill"),
        ),
        (
            make_record("7", slug="ada", first_name="Ada", last_name="Quill"),
            make_record("a-1", provider=TAMTAM, slug="ada", first_name="Robert", last_name="Tinder"),
        ),
        (
            make_record("7", email="labor@acme.example", first_name="Ada", last_name="Quill"),
            make_record("a-1", provider=TAMTAM, email="labor@acme.example", first_name="하늘", last_name="달빛"),
        ),
        (make_record("7", email="jane+x@acme.example"), make_record("a-1", provider=TAMTAM, email="jane@acme.example")),
    ],
    ids=[
        "two ids",
        "one id at two providers",
        "one id in two accounts",
        "a role address",
        "two slugs with one e-mail",
        "two ids of one account with one slug",
        "two ids of one account with one e-mail",
        "a masked slug",
        "nothing to tell by",
        "a mailbox that two read",
        "an address that was guessed",
        "a profile that is somebody else's",
        "a mailbox that two read, in two scripts",
        "a tag at a host that may count it",
    ],
)
async def test_not_the_same_person(library: LibraryRepository, first: SourceRecord, second: SourceRecord) -> None:
    one, other = await contacts_of(library, first, second)
    assert one != other
    # Saying it again does not change anybody's mind.
    if first.provider_id:
        assert await contacts_of(library, first, second) == [one, other]


async def test_a_record_that_joins_two_contacts_merges_them_into_the_older(library: LibraryRepository) -> None:
    by_slug = make_record("7", slug="ada", first_name="Ada")
    by_email = make_record("a-1", provider=TAMTAM, email="ada@acme.example")
    both = make_record("99", provider=Provider.BUILDWORKPRO, slug="ada", email="ada@acme.example", at=LATER)
    (older,) = await library.save([by_slug])
    (newer,) = await library.save([by_email])
    assert older != newer
    assert await library.save([both]) == [older]
    row_by_old_id, row_by_new_id = await library.rows([older, newer])
    assert row_by_old_id == row_by_new_id
    assert row_by_new_id.contact_id == older
    assert (row_by_new_id.first_name, row_by_new_id.email) == ("Ada", "ada@acme.example")
    assert set(row_by_new_id.providers) == {LEADFEEDER, TAMTAM, Provider.BUILDWORKPRO}
    assert await library.all_ids() == [older]


async def test_a_merge_is_told_in_the_history_of_the_survivor(library: LibraryRepository) -> None:
    await library.save([make_record("7", slug="ada")])
    (newer,) = await library.save([make_record("a-1", provider=TAMTAM, email="ada@acme.example")])
    await library.save([make_record("99", provider=Provider.BUILDWORKPRO, slug="ada", email="ada@acme.example")])
    details = await library.details(newer)
    texts = [event.text for event in details.history]
    assert "Merged with another entry: the same e-mail address." in texts
    assert "Fetched from Tamtam." in texts
    assert len(details.records) == 3


async def test_merged_contacts_are_followed_through_several_merges(library: LibraryRepository) -> None:
    ids = []
    for number, provider in enumerate((LEADFEEDER, TAMTAM, Provider.BUILDWORKPRO)):
        ids += await library.save([make_record("x", provider=provider, email=f"ada{number}@acme.example")])
    bridge = make_record("", provider=TALK, slug="ada")
    newest_first = replace(
        bridge, fields=replace(bridge.fields, emails=tuple(EmailValue(f"ada{n}@acme.example") for n in (2, 1)))
    )
    await library.save([newest_first])
    then_oldest = replace(
        bridge, fields=replace(bridge.fields, emails=tuple(EmailValue(f"ada{n}@acme.example") for n in (1, 0)))
    )
    await library.save([then_oldest])
    assert {row.contact_id for row in await library.rows(ids)} == {ids[0]}
    assert (await library.stats())["merged"] == 2


async def test_a_merge_inside_one_save_gives_every_record_the_survivor(library: LibraryRepository) -> None:
    ids = await library.save(
        [
            make_record("7", slug="ada"),
            make_record("a-1", provider=TAMTAM, email="ada@acme.example"),
            make_record("99", provider=Provider.BUILDWORKPRO, slug="ada", email="ada@acme.example"),
        ]
    )
    assert len(set(ids)) == 1


async def test_contacts_that_contradict_each_other_stay_apart_when_a_record_speaks_of_both(
    library: LibraryRepository,
) -> None:
    ada = make_record("7", slug="ada", email="shared@acme.example")
    bob = make_record("8", slug="bob", email="shared@acme.example")
    one, other = await contacts_of(library, ada, bob)
    (third,) = await library.save([make_record("a-1", provider=TAMTAM, email="shared@acme.example")])
    assert one != other
    assert third == one


async def test_a_pinned_record_goes_where_it_is_pinned_and_brings_its_keys(library: LibraryRepository) -> None:
    (known,) = await library.save([make_record("7", first_name="Ada")])
    found = make_record("key-1", provider=TAMTAM, kind=RecordKind.ENRICHMENT, email="ada@acme.example", at=LATER)
    stored = await library._database.write(lambda conn: library.store_records(conn, [found], contact_ids=[known]))
    assert stored == [known]
    assert (await library.rows([known]))[0].email == "ada@acme.example"
    assert await library.save([make_record("99", provider=Provider.BUILDWORKPRO, email="ada@acme.example")]) == [known]


async def test_two_enrichments_of_one_person_do_not_contradict_each_other(library: LibraryRepository) -> None:
    (known,) = await library.save([make_record("7", email="ada@acme.example")])
    again = [
        make_record(key, provider=TAMTAM, kind=RecordKind.ENRICHMENT, email="ada@acme.example") for key in ("k1", "k2")
    ]
    assert await library.save(again) == [known, known]


def test_a_record_carries_its_keys_strongest_first() -> None:
    record = make_record("7", account="acc", slug="Ada", email="ADA@acme.example")
    assert [(key.kind, key.value) for key in keys_of(record)] == [
        ("id", "7"),
        ("linkedin", "ada"),
        ("email", "ada@acme.example"),
    ]


async def test_what_the_rep_removed_takes_nobody_along(library: LibraryRepository) -> None:
    (removed,) = await library.save([make_record("7", slug="ada")])
    (shown,) = await library.save([make_record("a-1", provider=TAMTAM, email="ada@acme.example")])
    await library._database.write(
        lambda conn: conn.execute("UPDATE contact SET removed_at = 1 WHERE contact_id = ?", (removed,))
    )
    both = make_record("99", provider=Provider.BUILDWORKPRO, slug="ada", email="ada@acme.example")
    assert await library.save([both]) == [shown]
    assert [row.contact_id for row in await library.rows([shown])] == [shown]
    assert shown in await library.all_ids()
