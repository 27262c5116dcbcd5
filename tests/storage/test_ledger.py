import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import LedgerKind
from app.domain.provider import Provider
from app.storage import ledger
from app.storage.database import Connection, Database, rows
from app.storage.ledger import LedgerRepository
from tests.storage.builders import NOON


async def test_lines_come_newest_first_and_limited(books: LedgerRepository, told: list[Change]) -> None:
    for credit_count in (1, 2, 3):
        await books.charge(Provider.LEADFEEDER, credit_count, request_id=f"req-{credit_count}", note="Search")
    lines = await books.lines(limit=2)
    assert [(line.credits, line.request_id, line.note, line.at) for line in lines] == [
        (3, "req-3", "Search", NOON),
        (2, "req-2", "Search", NOON),
    ]
    assert (lines[0].kind, lines[0].provider, lines[0].run_id) == (LedgerKind.CHARGED, "leadfeeder", None)
    assert told == [Change(ChangeKind.LEDGER)] * 3


async def test_totals_name_every_kind(books: LedgerRepository) -> None:
    assert await books.totals() == dict.fromkeys(LedgerKind, 0)
    await books.charge(Provider.TAMTAM, 4)
    await books.charge(Provider.TAMTAM, 3)
    assert (await books.totals())[LedgerKind.CHARGED] == 7


async def test_zero_credits_leave_no_line_and_fewer_are_a_bug(books: LedgerRepository) -> None:
    await books.charge(Provider.TAMTAM, 0)
    with pytest.raises(ValueError, match="-1 credits"):
        await books.charge(Provider.TAMTAM, -1)
    assert await books.lines() == []


@pytest.mark.parametrize("change", ["UPDATE ledger_line SET credits = 1", "DELETE FROM ledger_line"])
async def test_the_file_itself_refuses_to_change_a_line(
    books: LedgerRepository, database: Database, change: str
) -> None:
    await books.charge(Provider.TAMTAM, 4)
    with pytest.raises(Exception, match="append-only"):
        await database.write(lambda conn: rows(conn, change))
    assert [line.credits for line in await books.lines()] == [4]


async def test_a_line_goes_with_the_transaction_it_is_about(books: LedgerRepository, database: Database) -> None:
    def work(conn: Connection) -> None:
        ledger.append(conn, NOON, Provider.TAMTAM, LedgerKind.RESERVED, 5)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(work)
    assert await books.lines() == []
