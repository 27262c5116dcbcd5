import pytest

from app.domain.errors import InputError
from app.exchange.presets import EXCEL, PLAIN, preset_named


def test_presets_are_found_by_name() -> None:
    assert preset_named("plain") is PLAIN
    assert preset_named(" Excel ") is EXCEL


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(InputError, match="no export preset") as caught:
        preset_named("word")
    assert "plain, excel" in caught.value.next_step
