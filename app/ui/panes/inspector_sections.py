"""The parts of the inspector below the rep's own work: fields, jobs, schools, what happened, source records."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.domain.contact import ContactDetails, ContactEvent, Education, Experience, MergedEntry, SourceRecord
from app.domain.outcomes import Outcome
from app.ui.panes.inspector_groups import known_fields
from app.ui.panes.inspector_values import LABEL_WIDTH, FieldRow, ValueDeeds, no_margins
from app.ui.panes.inspector_words import KINDS, Costs, age_text
from app.ui.theme import SPACING, outcome_style
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import plain_tool_tip, rule, set_role, text_label
from app.ui.wording import NO_NAME, moment

LINES_AT_ONCE = 8


class Section(QWidget):
    """A titled part of the inspector; hidden while there is nothing in it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self._signature: Hashable = None
        self._body: QWidget | None = None
        self._column = QVBoxLayout(self)
        no_margins(self._column, SPACING.s)
        self._column.addWidget(rule())
        self._column.addSpacing(SPACING.xs)
        self._heading = text_label(title, role="section")
        self._column.addWidget(self._heading)
        self.hide()

    def set_title(self, title: str) -> None:
        """Call it something else."""
        self._heading.setText(title)

    def show_lines(self, signature: Hashable, make: Callable[[], Sequence[QWidget]]) -> bool:
        """Build the section again if what it is made from is another one; returns whether it was built."""
        if signature == self._signature:
            self.setVisible(self._body is not None)
            return False
        self._signature = signature
        if self._body is not None:
            self._column.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
            self._body = None
        lines = make()
        self.setVisible(bool(lines))
        if lines:
            self._body = QWidget()
            inner = QVBoxLayout(self._body)
            no_margins(inner, SPACING.s)
            for line in lines:
                inner.addWidget(line)
            self._column.addWidget(self._body)
        return bool(lines)


