"""The contact inspector: everything known of one contact, each value with its source, age and quality."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.contact import ContactDetails
from app.domain.errors import ContactScoutError
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.panes import inspector_sections as parts
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.labels import rule, set_role, text_label

if TYPE_CHECKING:
    from app.composition import Services


class InspectorPane(QWidget):
    """Shows one contact and follows its changes.

    Signals:
        enrich_requested: A list with the id of the contact shown.
    """

    enrich_requested = Signal(object)

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.setMinimumWidth(220)
        self._shown_id: int | None = None
        self._details: ContactDetails | None = None
        self.banner = Banner()
        self._scope = TaskScope("inspector", failure_handler(self._on_error))
        self._changes = ChangeBridge(services.changes, self)
        self._changes.changed.connect(self._on_change)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName("Contact details")
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyState(
                "person",
                "No contact chosen",
                "Choose a row to see all that is known of that person, and where each value comes from.",
            )
        )
        self._stack.addWidget(self._scroll)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING.s)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)

    async def shut_down(self) -> None:
        """Stop what runs."""
        self._changes.close()
        await self._scope.aclose()

    @property
    def details(self) -> ContactDetails | None:
        """The contact shown, None while there is none."""
        return self._details

    def show_contact(self, contact_id: int) -> None:
        """Read a contact and show it; a later call overtakes an earlier one."""
        self._shown_id = contact_id
        self._scope.replace("read", self._read(contact_id))

    async def _read(self, contact_id: int) -> None:
        details = await self._services.library.details(contact_id)
        self.banner.clear()
        same = self._details is not None and self._details.row.contact_id == details.row.contact_id
        position = self._scroll.verticalScrollBar().value() if same else 0
        self._details = details
        self._scroll.setWidget(self._build(details))
        self._stack.setCurrentIndex(1)
        self._scroll.verticalScrollBar().setValue(position)

    def _on_error(self, error: ContactScoutError) -> None:
        self.banner.show_error(error)

    def _on_change(self, change: Change) -> None:
        shown = self._shown_id
        if change.kind is ChangeKind.CONTACTS and shown is not None and (not change.ids or shown in change.ids):
            self.show_contact(shown)

    def _build(self, details: ContactDetails) -> QWidget:
        content = QWidget()
        set_role(content, "canvas")
        layout = QVBoxLayout(content)
        layout.setContentsMargins(SPACING.m, SPACING.xs, SPACING.m, SPACING.l)
        layout.setSpacing(SPACING.m)
        layout.addWidget(self._header(details))
        fields = details.fields
        about = [text_label(fields.about, selectable=True)] if fields.about else []
        sections = (
            parts.section("Contact", parts.field_rows(details, parts.CONTACT_FIELDS)),
            parts.section("Enrichment", parts.outcome_rows(details)),
            parts.section("Role", parts.field_rows(details, parts.ROLE_FIELDS)),
            parts.section("Company", parts.field_rows(details, parts.COMPANY_FIELDS)),
            parts.section("About", about),
            parts.section("Experience", map(parts.experience_row, fields.experiences)),
            parts.section("Education", map(parts.education_row, fields.educations)),
            parts.section("History", map(parts.history_row, details.history)),
            parts.section("Source records", map(parts.source_row, details.records)),
        )
        for section in sections:
            if section is not None:
                layout.addWidget(rule())
                layout.addWidget(section)
        layout.addStretch(1)
        for label in content.findChildren(QLabel):
            label.setMinimumWidth(1)  # else one long word would push everything out of sight
        return content

    def _header(self, details: ContactDetails) -> QWidget:
        header = QWidget()
        layout = QVBoxLayout(header)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING.xs)
        row = details.row
        layout.addWidget(text_label(row.display_name or "No name", role="title", selectable=True))
        role = " at ".join(part for part in (row.job_title, row.company_name) if part)
        for text in (role, row.location):
            if text:
                layout.addWidget(text_label(text, role="muted", selectable=True))
        if row.masked:
            layout.addWidget(text_label("The source hides some values of this summary.", role="warning"))
        buttons = FlowLayout()
        buttons.setContentsMargins(0, SPACING.xs, 0, 0)
        buttons.setSpacing(SPACING.s)
        enrich = QPushButton("Enrich…")
        enrich.setIcon(icon("enrich"))
        enrich.setToolTip("Look up emails and phones of this contact; the cost is shown first")
        enrich.clicked.connect(lambda: self.enrich_requested.emit([row.contact_id]))
        buttons.addWidget(enrich)
        if row.linkedin_url:
            linkedin = QPushButton("LinkedIn")
            linkedin.setIcon(icon("link"))
            linkedin.setToolTip("Open the LinkedIn profile in the browser")
            linkedin.clicked.connect(lambda: parts.open_url(row.linkedin_url))
            buttons.addWidget(linkedin)
        layout.addLayout(buttons)
        return header
