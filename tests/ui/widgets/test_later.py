from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QTabWidget

from app.ui.widgets.later import Later

pytestmark = pytest.mark.gui


@pytest.fixture
def tabs(qapp: object) -> Iterator[tuple[QTabWidget, list[Later[QLabel]]]]:
    whole = QTabWidget()
    places = [Later(lambda text=text: QLabel(text)) for text in ("front", "behind")]  # type: ignore[misc]
    for place in places:
        whole.addTab(place, "")
    yield whole, places
    whole.close()
    whole.deleteLater()


def test_what_is_out_of_sight_is_made_when_it_comes_into_sight(tabs: tuple[QTabWidget, list[Later[QLabel]]]) -> None:
    whole, (front, behind) = tabs
    assert [place.made is not None for place in (front, behind)] == [False, False]
    whole.show()
    assert [place.made is not None for place in (front, behind)] == [True, False]
    assert front.widget().isVisible()
    whole.setCurrentIndex(1)
    assert [place.made is not None for place in (front, behind)] == [True, True]
    assert behind.widget().isVisible()


def test_who_asks_gets_it_made_once(tabs: tuple[QTabWidget, list[Later[QLabel]]]) -> None:
    whole, (_, behind) = tabs
    label = behind.widget()
    assert label.text() == "behind"
    whole.show()
    whole.setCurrentIndex(1)
    assert behind.widget() is label
