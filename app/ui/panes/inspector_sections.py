"""The inspector's building blocks: what is known of one contact, as widgets with provenance."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.domain.contact import ContactDetails, ContactEvent, Education, Experience, FieldValue, RecordKind, SourceRecord
from app.domain.identifiers import safe_url
from app.domain.outcomes import Outcome
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING, outcome_style
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import plain_tool_tip, set_role, text_label
from app.ui.wording import count, moment

LABEL_WIDTH = 76
_KINDS = {
    RecordKind.SUMMARY: "search summary",
    RecordKind.FULL: "full record",
    RecordKind.ENRICHMENT: "enrichment",
}
_FIELD_LABELS = {
    "email": "Email",
    "phone": "Phone",
    "linkedin_url": "LinkedIn",
    "profile_url": "Profile",
    "location": "Location",
    "country_code": "Country",
    "job_title": "Job title",
    "headline": "Headline",
    "seniority": "Seniority",
    "department": "Department",
    "tag": "Tag",
    "language": "Language",
    "company_name": "Company",
    "company_domain": "Domain",
    "company_website": "Website",
    "company_size": "Size",
    "company_industry": "Industry",
    "company_linkedin_id": "Company LinkedIn",
}
CONTACT_FIELDS = ("email", "phone", "linkedin_url", "profile_url", "location", "country_code")
ROLE_FIELDS = ("job_title", "headline", "seniority", "department", "tag", "language")
COMPANY_FIELDS = (
    "company_name",
    "company_domain",
    "company_website",
    "company_size",
    "company_industry",
    "company_linkedin_id",
)
_URL_FIELDS = ("linkedin_url", "profile_url", "company_website")


def age_text(moment_then: datetime, now: datetime | None = None) -> str:
    """How long ago something was, in the coarsest unit that still says something."""
    seconds = ((now or datetime.now(UTC)) - moment_then).total_seconds()
    if seconds < 90:
        return "just now"
    for size, noun in (
        (86_400 * 365, "year"),
        (86_400 * 30, "month"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
    ):
        if seconds >= size:
            return f"{count(int(seconds // size), noun)} ago"
    return "just now"


def provenance(value: FieldValue) -> str:
    """Where a value comes from: source, kind of record, age, and what the source says of its quality."""
    parts = [value.provider.label] if value.provider else []
    parts += [_KINDS[value.kind]] if value.kind else []
    parts.append(age_text(value.fetched_at))
    parts += [part for part in (value.verification.replace("_", " ").lower(), value.note) if part]
    return " · ".join(parts)


def section(title: str, body: Iterable[QWidget]) -> QWidget | None:
    """A titled part of the inspector; None when there is nothing in it."""
    widgets = list(body)
    if not widgets:
        return None
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACING.s)
    layout.addWidget(text_label(title, role="section"))
    for widget in widgets:
        layout.addWidget(widget)
    return box


def field_rows(details: ContactDetails, fields: Sequence[str]) -> list[QWidget]:
    """A row per field that has a value: the shown value with its provenance, then the other values."""
    rows: list[QWidget] = []
    for field in fields:
        said: dict[str, list[FieldValue]] = {}
        for value in details.values:
            if value.field == field and value.value:
                said.setdefault(value.value, []).append(value)
        if said:
            # The shown value first; what several records agree on stands once, under the one that decides.
            groups = [
                sorted(group, key=lambda value: (not value.shown, _newest_first(value))) for group in said.values()
            ]
            groups.sort(key=lambda group: (not group[0].shown, _newest_first(group[0])))
            rows.append(_field_row(_FIELD_LABELS[field], groups))
    return rows


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
    """One line of the history."""
    who = f" · {event.provider.label}" if event.provider else ""
    return _stack(event.text, f"{moment(event.at)}{who}")


def source_row(record: SourceRecord) -> QWidget:
    """One source record."""
    parts = [_KINDS[record.kind], moment(record.fetched_at)]
    if record.credits_charged:
        parts.append(count(record.credits_charged, "credit"))
    names = [f"ID {record.provider_id}"]
    if record.account_id:
        names.append(f"account {record.account_id}")
    if record.request_id:
        names.append(f"request {record.request_id}")
    return _stack(record.provider.label, " · ".join(parts), " · ".join(names))


def tool_button(drawing: str, name: str, run: Callable[[], None]) -> QToolButton:
    """A small button with a drawing."""
    button = QToolButton()
    set_role(button, "plain")
    button.setIcon(icon(drawing, Ink.MUTED))
    button.setIconSize(QSize(15, 15))
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.clicked.connect(lambda: run())
    return button


def open_url(url: str) -> None:
    """Open a link in the browser if it is one that may be opened."""
    if allowed := safe_url(url):
        QDesktopServices.openUrl(QUrl(allowed))


def _newest_first(value: FieldValue) -> float:
    return -value.fetched_at.timestamp()


def _field_row(label: str, groups: Sequence[Sequence[FieldValue]]) -> QWidget:
    row = QWidget()
    grid = QGridLayout(row)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(SPACING.s)
    grid.setVerticalSpacing(1)
    grid.setColumnMinimumWidth(0, LABEL_WIDTH)
    grid.setColumnStretch(1, 1)
    grid.addWidget(text_label(label, role="muted", wrap=False), 0, 0, Qt.AlignmentFlag.AlignTop)
    for number, group in enumerate(groups):
        value = group[0]
        if number:  # else a value seems to belong to the provenance above it
            grid.setRowMinimumHeight(3 * number - 1, SPACING.s)
        shown = text_label(_shown_text(value), role="" if number == 0 or value.shown else "muted", selectable=True)
        shown.setAccessibleName(f"{label}: {value.value}")
        shown.setToolTip(plain_tool_tip(value.value))
        source = text_label(provenance(value), role="small")
        if len(group) > 1:
            source.setText(f"{source.text()} · and {count(len(group) - 1, 'other record')}")
            source.setToolTip(plain_tool_tip("\n".join(provenance(other) for other in group)))
        grid.addWidget(shown, 3 * number, 1)
        grid.addLayout(_value_buttons(label, value), 3 * number, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(source, 3 * number + 1, 1, 1, 2)
    return row


def _shown_text(value: FieldValue) -> str:
    if value.field in _URL_FIELDS:
        return value.value.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
    return value.value


def _value_buttons(label: str, value: FieldValue) -> QHBoxLayout:
    buttons = QHBoxLayout()
    buttons.setSpacing(0)
    if value.field in _URL_FIELDS and safe_url(value.value):
        buttons.addWidget(tool_button("link", f"Open {label} in the browser", lambda: open_url(value.value)))
    copy = tool_button("copy", f"Copy {label}", lambda: QGuiApplication.clipboard().setText(value.value))
    buttons.addWidget(copy)
    return buttons


def _outcome_row(name: str, outcome: Outcome) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACING.s)
    label = text_label(name, role="muted", wrap=False)
    label.setFixedWidth(LABEL_WIDTH)
    layout.addWidget(label)
    layout.addWidget(IconLabel(outcome_style(outcome).icon))
    layout.addWidget(text_label(outcome.label, wrap=False), 1)
    return row


def _stack(first: str, *others: str) -> QWidget:
    row = QWidget()
    layout = QVBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(1)
    layout.addWidget(text_label(first, selectable=True))
    for text in others:
        if text:
            layout.addWidget(text_label(text, role="small", selectable=True))
    return row
