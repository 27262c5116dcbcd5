"""Room for what is made when it comes into sight for the first time, so that the first window need not wait for it."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

_W = TypeVar("_W", bound=QWidget)


class Later(QWidget, Generic[_W]):
    """Holds a widget that is made when this is first shown, or when somebody asks for it, whichever comes first.

    Args:
        make: Makes the widget; called once.
        parent: The widget it is put into.
    """

    def __init__(self, make: Callable[[], _W], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._made: _W | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    @property
    def made(self) -> _W | None:
        """The widget, None while nobody has needed it."""
        return self._made

    def widget(self) -> _W:
        """The widget; made now if it was not."""
        if self._made is None:
            self._made = self._make()
            self._column.addWidget(self._made)
        return self._made

    def showEvent(self, event: QShowEvent) -> None:
        """Make it."""
        super().showEvent(event)
        self.widget().show()
