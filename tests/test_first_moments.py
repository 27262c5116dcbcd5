import gc
from collections.abc import Iterator

import pytest

from app import first_moments


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    gc.unfreeze()  # what an earlier test of a window has frozen
    gc.enable()
    yield
    gc.unfreeze()
    gc.enable()


def test_the_collector_rests_until_the_window_is_shown_and_passes_over_what_is_there_then() -> None:
    with first_moments.rubbish_left_until_shown():
        assert not gc.isenabled()
        first_moments.shown()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    assert gc.isenabled()


def test_the_collector_works_again_when_no_window_was_shown() -> None:
    with pytest.raises(OSError, match="no display"), first_moments.rubbish_left_until_shown():
        raise OSError("no display")
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_collector_that_works_is_left_alone() -> None:
    first_moments.shown()
    assert gc.get_freeze_count() == 0


def test_a_collector_that_somebody_switched_off_stays_off() -> None:
    gc.disable()
    with first_moments.rubbish_left_until_shown():
        pass
    assert not gc.isenabled()
