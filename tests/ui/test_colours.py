import pytest
from PySide6.QtGui import QColor

from app.ui.colours import DARK, LIGHT, Colours, Ink, colours_of
from app.ui.theme import build_palette

pytestmark = pytest.mark.gui

GROUNDS = ("window", "base", "raised", "selection")
READ_ON_GROUNDS = [ink for ink in Ink if ink is not Ink.ON_ACCENT]


def luminance(colour: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    shown = QColor(colour)
    return 0.2126 * linear(shown.redF()) + 0.7152 * linear(shown.greenF()) + 0.0722 * linear(shown.blueF())


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", READ_ON_GROUNDS)
def test_every_ink_can_be_read_on_every_ground(colours: Colours, ground: str, ink: Ink) -> None:
    assert contrast(colours.ink(ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("tone", ["info", "success", "warning", "danger"])
def test_banners_can_be_read(colours: Colours, tone: str) -> None:
    ground = getattr(colours, f"{tone}_ground")
    for ink in ("text", "muted", tone):
        assert contrast(getattr(colours, ink), ground) >= 4.5, ink


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_filled_buttons_can_be_read(colours: Colours) -> None:
    assert contrast(colours.on_accent, colours.fill) >= 4.5
    assert contrast(colours.on_accent, colours.fill_hover) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_a_palette_tells_its_scheme(colours: Colours) -> None:
    assert colours_of(build_palette(colours)) is colours
