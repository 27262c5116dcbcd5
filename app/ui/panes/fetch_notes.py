"""What was odd about a bulk fetch, and the provider's balance beside our books."""

from collections.abc import Sequence

from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.fetching import FetchRun, Reconciliation
from app.ui.wording import clock, count, moment


class FetchNotes(QWidget):
    """Read-only lines that can be marked and copied, for instance to send them to the provider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = 0
        self._lines: list[str] = []
        self._box = QPlainTextEdit()
        self._box.setObjectName("fetch_notes")
        self._box.setAccessibleName("Notes on this bulk fetch")
        self._box.setReadOnly(True)
        self._box.setTabChangesFocus(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._box)

    def show_run(self, run: FetchRun, reconciliations: Sequence[Reconciliation]) -> None:
        """Show the remarks on a run and its reconciliations."""
        told = {stretch.text for stretch in reconciliations}
        lines = [remark for remark in run.remarks if remark not in told]
        lines += [balance_text(stretch) for stretch in reconciliations]
        self.number = len(lines)
        if lines != self._lines:  # else a marked part would be lost with every answer that comes
            self._lines = lines
            self._box.setPlainText("\n\n".join(lines))


def balance_text(stretch: Reconciliation) -> str:
    """A stretch of a run in words: the balance before and after, what was booked, and the difference."""
    begun = f"{moment(stretch.began_at)}: the balance was {count(stretch.before, 'credit')}"
    if stretch.after is None or stretch.ended_at is None:
        return f"{begun}; {stretch.booked:,} booked since then."
    ended = f"{begun}, at {clock(stretch.ended_at)} it was {stretch.after:,}."
    if stretch.text:
        return f"{ended} {stretch.text}"
    requests = f" (requests {', '.join(stretch.request_ids)})" if stretch.request_ids else ""
    return f"{ended} This agrees with the {count(stretch.booked, 'credit')} booked{requests}."
