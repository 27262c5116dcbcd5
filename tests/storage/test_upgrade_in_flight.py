"""A library of any earlier version, with batches in flight, opens and goes on where it was."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.enrichment import BatchState, EnrichField
from app.domain.outcomes import Outcome
from app.storage import migrations
from app.storage.columns import moment
from app.storage.database import Database, rows
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.library import LibraryRepository
from tests.storage.builders import LATER, make_result

# As the first version wrote them: one batch in each state that a kill or a close may leave.
IN_FLIGHT = """
INSERT INTO run (run_id, kind) VALUES (1, 'enrichment');
INSERT INTO enrichment_run (run_id, provider, created_at, fields, cap, origin)
    VALUES (1, 'tamtam', 5, 'emails', 50, 'people.csv');
INSERT INTO enrichment_batch (batch_id, run_id, state, item_count, created_at, updated_at, request_id, submitted_at,
    next_poll_at, reserved, key_fingerprint) VALUES
    (1, 1, 'draft', 1, 5, 5, '', NULL, NULL, 0, ''),
    (2, 1, 'reserved', 1, 5, 5, '', NULL, NULL, 1, 'k'),
    (3, 1, 'submitting', 1, 5, 5, '', NULL, NULL, 1, 'k'),
    (4, 1, 'submitted', 1, 5, 5, 'req-4', 7, 9, 1, 'k'),
    (5, 1, 'collecting', 1, 5, 5, 'req-5', 7, 9, 1, 'k'),
    (6, 1, 'unknown_outcome', 1, 5, 5, '', NULL, NULL, 1, 'k');
INSERT INTO enrichment_item (item_id, run_id, batch_id, row, client_key, person_key, first_name, last_name, domain,
    company_name, linkedin_url)
    SELECT batch_id, 1, batch_id, batch_id, 'key-' || batch_id, 'linkedin:p' || batch_id, 'Ada', 'P' || batch_id,
        'acme.example', '', 'https://www.linkedin.com/in/p' || batch_id FROM enrichment_batch;
INSERT INTO enrichment_field (item_id, field, person_key, outcome)
    SELECT item_id, 'emails', person_key, CASE WHEN item_id < 3 THEN 'queued' WHEN item_id < 6 THEN 'in_flight'
        ELSE 'unknown' END FROM enrichment_item;
INSERT INTO ledger_line (at, provider, kind, credits, batch_id, run_id)
    SELECT 6, 'tamtam', 'reserved', reserved, batch_id, 1 FROM enrichment_batch WHERE reserved > 0;
"""

# From the fourth version on, a batch has its deadline and a person their keys from the start.
SINCE_FOURTH = """
UPDATE enrichment_batch SET expires_at = submitted_at + 2592000000000 WHERE state IN ('submitted', 'collecting');
INSERT INTO enrichment_key SELECT item_id, person_key FROM enrichment_item;
INSERT INTO enrichment_key SELECT item_id, 'name:ada p' || item_id || '@acme.example' FROM enrichment_item;
"""

# Two of the people are contacts of the library: one waits for a first answer, one has an older answer besides.
CONTACTS = """
INSERT INTO contact (contact_id, created_at, first_name, last_name, display_name, provider, provider_id, providers,
    fetched_at) SELECT item_id, 5, first_name, last_name, first_name || ' ' || last_name, 'leadfeeder', item_id,
    'leadfeeder', 5 FROM enrichment_item WHERE item_id IN (4, 5);
UPDATE enrichment_item SET contact_id = item_id WHERE item_id IN (4, 5);
INSERT INTO enrichment_batch (batch_id, run_id, state, item_count, created_at, updated_at, request_id, charged)
    VALUES (7, 1, 'complete', 1, 3, 4, 'req-7', 0);
INSERT INTO enrichment_item (item_id, run_id, batch_id, row, client_key, person_key, contact_id, first_name, last_name,
    domain, company_name, linkedin_url)
    SELECT 0, 1, 7, 7, 'key-7', person_key, 5, first_name, last_name, domain, '', linkedin_url
    FROM enrichment_item WHERE item_id = 5;
INSERT INTO enrichment_field (item_id, field, person_key, outcome, finished_at)
    SELECT 0, field, person_key, outcome, 4 FROM (SELECT person_key FROM enrichment_item WHERE item_id = 0),
        (SELECT 'emails' AS field, 'not_found' AS outcome UNION ALL SELECT 'phones', 'found');
"""


@pytest.mark.parametrize("version", range(1, migrations.LATEST))
async def test_batches_in_flight_survive_an_upgrade(
    library_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    with monkeypatch.context() as older:
        older.setattr(migrations, "_MIGRATIONS", migrations._MIGRATIONS[:version])
        older.setattr(migrations, "LATEST", version)
        database = await Database.open(library_path)
        await database.write(lambda conn: rows(conn, IN_FLIGHT + (SINCE_FOURTH if version >= 4 else "")))
        await database.close()

    database = await Database.open(library_path)
    queue = EnrichmentRepository(database, LibraryRepository(database))
    assert await queue.recover() == [3]
    run = await queue.run(1)
    assert [batch.state for batch in run.batches] == [
        BatchState.DRAFT,
        BatchState.DRAFT,
        BatchState.UNKNOWN_OUTCOME,
        BatchState.SUBMITTED,
        BatchState.COLLECTING,
        BatchState.UNKNOWN_OUTCOME,
    ]
    assert run.batches[3].expires_at == moment(7) + timedelta(days=30)
    assert run.spending.reserved == 4
    waiting = {key for known in await queue.known({"name:ada p4@acme.example"}) if known.waits for key in known.keys}
    assert waiting == {"linkedin:p4", "name:ada p4@acme.example"}
    for batch in run.batches[3:5]:
        (item,) = await queue.items(batch_id=batch.batch_id)
        result = make_result(item, email="ada@acme.example")
        await queue.complete(batch.batch_id, [result], charged=1, unmatched=[], raw=b"[]", fetched_at=LATER)
        (item,) = await queue.items(batch_id=batch.batch_id)
        assert item.outcomes[EnrichField.EMAILS].outcome is Outcome.FOUND
    spending = (await queue.run(1)).spending
    assert (spending.charged, spending.reserved) == (2, 2)
    await database.close()


async def test_contacts_show_how_far_their_batches_are_from_the_fifth_version_on(
    library_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(migrations, "_MIGRATIONS", migrations._MIGRATIONS[:4])
        older.setattr(migrations, "LATEST", 4)
        database = await Database.open(library_path)
        await database.write(lambda conn: rows(conn, IN_FLIGHT + SINCE_FOURTH + CONTACTS))
        await database.close()

    async def shown() -> list[tuple[str, str]]:
        return await database.read(
            lambda conn: rows(conn, "SELECT email_outcome, phone_outcome FROM contact ORDER BY contact_id")
        )

    database = await Database.open(library_path)
    library = LibraryRepository(database)
    queue = EnrichmentRepository(database, library)
    assert await shown() == [("in_flight", ""), ("in_flight", "found")]
    assert [batch.adapter for batch in (await queue.run(1)).batches] == ["", "", *["tamtam/1"] * 5]
    for batch_id, outcome in ((4, Outcome.FOUND), (5, Outcome.NOT_FOUND)):
        (item,) = await queue.items(batch_id=batch_id)
        email = "ada@acme.example" if outcome is Outcome.FOUND else ""
        result = make_result(item, outcome, email=email)
        await queue.complete(batch_id, [result], charged=len(email[:1]), unmatched=[], raw=b"[]", fetched_at=LATER)
    assert await shown() == [("found", ""), ("not_found", "found")]
    await database.close()
