"""The export dialog: how many contacts, in which layout, to which file."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.qtbridge.dialogs import ask, save_file
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column, name_widgets
from app.ui.widgets.labels import rule, text_label
from app.ui.widgets.progress_strip import ProgressStrip
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services
    from app.services.export import ExportReport


class ExportDialog(QDialog):
    """Writes the file on confirmation. `report` says what was written, None when cancelled."""

    def __init__(
        self, services: "Services", contact_ids: Sequence[int], suggested: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.report: ExportReport | None = None
        self._services = services
        self._contact_ids = list(contact_ids)
        self._agreed: Path | None = None
        self._writing = False
        self.banner = Banner(self)
        self._scope = TaskScope("export dialog", failure_handler(self.banner.show_error))
        self._strip = ProgressStrip()
        self._suppressed = 0
        self._preset = QComboBox()
        self._heading = text_label(role="heading")
        self._left_out = text_label(role="muted")
        self._all_the_same = QCheckBox("Export &them all the same")
        self._path = QLineEdit(str(suggested))
        self._browse = QPushButton("&Browse…")
        self._export = QPushButton("Export")
        self._cancel = QPushButton("Cancel")
        self._build()
        self._show()
        self._scope.start(self._look_up(), "who must not be contacted")

    async def shut_down(self) -> None:
        """Stop what is running."""
        await self._scope.aclose()

    def _target(self) -> Path | None:
        text = self._path.text().strip()
        return Path(text).expanduser() if text else None

    async def _look_up(self) -> None:
        self._suppressed = await self._services.export.suppressed(self._contact_ids)
        self._show()

    def _browse_soon(self) -> None:
        self._scope.replace("browse", self._choose())

    async def _choose(self) -> None:
        target = self._target() or _default_folder() / "contacts.csv"
        chosen = await save_file(self, "Export contacts", target, "CSV (*.csv);;All files (*)")
        if chosen is not None:
            self._agreed = chosen  # the file dialog has asked about overwriting
            self._path.setText(str(chosen))

    def _export_soon(self) -> None:
        target = self._target()
        if target is not None and not self._writing:
            self._writing = True
            self._show()
            self._scope.replace("export", self._write(target))

    async def _write(self, target: Path) -> None:
        try:
            if target != self._agreed and await asyncio.to_thread(target.exists):
                overwrite = await ask(
                    self, "Replace the file", f"“{target.name}” exists already.", accept="Replace", destructive=True
                )
                if not overwrite:
                    return
            self.report = await self._services.export.export_csv(
                self._contact_ids,
                target,
                preset=self._preset.currentData(),
                include_suppressed=self._all_the_same.isChecked(),
                progress=self._show_progress,
            )
        finally:
            self._writing = False
            self._strip.end()
            self._show()
        self.accept()

    def _show_progress(self, done: int, total: int) -> None:
        if self._strip.isHidden() and done < total:  # what is done at once needs no telling
            self._strip.begin("Exporting contacts", total)
        self._strip.advance(done, total)
        self._strip.stop_button.setEnabled(done < total)  # what is left is the file itself, in a moment

    def _show(self) -> None:
        left_out = 0 if self._all_the_same.isChecked() else self._suppressed
        number = len(self._contact_ids) - left_out
        words = f"Export {count(number, 'contact')}"
        self._heading.setText(f"{count(number, 'contact')} will be written")
        if left_out:
            self._left_out.setText(f"{count(left_out, 'contact')} left out, on the do-not-contact list.")
        else:
            self._left_out.setText(f"{count(self._suppressed, 'contact')} on the do-not-contact list included.")
        for widget in (self._left_out, self._all_the_same):
            widget.setVisible(self._suppressed > 0)
        self._export.setText(words)
        self._export.setAccessibleName(words)
        self._export.setEnabled(number > 0 and self._target() is not None and not self._writing)

    def _build(self) -> None:
        self.setObjectName("export_dialog")
        self.setWindowTitle("Export contacts")
        self.setMinimumWidth(560)
        name_widgets(
            (
                (self._preset, "export_preset", "File layout"),
                (self._path, "export_path", "File to write"),
                (self._browse, "export_browse", "Choose the file"),
                (self._export, "export_confirm", ""),
                (self._cancel, "export_cancel", "Cancel"),
                (self._left_out, "export_left_out", ""),
                (self._all_the_same, "export_all_the_same", "Export those on the do-not-contact list too"),
            )
        )
        self._all_the_same.toggled.connect(lambda _: self._show())
        for preset in self._services.export.presets():
            self._preset.addItem(preset.label, preset.name)
        self._export.setProperty("primary", True)  # noqa: FBT003
        self._export.setDefault(True)
        self._path.textChanged.connect(self._show)
        self._browse.clicked.connect(self._browse_soon)
        self._export.clicked.connect(self._export_soon)
        self._cancel.clicked.connect(self.reject)
        self._strip.stop_button.setToolTip("Stop; no file is written")
        self._strip.stop_requested.connect(lambda: self._scope.cancel("export"))

        file_row = QHBoxLayout()
        file_row.setSpacing(SPACING.s)
        file_row.addWidget(self._path, 1)
        file_row.addWidget(self._browse)
        form = QFormLayout()
        form.setHorizontalSpacing(SPACING.l)
        form.setVerticalSpacing(SPACING.m)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("&Layout", self._preset)
        file_label = QLabel("&File")
        file_label.setBuddy(self._path)
        form.addRow(file_label, file_row)
        buttons = button_row(self._cancel, self._export)
        column = dialog_column(self)
        suppressed = QVBoxLayout()
        suppressed.setSpacing(SPACING.xs)
        suppressed.addWidget(self._heading)
        suppressed.addWidget(self._left_out)
        suppressed.addWidget(self._all_the_same)
        column.addLayout(suppressed)
        column.addWidget(self.banner)
        column.addWidget(self._strip)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(rule())
        column.addLayout(buttons)


def _default_folder() -> Path:
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents) if documents else Path.home()


async def run_export_dialog(
    parent: QWidget, services: "Services", contact_ids: Sequence[int], suggested_name: str
) -> "ExportReport | None":
    """Ask for layout and file, and write these contacts.

    Args:
        parent: The window it belongs to.
        services: Where the contacts are.
        contact_ids: What to write, in this order.
        suggested_name: File name to begin with; its folder is the rep's documents.

    Returns:
        What was written, None when the rep cancelled.
    """
    dialog = ExportDialog(services, contact_ids, _default_folder() / Path(suggested_name).name, parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.report
