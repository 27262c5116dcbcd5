"""The diagnostics bundle before it is saved: every file, word for word as it will be written."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.qtbridge.dialogs import save_file
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

_TEXT = int(Qt.ItemDataRole.UserRole)
_LIST_WIDTH = 190


class BundleDialog(QDialog):
    """Shows what will be saved, and saves it on confirmation. `saved` is the file written, None when cancelled.

    Args:
        services: Where the diagnostics come from.
        more_versions: What only the window knows of the versions it runs on.
        parent: The window it belongs to.
    """

    def __init__(self, services: "Services", more_versions: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.saved: Path | None = None
        self._diagnostics = services.diagnostics
        self._more_versions = dict(more_versions)
        self.banner = Banner()
        self._scope = TaskScope("diagnostics preview", failure_handler(self.banner.show_error))
        self._told = text_label("Collecting…", role="muted")
        self.files = QListWidget()
        self.text = QPlainTextEdit()
        self._save = QPushButton("Save…")
        self._cancel = QPushButton("Cancel")
        self._build()
        self._scope.start(self._load(), "preview")

    async def shut_down(self) -> None:
        """Stop what runs."""
        await self._scope.aclose()

    def save_to(self, path: Path) -> None:
        """Save what is shown, without asking where."""
        self._scope.replace("save", self._write_to(path))

    async def _load(self) -> None:
        files = await self._diagnostics.preview(more_versions=self._more_versions)
        for name, text in files:
            item = QListWidgetItem(f"{name}\n{_size(text)}")
            item.setData(_TEXT, text)
            self.files.addItem(item)
        self.files.setCurrentRow(0)
        self._told.setText(
            f"These {count(len(files), 'file')} are saved, word for word as shown. Nothing is sent to anybody."
        )
        self._save.setEnabled(True)
        self.files.setFocus()

    def _start_saving(self) -> None:
        self._scope.replace("save", self._write())

    async def _write(self) -> None:
        self.banner.clear()
        chosen = await save_file(self, "Save diagnostics", suggested_path(), "Zip files (*.zip);;All files (*)")
        if chosen is not None:
            await self._write_to(chosen)

    async def _write_to(self, path: Path) -> None:
        self.saved = await self._diagnostics.save_bundle(path)
        self.accept()

    def _show_file(self, item: QListWidgetItem | None) -> None:
        self.text.setPlainText("" if item is None else str(item.data(_TEXT)))
        name = "" if item is None else item.text().partition("\n")[0]
        self.text.setAccessibleName(f"Text of {name}")

    def _build(self) -> None:
        self.setObjectName("bundle_dialog")
        self.setWindowTitle("Save diagnostics")
        self.resize(900, 620)
        self.files.setObjectName("bundle_files")
        self.files.setAccessibleName("Files of the bundle")
        self.files.setMinimumWidth(140)
        self.files.currentItemChanged.connect(lambda item, _: self._show_file(item))
        self.text.setReadOnly(True)
        self.text.setObjectName("bundle_text")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self._save.setObjectName("bundle_save")
        self._save.setAccessibleName("Save the diagnostics to a file")
        self._save.setEnabled(False)
        self._save.setDefault(True)
        set_role(self._save, "primary")
        self._save.clicked.connect(self._start_saving)
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(self.reject)
        parts = QSplitter()
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.files)
        parts.addWidget(self.text)
        parts.setStretchFactor(1, 1)
        parts.setSizes([_LIST_WIDTH, 900 - _LIST_WIDTH])
        buttons = button_row(self._cancel, self._save)
        head = QVBoxLayout()
        head.setSpacing(SPACING.xs)
        head.addWidget(text_label("Read before you save", role="heading"))
        head.addWidget(self._told)
        column = dialog_column(self)
        column.addLayout(head)
        column.addWidget(self.banner)
        column.addWidget(parts, 1)
        column.addWidget(rule())
        column.addLayout(buttons)


def suggested_path() -> Path:
    """Where the rep would look for it, named after the day."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folder = Path(documents) if documents else Path.home()
    return folder / f"contact-scout-diagnostics-{datetime.now().astimezone():%Y-%m-%d}.zip"


def _size(text: str) -> str:
    lines = count(len(text.splitlines()), "line")
    size = len(text.encode())
    return f"{lines}, {size / 1024:,.1f} KB" if size >= 1024 else f"{lines}, {count(size, 'byte')}"


async def run_bundle_dialog(parent: QWidget, services: "Services", more_versions: Mapping[str, str]) -> Path | None:
    """Show the bundle and save it where the rep wants; None when cancelled. Arguments as for `BundleDialog`."""
    dialog = BundleDialog(services, more_versions, parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.saved
