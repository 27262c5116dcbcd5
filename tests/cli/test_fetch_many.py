"""A hundred thousand pasted pieces, accounted for to the last one by the command line."""

import json
import random
import uuid
from collections import Counter
from pathlib import Path

import pytest

from app.demo.samples import sample_ids
from app.domain.provider import Provider
from app.providers.limits import Limiter
from tests.cli.conftest import Program, read_rows
from tests.support.demo_server import DemoServer

UUIDS, INTEGERS, DUPLICATES, UNREADABLE = 10_000, 75_000, 10_000, 5_000


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published limits would make minutes of it."""
    monkeypatch.setattr("app.services.providers.new_limiter", lambda *_, **__: Limiter([], in_flight=8))


def test_every_piece_of_a_hundred_thousand_has_its_place(
    program: Program, demo_server: DemoServer, tmp_path: Path, no_limits: None
) -> None:
    chance = random.Random(6)
    known = sample_ids(demo_server.data, Provider.TAMTAM, 500)
    strangers = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(UUIDS - len(known))]
    numbers = [str(number) for number in chance.sample(range(1, 10**9), INTEGERS)]
    valid = known + strangers + numbers
    pieces = valid + chance.choices(valid, k=DUPLICATES) + [f"n/a-{number}" for number in range(UNREADABLE)]
    chance.shuffle(pieces)
    ids = tmp_path / "ids.txt"
    ids.write_text("".join(piece + chance.choice(["\n", ", ", ";", "\t"]) for piece in pieces), "utf-8")

    out, outcomes, left_out = tmp_path / "out.csv", tmp_path / "outcomes.csv", tmp_path / "left.csv"
    files = ("--out", out, "--outcomes", outcomes, "--left-out", left_out)
    result = program("fetch", "tamtam", ids, *files, "--json")
    assert result.code == 0
    summary = json.loads(result.written)
    pasted = summary["pasted"]
    assert pasted == {
        "pieces": 100_000, "ids": UUIDS, "duplicates": DUPLICATES, "other_ids": INTEGERS, "people": 0, "emails": 0,
        "questioned": 0, "unreadable": UNREADABLE,
    }  # fmt: skip
    assert summary["outcomes"] == {"found": len(known), "not_found": len(strangers)}

    told = {row["id"]: row["outcome"] for row in read_rows(outcomes)}
    assert told == dict.fromkeys(known, "found") | dict.fromkeys(strangers, "not_found")
    assert {row["provider_id"] for row in read_rows(out)} == set(known)
    left = read_rows(left_out)
    assert {row["text"] for row in left if row["kind"] == "other_id"} == set(numbers)
    assert Counter(row["kind"] for row in left) == {"other_id": INTEGERS, "unreadable": UNREADABLE}
    assert len(told) + len(left) + pasted["duplicates"] == 100_000
    requests = demo_server.requests(Provider.TAMTAM, "/v1/contacts")
    assert len(requests) == UUIDS // 100
