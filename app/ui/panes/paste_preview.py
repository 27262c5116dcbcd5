"""What a paste holds, before anything is fetched: counts that add up, questions to answer, searches to start."""

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.fetching import OwnedRecord
from app.domain.identifiers import UnreadableId
from app.domain.paste import Doubt, QuestionedId
from app.domain.paste_review import LEAVE_OUT, Review
from app.domain.provider import Provider
from app.ui.models.text_table_model import RecordTableModel
from app.ui.panes.inspector_words import age_text
from app.ui.theme import SPACING
from app.ui.widgets.labels import text_label
from app.ui.wording import count, moment

PEOPLE_AT = Provider.TALKTOHUMANS
EMAILS_AT = Provider.LEADFEEDER

#: E-mail addresses of one search. How many Leadfeeder takes is unknown (contract sheet, section 3).
MOST_EMAILS = 100

_LEAST_TABLE_HEIGHT = 60
_EXPLANATION = (
    "Every piece of what is pasted is accounted for here, before anything is fetched.\n\n"
    "UUIDs are Tamtam’s. Whole numbers are BuildWorkPro’s or Leadfeeder’s: you are asked which, once. LinkedIn pages "
    "and e-mails can be searched for. What may have been changed by a spreadsheet is put to you as a question."
)


class PastePreview(QFrame):
    """Shows a `Review`. What the rep decides is only announced.

    Signals:
        answered: Texts of doubtful pieces, and which reading of each is used, or `LEAVE_OUT`.
        asked_again: All answers shall be forgotten.
        person_wanted: A LinkedIn page to search for.
        emails_wanted: E-mail addresses (a tuple) to search for.
    """

    answered = Signal(object, int)
    asked_again = Signal()
    person_wanted = Signal(str)
    emails_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._emails: tuple[str, ...] = ()
        self._safe: tuple[QuestionedId, ...] = ()
        self._headline = text_label(role="heading")
        self._sum = text_label(role="muted", selectable=True)
        self._again = QPushButton("Ask again")
        self._tabs = QTabWidget()
        self._questions = RecordTableModel[QuestionedId](
            ("Line", "As pasted", "May mean", "Why it is asked"), _question_texts, self
        )
        self._unreadable = RecordTableModel[UnreadableId](
            ("Line", "As pasted", "Why it cannot be read"), lambda bad: (f"{bad.line:,}", bad.text, bad.reason), self
        )
        self._leads = RecordTableModel[str](("To search for", "What it is"), _lead_texts, self)
        self._owned = RecordTableModel[tuple[str, OwnedRecord]](("ID", "Age", "Fetched"), _owned_texts, self)
        self._question_table = _table(self._questions, "fetch_questions", "Questions about the paste", (60, 130, 150))
        self._question_table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._unreadable_table = _table(self._unreadable, "fetch_unreadable", "Unreadable pieces", (60, 180))
        self._lead_table = _table(self._leads, "fetch_leads", "People to search for", (280,))
        self._owned_table = _table(self._owned, "fetch_owned", "IDs already in the library", (270, 130))
        self._use = QPushButton("Use")
        self._use_parts = QPushButton("Use apart")
        self._leave = QPushButton("Leave out")
        self._use_all = QPushButton("Use all")
        self._person = QPushButton(f"Search {PEOPLE_AT.label}")
        self._mails = QPushButton(f"Search {EMAILS_AT.label}")
        self._build()
        self._show_answers()
        self._show_searches()
        self.show_review(None)

    def show_review(self, review: Review | None, state: str = "") -> None:
        """Show a paste; None while there is none, for the reason `state`."""
        if review is None or not review.paste.pieces:
            self._headline.setText(state or "Nothing pasted yet")
            self._sum.setText("" if state else _EXPLANATION)
            self._sum.setVisible(not state)
            self._again.hide()
            self._tabs.hide()
            return
        self._headline.setText(_headline(review))
        self._sum.setText(sum_text(review))
        self._sum.show()
        answers = review.used + review.left_out
        self._again.setVisible(bool(answers))
        self._again.setText(f"Ask again about {answers:,}")
        place = self._question_table.currentIndex().row()
        self._questions.set_rows(review.questions)
        self._safe = tuple(question for question in review.questions if _is_safe(question))
        self._unreadable.set_rows(review.paste.unreadable)
        paste = review.paste
        self._emails = paste.emails
        self._leads.set_rows(paste.people + paste.emails)
        for page, (words, number) in enumerate(
            (
                ("Questions", len(review.questions)),
                ("Unreadable", len(paste.unreadable)),
                ("To search for", len(paste.people) + len(paste.emails)),
            )
        ):
            self._show_tab(page, words, number)
        _select(self._question_table, max(0, place))
        _select(self._lead_table, 0)
        self._show_answers()
        self._show_searches()

    def show_owned(self, owned: Mapping[str, OwnedRecord]) -> None:
        """Show which of the IDs to fetch the library has already."""
        self._owned.set_rows(list(owned.items()))
        self._show_tab(3, "In the library", len(owned))

    def _show_tab(self, page: int, words: str, number: int) -> None:
        self._tabs.setTabText(page, f"{words} ({number:,})")
        self._tabs.setTabVisible(page, bool(number))
        visible = [place for place in range(self._tabs.count()) if self._tabs.isTabVisible(place)]
        self._tabs.setVisible(bool(visible))
        if visible and not self._tabs.isTabVisible(self._tabs.currentIndex()):
            self._tabs.setCurrentIndex(visible[0])

    # -- questions -----------------------------------------------------------------------------------------

    def _chosen(self) -> list[QuestionedId]:
        selection = self._question_table.selectionModel().selection()
        spans = [selection.at(number) for number in range(selection.count())]
        rows = [row for span in spans for row in range(span.top(), span.bottom() + 1)]
        return [self._questions.record(row) for row in sorted(set(rows)) if row < self._questions.rowCount()]

    def _show_answers(self) -> None:
        chosen = self._chosen()
        first = chosen[0] if chosen else None
        readings = first.readings if first is not None else ()
        several = len(chosen) > 1
        whole = f"Use {len(chosen):,} as suggested" if several else _use_text(readings[:1])
        self._use.setText(whole)
        self._use.setEnabled(any(question.readings for question in chosen))
        self._use_parts.setText(f"Take {len(chosen):,} apart" if several else _use_text(readings[1:2]))
        self._use_parts.setVisible(any(len(question.readings) > 1 for question in chosen))
        self._leave.setText(f"Leave {len(chosen):,} out" if several else "Leave out")
        self._leave.setEnabled(bool(chosen))
        number = len(self._safe)
        self._use_all.setVisible(number > 1)
        self._use_all.setText(f"Use all {number:,} as suggested")
        for button in (self._use, self._use_parts, self._leave, self._use_all):
            button.setAccessibleName(button.text())

    def _answer(self, reading: int) -> None:
        chosen = [one for one in self._chosen() if reading == LEAVE_OUT or reading < len(one.readings)]
        self._announce({question.text for question in chosen}, reading)

    def _answer_all(self) -> None:
        self._announce({question.text for question in self._safe}, 0)

    def _announce(self, texts: Collection[str], reading: int) -> None:
        if texts:
            self.answered.emit(texts, reading)

    # -- searches ------------------------------------------------------------------------------------------

    def _lead(self) -> str:
        row = self._lead_table.currentIndex().row()
        return self._leads.record(row) if 0 <= row < self._leads.rowCount() else ""

    def _show_searches(self) -> None:
        self._person.setEnabled(_is_person(self._lead()))
        self._person.setText(f"Search {PEOPLE_AT.label} for this page")
        number = len(self._emails)
        self._mails.setVisible(number > 0)
        part = "" if number <= MOST_EMAILS else f"the first {MOST_EMAILS} of "
        self._mails.setText(f"Search {EMAILS_AT.label} for {part}{count(number, 'e-mail')}")
        for button in (self._person, self._mails):
            button.setAccessibleName(button.text())

    def _search_lead(self) -> None:
        lead = self._lead()
        if _is_person(lead):
            self.person_wanted.emit(lead)
        elif lead:
            self.emails_wanted.emit((lead,))

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setProperty("card", True)  # noqa: FBT003
        for widget, name in (
            (self._headline, "fetch_preview"),
            (self._sum, "fetch_sum"),
            (self._again, "fetch_ask_again"),
            (self._use, "fetch_use"),
            (self._use_parts, "fetch_use_parts"),
            (self._leave, "fetch_leave_out"),
            (self._use_all, "fetch_use_all"),
            (self._person, "fetch_search_person"),
            (self._mails, "fetch_search_emails"),
            (self._tabs, "fetch_preview_tabs"),
        ):
            widget.setObjectName(name)
        self._sum.setAccessibleName("Account of the paste")
        self._tabs.setAccessibleName("What the paste holds")
        self._tabs.tabBar().setProperty("narrow", True)  # noqa: FBT003
        self._tabs.setDocumentMode(True)
        self._again.setProperty("flat", True)  # noqa: FBT003
        self._again.setAccessibleName("Ask again about the pieces that were answered")
        self._tabs.addTab(
            _page(self._question_table, (self._use, self._use_parts, self._leave), self._use_all), "Questions"
        )
        self._tabs.addTab(_page(self._unreadable_table, ()), "Unreadable")
        self._tabs.addTab(_page(self._lead_table, (self._person, self._mails)), "To search for")
        self._tabs.addTab(_page(self._owned_table, ()), "In the library")
        head = QHBoxLayout()
        head.setSpacing(SPACING.s)
        head.addWidget(self._headline, 1)
        head.addWidget(self._again)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, SPACING.s)
        column.setSpacing(SPACING.xs)
        column.addLayout(head)
        column.addWidget(self._sum)
        column.addWidget(self._tabs, 1)
        column.addStretch()
        self._tabs.hide()

        self._question_table.selectionModel().selectionChanged.connect(self._show_answers)
        self._lead_table.selectionModel().currentChanged.connect(self._show_searches)
        self._lead_table.activated.connect(self._search_lead)
        self._use.clicked.connect(lambda: self._answer(0))
        self._use_parts.clicked.connect(lambda: self._answer(1))
        self._leave.clicked.connect(lambda: self._answer(LEAVE_OUT))
        self._use_all.clicked.connect(self._answer_all)
        self._again.clicked.connect(self.asked_again)
        self._person.clicked.connect(self._search_lead)
        self._mails.clicked.connect(lambda: self.emails_wanted.emit(self._emails[:MOST_EMAILS]))


