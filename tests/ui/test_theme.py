from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication

from app.domain.outcomes import Outcome
from app.ui.colours import DARK, LIGHT, Colours, Ink, current_colours
from app.ui.icons import icon
from app.ui.theme import Theme, build_style_sheet, outcome_style

pytestmark = pytest.mark.gui


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    palette, sheet = qapp.palette(), qapp.styleSheet()
    theme = Theme(qapp)
    yield theme
    theme.deleteLater()
    qapp.setPalette(palette)
    qapp.setStyleSheet(sheet)


def pixels(name: str) -> set[int]:
    image = icon(name).pixmap(QSize(32, 32)).toImage()
    return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_style_sheet_is_filled_in_and_its_pictures_exist(colours: Colours) -> None:
    sheet = build_style_sheet(colours)
    assert "@" not in sheet.replace("/* Names between @", "")
    pictures = [part.split('")')[0] for part in sheet.split('url("')[1:]]
    assert pictures
    assert [picture for picture in pictures if not Path(picture).is_file()] == []


def test_every_outcome_looks_different() -> None:
    pictures = [bytes(outcome_style(outcome).icon.pixmap(QSize(32, 32)).toImage().constBits()) for outcome in Outcome]
    assert len(set(pictures)) == len(Outcome)


def test_a_style_sheet_held_back_comes_with_the_release_in_the_colours_chosen(qapp: QApplication) -> None:
    palette, sheet = qapp.palette(), qapp.styleSheet()
    qapp.setStyleSheet("")
    held = Theme(qapp, held=True)
    try:
        held.choose(Qt.ColorScheme.Dark)
        assert current_colours() is DARK
        assert not qapp.styleSheet()
        held.release()
        assert qapp.styleSheet() == build_style_sheet(DARK)
        held.choose(Qt.ColorScheme.Light)
        assert qapp.styleSheet() == build_style_sheet(LIGHT)
    finally:
        held.deleteLater()
        qapp.setPalette(palette)
        qapp.setStyleSheet(sheet)


def test_a_choice_of_colours_wins_over_the_system_and_icons_follow(theme: Theme) -> None:
    theme.choose(Qt.ColorScheme.Light)
    assert current_colours() is LIGHT
    light = pixels("search")
    theme.choose(Qt.ColorScheme.Dark)
    assert current_colours() is DARK
    assert pixels("search") != light
    assert outcome_style(Outcome.FAILED).colour.name() == DARK.ink(Ink.DANGER)
