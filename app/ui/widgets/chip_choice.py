"""Several of a few known values, each as a chip that is on or off."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.labels import plain_tool_tip, set_role
from app.ui.wording import shortened

CHIP_CHARACTERS = 32


class ChipChoice(QWidget):
    """Chips that are chosen by click or Space; a tick marks the chosen ones, not colour alone."""

    values_changed = Signal()

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(label)
        self._chips: dict[str, QPushButton] = {}
        self._flow = FlowLayout(self)

    def set_choices(self, choices: Mapping[str, str]) -> None:
        """Offer these values with the words for them; chosen ones that are still offered stay chosen."""
        chosen = self.values()
        for chip in self._chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = {value: self._chip(words) for value, words in choices.items()}
        for chip in self._chips.values():
            self._flow.addWidget(chip)
        self.set_values(chosen)
        self.updateGeometry()

    def values(self) -> tuple[str, ...]:
        """The chosen values, in the order offered."""
        return tuple(value for value, chip in self._chips.items() if chip.isChecked())

    def set_values(self, values: Iterable[str]) -> None:
        """Choose exactly these, as far as they are offered."""
        wanted = set(values)
        for value, chip in self._chips.items():
            chip.setChecked(value in wanted)

    def chain(self, before: QWidget | None, after: QWidget) -> None:
        """Put the chips between two widgets in the order of Tab: being made late, they come after everything else."""
        for chip in self._chips.values():
            if before is not None:
                QWidget.setTabOrder(before, chip)
            before = chip
        if before is not None:
            QWidget.setTabOrder(before, after)

    def _chip(self, words: str) -> QPushButton:
        shown = shortened(words, CHIP_CHARACTERS)
        chip = QPushButton(shown.replace("&", "&&"))
        set_role(chip, "chip")
        chip.setCheckable(True)
        chip.setAutoDefault(False)
        chip.setIconSize(QSize(11, 11))
        chip.setAccessibleName(words)
        chip.setToolTip(plain_tool_tip(words) if shown != words else "")
        chip.toggled.connect(lambda on, chip=chip: self._on_toggled(chip, on=on))
        return chip

    def _on_toggled(self, chip: QPushButton, *, on: bool) -> None:
        chip.setIcon(icon("check", Ink.ACCENT) if on else QIcon())
        self.values_changed.emit()