class FieldSection(Section):
    """A section of fields, whose rows are made for the first contact and stay."""

    def __init__(self, title: str, fields: Sequence[str], deeds: ValueDeeds, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._fields = tuple(fields)
        self._deeds = deeds
        self._rows: dict[str, FieldRow] = {}

    def rows_to_make(self) -> list[Callable[[], None]]:
        """What `show_fields` would have to make before it can show anything, each in little time."""
        return [partial(self._make_row, field) for field in self._fields if field not in self._rows]

    def show_fields(self, details: ContactDetails, costs: Costs, *, same_contact: bool) -> None:
        """Show what is known of the fields."""
        known = {each.field: each for each in known_fields(details, self._fields)}
        if "first_name" in known and "last_name" in known and not known.get("full_name", known["last_name"]).is_chosen:
            known.pop("full_name", None)  # it says nothing more
        if known:
            for make in self.rows_to_make():
                make()
        for field, row in self._rows.items():
            row.show_field(known.get(field), costs, same_contact=same_contact)
        self.setVisible(bool(known))

    def _make_row(self, field: str) -> None:
        row = self._rows[field] = FieldRow(field, self._deeds)
        row.hide()  # until it has something to show
        self._column.addWidget(row)


def outcome_rows(details: ContactDetails) -> list[QWidget]:
    """How the last enrichment of each field ended."""
    asked = (("Emails", details.row.email_outcome), ("Phones", details.row.phone_outcome))
    return [_outcome_row(name, outcome) for name, outcome in asked if outcome is not None]


def experience_row(job: Experience) -> QWidget:
    """One job."""
    period = " – ".join(part for part in (job.start, job.end or ("today" if job.is_current else "")) if part)
    where = " · ".join(part for part in (job.company_name, job.location) if part)
    return _stack(job.title or job.company_name, where if job.title else job.location, period, job.description)


def education_row(school: Education) -> QWidget:
    """One school."""
    period = " – ".join(part for part in (school.start, school.end) if part)
    return _stack(school.school_name, ", ".join(p for p in (school.degree, school.field_of_study) if p), period)


def history_row(event: ContactEvent) -> QWidget:
    """One line of what happened: what, how long ago, and through whom where the words do not say so."""
    who = event.provider.label if event.provider and event.provider.label not in event.text else ""
    row = _stack(event.text, " · ".join(part for part in (age_text(event.at), who) if part))
    row.setToolTip(plain_tool_tip(moment(event.at)))
    return row


def source_row(record: SourceRecord, costs: Costs) -> QWidget:
    """One source record."""
    parts = [KINDS[record.kind], moment(record.fetched_at), costs.of_record(record)]
    names = [f"ID {record.provider_id}"] if record.provider_id else []
    if record.account_id:
        names.append(f"account {record.account_id}")
    if record.request_id:
        names.append(f"request {record.request_id}")
    return _stack(record.provider.label, " · ".join(parts), " · ".join(names))


def entry_row(entry: MergedEntry, take_apart: Callable[[int], None]) -> QWidget:
    """A contact that was merged into this one, with the way back."""
    row = _stack(entry.name or NO_NAME, f"{entry.text.removesuffix('.')} · {age_text(entry.merged_at)}")
    button = QPushButton("Take apart")
    set_role(button, "disclosure")
    button.setAccessibleName(f"Take {entry.name or 'this entry'} apart again")
    button.setToolTip("Makes two contacts of it again, which stay apart; it can be undone")
    button.clicked.connect(lambda: take_apart(entry.contact_id))
    layout = row.layout()
    assert isinstance(layout, QGridLayout)
    layout.addWidget(button, layout.rowCount(), 0, Qt.AlignmentFlag.AlignLeft)
    return row


def link_button(text: str, tip: str, run: Callable[[], None]) -> QWidget:
    """A button that looks like a link, at the left."""
    row = QWidget()
    layout = QHBoxLayout(row)
    no_margins(layout, 0)
    button = QPushButton(text)
    set_role(button, "disclosure")
    button.setToolTip(tip)
    button.clicked.connect(lambda: run())
    layout.addWidget(button)
    layout.addStretch(1)
    return row


def long_text(text: str) -> QWidget:
    """A text of any length."""
    label = text_label(text, selectable=True)
    label.setMinimumWidth(1)  # else one long word would push everything out of sight
    return label


class LongList(QWidget):
    """Lines of which the first few are shown, the rest on demand, so that 200 of them cost nothing unasked."""

    def __init__(self, lines: Sequence[Callable[[], QWidget]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = list(lines)
        self._column = QVBoxLayout(self)
        no_margins(self._column, SPACING.s)
        self._show(LINES_AT_ONCE)

    def _show(self, number: int) -> None:
        coming, self._lines = self._lines[:number], self._lines[number:]
        for line in coming:
            self._column.addWidget(line())
        if self._lines:
            further = QPushButton(f"Show {len(self._lines):,} more")
            set_role(further, "disclosure")
            holder = QHBoxLayout()
            holder.addWidget(further)
            holder.addStretch(1)
            self._column.addLayout(holder)

            def go_on() -> None:
                further.hide()
                further.deleteLater()
                self._column.removeItem(holder)
                self._show(5 * LINES_AT_ONCE)

            further.clicked.connect(go_on)


def _outcome_row(name: str, outcome: Outcome) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    no_margins(layout, SPACING.s)
    label = text_label(name, role="muted", wrap=False)
    label.setFixedWidth(LABEL_WIDTH)
    layout.addWidget(label)
    layout.addWidget(IconLabel(outcome_style(outcome).icon))
    layout.addWidget(text_label(outcome.label, wrap=False), 1)
    return row


def _stack(first: str, *others: str) -> QWidget:
    row = QWidget()
    layout = QGridLayout(row)
    no_margins(layout, 1)
    for number, (text, role) in enumerate([(first, ""), *((other, "small") for other in others if other)]):
        label = text_label(text, role=role, selectable=True)
        label.setMinimumWidth(1)
        layout.addWidget(label, number, 0)
    return row
