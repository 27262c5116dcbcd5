"""Ten thousand IDs against a service that enforces its published limit, by a clock that jumps over the waits."""

from pathlib import Path

from app.demo.dataset import DemoData
from app.domain.outcomes import Outcome
from bench.bulk_fetch import IDS, TARGET, bound, in_strict_limits


async def test_ten_thousand_ids_end_as_soon_as_the_limit_lets_them(tmp_path: Path) -> None:
    run, seconds, refused = await in_strict_limits(tmp_path, DemoData(), known=500)
    assert refused == 0
    assert run.counts == {Outcome.FOUND: 500, Outcome.NOT_FOUND: IDS - 500}
    assert bound(200) == 180.0
    assert 180.0 <= seconds <= TARGET * 180.0
