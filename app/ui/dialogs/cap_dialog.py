"""Another cap for a run that is in the queue already."""

from PySide6.QtWidgets import QDialog, QFormLayout, QPushButton, QWidget

from app.domain.enrichment import EnrichmentRun, price
from app.qtbridge.dialogs import run_dialog
from app.ui.dialogs.plain_frame import lay_out
from app.ui.models.queue_text import run_title
from app.ui.theme import SPACING
from app.ui.widgets.number_box import NumberBox
from app.ui.wording import count

_MOST_CREDITS = 1_000_000


class CapDialog(QDialog):
    """Asks for a run's cap; it cannot be below what is spent or reserved already."""

    def __init__(self, run: EnrichmentRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        spent = run.spending.charged + run.spending.reserved
        self.cap = NumberBox("Cap in credits", spent, _MOST_CREDITS, step=10, suffix=" credits")
        self.cap.setValue(max(run.spending.cap, run.people * price(run.fields)))
        confirm, cancel = QPushButton("Set cap"), QPushButton("Cancel")
        self.setObjectName("cap_dialog")
        self.setWindowTitle("Raise cap")
        for widget, name in ((self.cap, "cap_box"), (confirm, "cap_confirm"), (cancel, "cap_cancel")):
            widget.setObjectName(name)
        for button in (confirm, cancel):
            button.setAccessibleName(button.text())
        form = QFormLayout()
        form.setHorizontalSpacing(SPACING.l)
        form.addRow("&Cap for this run", self.cap)
        lay_out(
            self,
            run_title(run),
            f"{run.spending.charged:,} charged and {run.spending.reserved:,} reserved of "
            f"{count(run.spending.cap, 'credit')}. All of the run can cost "
            f"{count(run.people * price(run.fields), 'credit')} at most.",
            [form],
            confirm=confirm,
            cancel=cancel,
        )


async def run_cap_dialog(parent: QWidget, run: EnrichmentRun) -> int | None:
    """Ask for a run's cap in credits; None when the rep cancelled."""
    dialog = CapDialog(run, parent)
    try:
        accepted = await run_dialog(dialog) == QDialog.DialogCode.Accepted
        return dialog.cap.value() if accepted else None
    finally:
        dialog.deleteLater()
