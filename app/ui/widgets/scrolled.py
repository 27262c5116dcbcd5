"""What may be longer than its panel is high, and is scrolled up and down."""

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from app.ui.widgets.labels import set_role


class ScrolledContent(QWidget):
    """As wide as its panel, and as high as it has to be at that width.

    Qt would make it as high as it were at its narrowest, where texts break into the most lines.
    """

    def minimumSizeHint(self) -> QSize:
        """Next to nothing: the height follows from the width."""
        return QSize(1, 0)


def give_room() -> None:
    """Make contents as high as what has just come into them, before a button that was clicked paints them squeezed."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)


def scroll_area(content: ScrolledContent, name: str) -> QScrollArea:
    """Room for a content; `name` is what a screen reader calls it."""
    set_role(content, "canvas")
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setAccessibleName(name)
    area.setWidget(content)
    return area
