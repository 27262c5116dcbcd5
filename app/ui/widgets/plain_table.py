"""How tables of the program look that are not tables of contacts: whole rows, no grid, titles to the left."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView


def dress_table(table: QTableView, widths: Sequence[int] = ()) -> None:
    """Give a table, which has its model, the program's look, and its first columns these widths in pixels.

    Tab leaves the table instead of going through its cells.
    """
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    for column, width in enumerate(widths):
        header.resizeSection(column, width)
