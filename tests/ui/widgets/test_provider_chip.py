from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.provider import Provider
from app.services.credentials import KeySource
from app.services.providers import ProviderStatus
from app.ui.widgets.provider_chip import ChipBar, ProviderChip

pytestmark = pytest.mark.gui


def status(provider: Provider, source: KeySource, credit: str = "", error: str = "") -> ProviderStatus:
    return ProviderStatus(provider, source, "8 requests a second", credit, error)


@pytest.fixture
def bar(qtbot: QtBot) -> ChipBar:
    chips = [ProviderChip(provider) for provider in Provider]
    widget = ChipBar(chips)
    qtbot.addWidget(widget)
    widget.resize(1200, 40)
    widget.grab()
    chips[0].show_status(status(Provider.TALKTOHUMANS, KeySource.NONE))
    chips[1].show_status(status(Provider.LEADFEEDER, KeySource.KEYRING, "9,820 credits left"))
    chips[2].show_status(status(Provider.TAMTAM, KeySource.SESSION, "12 credits left", "Tamtam refused the key."))
    return widget


def texts(bar: ChipBar) -> list[str]:
    return [chip.text() for chip in bar.findChildren(ProviderChip)]


def test_chips_say_key_and_credits_and_the_rest_to_who_asks(bar: ChipBar) -> None:
    assert texts(bar) == [
        "TalkToHumans · no key",
        "Leadfeeder · 9,820 credits",
        "Tamtam · 12 credits",
        "BuildWorkPro",
    ]
    tamtam = bar.findChildren(ProviderChip)[2]
    assert tamtam.accessibleName() == (
        "Tamtam: Key for this session only, 8 requests a second, 12 credits left, Tamtam refused the key."
    )


def test_chips_say_less_where_there_is_less_room(bar: ChipBar) -> None:
    bar.resize(480, 40)
    bar.grab()
    assert texts(bar) == ["TalkToHumans", "Leadfeeder", "Tamtam", "BuildWorkPro"]
    bar.resize(bar.minimumWidth(), 40)
    bar.grab()
    assert texts(bar) == ["TTH", "L", "T", "BWP"]


def test_a_pause_goes_before_the_credits_and_ends_by_itself(bar: ChipBar) -> None:
    leadfeeder = bar.findChildren(ProviderChip)[1]
    known = status(Provider.LEADFEEDER, KeySource.KEYRING, "9,820 credits left")
    leadfeeder.show_status(replace(known, pace="Paused for 12 s, as the service asked", paused_for=12))
    assert texts(bar)[1] == "Leadfeeder · paused 12 s"
    assert "Paused for 12 s, as the service asked" in leadfeeder.toolTip()
    leadfeeder.show_status(known)
    assert texts(bar)[1] == "Leadfeeder · 9,820 credits"
