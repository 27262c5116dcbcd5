from datetime import UTC, datetime

import pytest

from app.domain.provider import Provider
from app.providers.attempts import ATTEMPTS_KEPT, ERRORS_KEPT, Attempt, AttemptLog

AT = datetime(2026, 11, 5, tzinfo=UTC)


def attempt(number: int = 1, *, provider: Provider = Provider.TAMTAM, status: int | None = 200, **more: str) -> Attempt:
    return Attempt(provider, "GET", "/v2/credits", number, AT, status=status, wait=0.5, duration=1.25, size=9, **more)


def test_a_line_is_pairs_that_a_program_can_read() -> None:
    line = attempt(request_id="r=1").line()
    assert line == (
        "provider=tamtam method=GET path=/v2/credits status=200 failure=- request_id=r=1 attempt=1 "
        "wait=0.50 duration=1.25 bytes=9"
    )
    assert dict(pair.split("=", 1) for pair in line.split(" "))["request_id"] == "r=1"
    assert "status=- failure=ConnectError request_id=- " in attempt(status=None, failure="ConnectError").line()


@pytest.mark.parametrize("said", ["Ann Lee", "ann@example.com", "1 status=200", "x\n2026 forged", "+49 30 1234567"])
def test_a_request_id_that_is_none_is_not_repeated(said: str) -> None:
    assert " request_id=? attempt=" in attempt(request_id=said).line()


def test_the_last_attempts_and_errors_of_each_provider_are_kept() -> None:
    attempts = AttemptLog()
    for number in range(100):
        attempts.note(attempt(number, status=200 if number % 2 else 500))
    attempts.note(attempt(provider=Provider.LEADFEEDER, status=None, failure="ReadTimeout"))
    attempts.note(attempt(provider=Provider.LEADFEEDER, failure="UnreadableAnswerError"))
    assert [each.number for each in attempts.last(Provider.TAMTAM)] == list(range(99, 99 - ATTEMPTS_KEPT, -1))
    assert [each.number for each in attempts.errors(Provider.TAMTAM)] == list(range(98, 98 - 2 * ERRORS_KEPT, -2))
    assert [each.failure for each in attempts.errors(Provider.LEADFEEDER)] == ["UnreadableAnswerError", "ReadTimeout"]
    assert attempts.last(Provider.BUILDWORKPRO) == attempts.errors(Provider.BUILDWORKPRO) == ()
