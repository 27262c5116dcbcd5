"""The panel that narrows the library down: facets, their values with counts, and ticks."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.domain.library_view import Facet, FacetCounts, FacetValue
from app.ui.theme import SPACING
from app.ui.widgets.labels import plain_tool_tip, set_role, text_label

FEW = 6
"""Values of a facet shown until the rep wants more; those that are ticked are always shown."""
TITLES: Mapping[Facet, str] = {
    Facet.PROVIDER: "Source",
    Facet.HAS_EMAIL: "Email",
    Facet.HAS_PHONE: "Phone",
    Facet.OUTCOME: "Enrichment",
    Facet.STATUS: "Status",
    Facet.LIST: "List",
    Facet.TAG: "Tag",
    Facet.COMPANY: "Company",
    Facet.COUNTRY: "Country",
}
_VALUE = Qt.ItemDataRole.UserRole
_FACET = Qt.ItemDataRole.UserRole + 1
_CLOSED_AT_FIRST = frozenset({Facet.COMPANY, Facet.COUNTRY, Facet.TAG, Facet.LIST})


class FacetPanel(QWidget):
    """One tree of facets and values. A tick narrows the view to contacts that have one of the ticked values.

    Keys: arrows move and open, Space and Enter tick.

    Signals:
        chosen: The rep ticked or unticked something: facet → values.
        folded: A facet was opened or closed.
    """

    chosen = Signal(object)
    folded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("facet_panel")
        self._counts: dict[Facet, FacetCounts] = {}
        self._chosen: dict[Facet, frozenset[str]] = {}
        self._all_shown: set[Facet] = set()
        self._filling = False
        self._ticked_by_qt = False
        self._items: dict[Facet, QTreeWidgetItem] = {}
        self.clear_button = QPushButton("Clear all")
        set_role(self.clear_button, "flat")
        self.clear_button.setToolTip("Untick every value")
        self.clear_button.setAccessibleName("Clear all facets")
        self.clear_button.clicked.connect(self.clear)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(text_label("Narrow down", role="section", wrap=False), 1)
        head.addWidget(self.clear_button)
        self._build_tree()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.xs)
        column.addLayout(head)
        column.addWidget(self.tree, 1)
        self._enable()

    def show_counts(self, counts: Sequence[FacetCounts]) -> None:
        """Show the values there are now; facets without any are left out."""
        self._counts = {each.facet: each for each in counts}
        self._fill()

    @property
    def choice(self) -> dict[Facet, frozenset[str]]:
        """What is ticked."""
        return dict(self._chosen)

    def set_choice(self, choice: Mapping[Facet, frozenset[str]]) -> None:
        """Tick exactly these values, silently."""
        self._chosen = {facet: frozenset(values) for facet, values in choice.items() if values}
        self._fill()

    def clear(self) -> None:
        """Untick everything."""
        if self._chosen:
            self.set_choice({})
            self.chosen.emit({})

    def open_facets(self) -> list[str]:
        """The facets that are open, for the session."""
        return [facet.value for facet, item in self._items.items() if item.isExpanded()]

    def set_open_facets(self, names: object) -> None:
        """Open exactly these facets; damage is ignored."""
        if isinstance(names, list):
            for facet, item in self._items.items():
                item.setExpanded(facet.value in names)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Enter tick, as Space does."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            item = self.tree.currentItem()
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
                self._press(item)
                return True
            if event.key() == Qt.Key.Key_Space and item is not None and item.data(0, _VALUE) is None:
                self._press(item)
                return True
        return super().eventFilter(watched, event)

    # Inside

    def _fill(self) -> None:
        """Bring the tree up to date, item by item, so that cursor and scroll position stay where they are."""
        self._filling = True
        self.tree.setUpdatesEnabled(False)
        for facet, item in self._items.items():
            counts = self._counts.get(facet)
            item.setHidden(counts is None or not self._worth_showing(counts))
            if counts is not None:
                self._fill_facet(item, counts)
        self.tree.setUpdatesEnabled(True)
        self._filling = False
        self._enable()

    def _worth_showing(self, counts: FacetCounts) -> bool:
        """A facet whose only value is “none of them” tells nothing."""
        return counts.facet in self._chosen or any(value.value and value.count for value in counts.values)

    def _fill_facet(self, item: QTreeWidgetItem, counts: FacetCounts) -> None:
        chosen = self._chosen.get(counts.facet, frozenset())
        title = TITLES[counts.facet]
        item.setText(0, f"{title} · {len(chosen):,} chosen" if chosen else title)
        values = [each for each in counts.values if each.count or each.value in chosen]
        shown = values if counts.facet in self._all_shown else _few(values, chosen)
        more = len(values) - len(shown)
        rows: list[tuple[str, str, str | None]] = [(each.label, f"{each.count:,}", each.value) for each in shown]
        if more:
            rows.append((f"{more:,} more…", "", None))
        elif counts.facet in self._all_shown and len(values) > FEW:
            rows.append(("Show fewer", "", None))
        if counts.more and counts.facet in self._all_shown:
            rows.append((f"{counts.more:,} others: type their names above", "", None))
        while item.childCount() > len(rows):
            item.takeChild(item.childCount() - 1)
        while item.childCount() < len(rows):
            item.addChild(QTreeWidgetItem())
        for number, (label, text, value) in enumerate(rows):
            _set(item.child(number), counts.facet, label, text, value, chosen)

    def _on_changed(self, item: QTreeWidgetItem, column: int) -> None:
        value = item.data(0, _VALUE)
        if self._filling or column != 0 or value is None or item.parent() is None:
            return
        self._ticked_by_qt = True
        facet = Facet(item.data(0, _FACET))
        ticked = item.checkState(0) is Qt.CheckState.Checked
        mine = self._chosen.get(facet, frozenset())
        mine = mine | {value} if ticked else mine - {value}
        if mine:
            self._chosen[facet] = mine
        else:
            self._chosen.pop(facet, None)
        self._enable()
        self.chosen.emit(self.choice)

    def _press(self, item: QTreeWidgetItem) -> None:
        """Tick a value, show more or fewer of them, or open and close a facet."""
        if item.parent() is None:
            item.setExpanded(not item.isExpanded())
        elif item.data(0, _VALUE) is not None:
            ticked = item.checkState(0) is Qt.CheckState.Checked
            item.setCheckState(0, Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked)
        else:
            self._all_shown ^= {Facet(item.data(0, _FACET))}
            self._fill()

    def _on_pressed(self) -> None:
        self._ticked_by_qt = False

    def _on_clicked(self, item: QTreeWidgetItem) -> None:
        """The whole line is the button, not only the box; when the box is hit Qt has ticked already."""
        if not self._ticked_by_qt:
            self._press(item)

    def _enable(self) -> None:
        self.clear_button.setEnabled(bool(self._chosen))

    def _build_tree(self) -> None:
        self.tree = tree = QTreeWidget()
        set_role(tree, "facets")
        tree.setAccessibleName("Facets")
        tree.setColumnCount(2)
        tree.setHeaderHidden(True)
        tree.setIndentation(SPACING.m)
        tree.setUniformRowHeights(True)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        for facet in Facet:
            item = QTreeWidgetItem(tree, [TITLES[facet], ""])
            font = item.font(0)
            font.setBold(True)
            item.setFont(0, font)
            item.setFirstColumnSpanned(True)
            item.setData(0, _FACET, facet.value)
            item.setExpanded(facet not in _CLOSED_AT_FIRST)
            item.setHidden(True)
            self._items[facet] = item
        tree.itemChanged.connect(self._on_changed)
        tree.itemPressed.connect(self._on_pressed)
        tree.itemClicked.connect(self._on_clicked)
        tree.setExpandsOnDoubleClick(False)
        tree.itemExpanded.connect(lambda _: self.folded.emit())
        tree.itemCollapsed.connect(lambda _: self.folded.emit())
        tree.installEventFilter(self)

    def sizeHint(self) -> QSize:
        """Wide enough for most names."""
        return QSize(220, 400)


def _few(values: Sequence[FacetValue], chosen: frozenset[str]) -> list[FacetValue]:
    if len(values) <= FEW + 1:
        return list(values)
    return [value for place, value in enumerate(values) if place < FEW or value.value in chosen]


def _set(
    item: QTreeWidgetItem | None, facet: Facet, label: str, text: str, value: str | None, chosen: frozenset[str]
) -> None:
    if item is None:
        return
    item.setData(0, _FACET, facet.value)
    item.setData(0, _VALUE, value)
    item.setText(0, label)
    item.setText(1, text)
    item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(0, plain_tool_tip(label))
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{label}, {text} contacts" if text else label)
    if value is None:
        item.setData(0, Qt.ItemDataRole.CheckStateRole, None)
    else:
        item.setCheckState(0, Qt.CheckState.Checked if value in chosen else Qt.CheckState.Unchecked)