def sum_text(review: Review) -> str:
    """The account of a paste: its parts, and what they add up to."""
    parts = [
        f"{number:,} unreadable" if noun == "unreadable" else count(number, noun)
        for noun, number in review.parts().items()
        if number
    ]
    return f"{' + '.join(parts)} = {count(review.paste.pieces, 'piece')} in all"


def _headline(review: Review) -> str:
    ids = len(review.taken.uuids) + len(review.taken.integers)
    text = count(ids, "ID") if ids else "No IDs"
    return f"{text}, {count(len(review.questions), 'question')}" if review.questions else text


def _is_safe(question: QuestionedId) -> bool:
    """Whether its first reading may be used together with others unseen: not if digits may be lost."""
    is_shortened = question.doubt is Doubt.SPREADSHEET and "e" in question.text.casefold()
    return bool(question.readings) and not is_shortened


def _use_text(readings: Sequence[tuple[str, ...]]) -> str:
    return f"Use as {' and '.join(readings[0])}" if readings else "No reading"


def _question_texts(question: QuestionedId) -> tuple[str, ...]:
    readings = " or ".join(" and ".join(reading) for reading in question.readings)
    return f"{question.line:,}", question.text, readings or "no ID", question.reason


def _is_person(lead: str) -> bool:
    return lead.startswith("https://")


