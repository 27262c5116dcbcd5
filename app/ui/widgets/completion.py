"""Names in use, offered while one is typed."""

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit


def complete_from(known: QStringListModel, box: QLineEdit) -> QCompleter:
    """Offer what holds the text typed into a box, whatever its case."""
    completer = QCompleter(known, box)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    box.setCompleter(completer)
    return completer
