"""The head of the inspector: who it is, and what can be done at once."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.domain.contact import ContactDetails
from app.domain.identifiers import safe_url
from app.ui.icons import icon
from app.ui.panes.inspector_values import no_margins, open_url
from app.ui.theme import SPACING
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.labels import plain_tool_tip, set_role, text_label
from app.ui.wording import NO_NAME, role_text

MOST_CHARACTERS = 160


class ContactHeader(QWidget):
    """Name, role, place, and buttons. It stays while contacts come and go.

    Signals:
        enrich_requested, edit_requested, split_requested, remove_requested: For the contact shown.
    """

    enrich_requested = Signal()
    edit_requested = Signal()
    split_requested = Signal()
    remove_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._links = {"linkedin": "", "website": ""}
        self._can_split = False
        self._is_removed = False
        self._name = text_label(role="title", selectable=True)
        self._role = text_label(role="muted", selectable=True)
        self._place = text_label(role="muted", selectable=True)
        self._masked = text_label("The source hides some values of this summary.", role="warning")
        self._listed = text_label(role="warning", selectable=True)
        self._listed.setObjectName("contact_listed")
        self._removed = text_label("Removed from the library: no view shows it. Undo brings it back.", role="warning")
        self._enrich = QPushButton("Enrich…")
        self._enrich.setIcon(icon("enrich"))
        self._enrich.setToolTip("Look up emails and phones of this contact; the cost is shown first")
        self._enrich.clicked.connect(self.enrich_requested)
        self._linkedin = QPushButton("LinkedIn")
        self._linkedin.setToolTip("Open the LinkedIn profile in the browser")
        self._linkedin.clicked.connect(lambda: open_url(self._links["linkedin"]))
        self._website = self._tool("globe", "Open the company's website in the browser")
        self._website.clicked.connect(lambda: open_url(self._links["website"]))
        self._more = self._tool("dots", "More for this contact")
        self._more.clicked.connect(self._open_menu)
        self._lay_out()

    def show_contact(self, details: ContactDetails) -> None:
        """Show who it is."""
        row = details.row
        for label, text in (
            (self._name, row.display_name or NO_NAME),
            (self._role, role_text(row.job_title, row.company_name)),
            (self._place, row.location),
        ):
            cut = text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
            label.setText(cut)
            label.setToolTip(plain_tool_tip(text) if cut != text else "")
            label.setVisible(bool(text))
        self._masked.setVisible(row.masked)
        self._listed.setText(row.do_not_contact)
        self._listed.setVisible(bool(row.do_not_contact))
        self._removed.setVisible(details.removed)
        self._is_removed = details.removed
        self._links["linkedin"] = safe_url(row.linkedin_url)
        domain = details.fields.company_domain
        website = details.fields.company_website or (f"https://{domain}" if domain else "")
        self._links["website"] = safe_url(website)
        self._linkedin.setVisible(bool(self._links["linkedin"]))
        self._website.setVisible(bool(self._links["website"]))
        self._can_split = len(details.records) > 1 or bool(details.merged)

    def menu(self) -> QMenu:
        """What else can be done with the contact."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.addAction(icon("edit"), "Edit a field…").triggered.connect(lambda _=False: self.edit_requested.emit())
        split = menu.addAction(icon("split"), "Split…")
        split.triggered.connect(lambda _=False: self.split_requested.emit())
        split.setEnabled(self._can_split)
        split.setToolTip(
            "Give some of the source records to another contact"
            if self._can_split
            else "There is only one source record: nothing to split."
        )
        menu.addSeparator()
        remove = menu.addAction(icon("remove"), "Remove from library")
        remove.triggered.connect(lambda _=False: self.remove_requested.emit())
        remove.setEnabled(not self._is_removed)
        return menu

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def _tool(self, drawing: str, name: str) -> QToolButton:
        button = QToolButton()
        set_role(button, "boxed")
        button.setIcon(icon(drawing))
        button.setIconSize(QSize(16, 16))
        button.setToolTip(name)
        button.setAccessibleName(name)
        return button

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        no_margins(column, SPACING.xs)
        for label in (self._name, self._role, self._place, self._masked, self._listed, self._removed):
            label.setMinimumWidth(1)
            column.addWidget(label)
        buttons = FlowLayout()
        buttons.setContentsMargins(0, SPACING.xs, 0, 0)
        buttons.setSpacing(SPACING.s - 2)
        for compact in (self._enrich, self._linkedin):
            set_role(compact, "compact")
        for button in (self._enrich, self._linkedin, self._website, self._more):
            buttons.addWidget(button)
        column.addLayout(buttons)