def _lead_texts(lead: str) -> tuple[str, ...]:
    return lead, "LinkedIn page" if _is_person(lead) else "E-mail address"


def _owned_texts(owned: tuple[str, OwnedRecord]) -> tuple[str, ...]:
    provider_id, record = owned
    return provider_id, age_text(record.fetched_at), moment(record.fetched_at)


def _select(table: QTableView, row: int) -> None:
    model = table.model()
    if model.rowCount():
        index = model.index(min(row, model.rowCount() - 1), 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        table.selectionModel().setCurrentIndex(index, flags)


def _table(model: QAbstractTableModel, name: str, spoken: str, widths: Sequence[int]) -> QTableView:
    table = QTableView()
    table.setObjectName(name)
    table.setAccessibleName(spoken)
    table.setModel(model)
    table.setMinimumHeight(_LEAST_TABLE_HEIGHT)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(26)
    table.setShowGrid(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    for section, width in enumerate(widths):
        header.resizeSection(section, width)
    header.setSectionResizeMode(model.columnCount() - 1, QHeaderView.ResizeMode.Stretch)
    return table


def _page(table: QTableView, buttons: Sequence[QPushButton], last: QPushButton | None = None) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, SPACING.s, 0, 0)
    column.setSpacing(SPACING.s)
    column.addWidget(table, 1)
    if buttons:
        row = QHBoxLayout()
        row.setSpacing(SPACING.s)
        for button in buttons:
            row.addWidget(button)
        row.addStretch()
        if last is not None:
            row.addWidget(last)
        column.addLayout(row)
    return page
