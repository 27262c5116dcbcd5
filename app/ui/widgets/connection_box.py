"""What “Check connection” found: the verdict and the next step, then every step of the way, ready to be copied."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.providers.connection import ConnectionReport
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import set_role, text_label

_LABEL_WIDTH = 96


class ConnectionBox(QFrame):
    """Hidden until a check has begun."""

    def __init__(self, service: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._report: ConnectionReport | None = None
        self._icon = IconLabel(size=18)
        self._verdict = text_label(selectable=True)
        self._next_step = text_label(role="muted", selectable=True)
        self.copy_button = QPushButton("Copy")
        self.copy_button.setIcon(icon("copy"))
        self.copy_button.setAutoDefault(False)
        self.copy_button.setToolTip("Copy all of this, for whoever looks after your network; it holds no key")
        self.copy_button.setAccessibleName(f"Copy the connection check of {service}")
        self.copy_button.clicked.connect(self._copy)
        self._values: dict[str, QLabel] = {}
        self._steps = QWidget()
        self._grid = QGridLayout(self._steps)
        self._lay_out()
        self.hide()

    @property
    def text(self) -> str:
        """Everything it says, as it is copied; "" before the first check."""
        if self._report is None:
            return ""
        lines = [f"Connection to {self._service}: {verdict(self._report)}"]
        if self._report.next_step:
            lines.append(self._report.next_step)
        return "\n".join([*lines, *(f"{name}: {value}" for name, value in steps(self._report))])

    def show_checking(self) -> None:
        """Say that a check is running."""
        self._report = None
        self._icon.set_icon(icon("outcome-in-flight", Ink.INFO))
        self._say(f"Checking the connection to {self._service}…", "")
        self._steps.hide()
        self.copy_button.hide()
        set_role(self, "banner", "info")
        self.show()

    def show_report(self, report: ConnectionReport) -> None:
        """Show what was found."""
        self._report = report
        tone = "success" if report.ok else "error"
        self._icon.set_icon(icon(tone, Ink.SUCCESS if report.ok else Ink.DANGER))
        set_role(self, "banner", tone)
        self._say(verdict(report), report.next_step)
        for name, value in steps(report):
            if name not in self._values:
                row, top = len(self._values), Qt.AlignmentFlag.AlignTop
                self._values[name] = text_label(selectable=True)
                self._grid.addWidget(text_label(name, role="muted", wrap=False), row, 0, top)
                self._grid.addWidget(self._values[name], row, 1, top)
            self._values[name].setText(value)
            self._values[name].setAccessibleName(f"{name}: {value}")
        self._steps.show()
        self.copy_button.show()

    def _say(self, said: str, next_step: str) -> None:
        self._verdict.setText(said)
        self._next_step.setText(next_step)
        self._next_step.setVisible(bool(next_step))
        self.setAccessibleName(f"{said} {next_step}".strip())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(SPACING.xs // 2)
        words.addWidget(self._verdict)
        words.addWidget(self._next_step)
        middle = Qt.AlignmentFlag.AlignVCenter
        head = QHBoxLayout()
        head.setSpacing(SPACING.s)
        head.addWidget(self._icon, 0, middle)
        head.addLayout(words, 1)
        head.addWidget(self.copy_button, 0, middle)
        self._grid.setContentsMargins(18 + SPACING.s, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING.m)
        self._grid.setVerticalSpacing(SPACING.xs // 2)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.m, SPACING.s, SPACING.s, SPACING.m)
        column.setSpacing(SPACING.s)
        column.addLayout(head)
        column.addWidget(self._steps)


def verdict(report: ConnectionReport) -> str:
    """How the check ended, in one sentence."""
    return report.problem or f"{report.provider.label} answers from here."


def _spoken(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{max(1, round(seconds * 1000))} ms"


def steps(report: ConnectionReport) -> list[tuple[str, str]]:
    """Every step with what it found, in the order of the way; a dash for what was not reached or does not apply."""
    return [
        ("Address", report.address or "–"),
        ("Proxy", report.proxy or "none"),
        ("DNS", report.dns or "–"),
        ("TLS issuer", report.tls_issuer or "–"),
        ("HTTP status", str(report.http_status or "–")),
        ("Duration", _spoken(report.duration) if report.duration else "–"),
        ("Request id", report.request_id or "–"),
    ]
