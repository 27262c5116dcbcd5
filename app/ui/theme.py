"""The program's look: one palette and one small style sheet, light or dark as the system is."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from app.domain.outcomes import Outcome
from app.ui.colours import DARK, LIGHT, Colours, Ink, current_colours
from app.ui.icons import icon


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances in device-independent pixels; Qt scales them."""

    xs: int = 4
    s: int = 8
    m: int = 12
    l: int = 16  # noqa: E741
    xl: int = 24


SPACING = Spacing()


class OutcomeStyle(NamedTuple):
    """How an outcome looks; its label always stands beside it, colour is never the only sign."""

    icon: QIcon
    colour: QColor


_OUTCOMES: Mapping[Outcome, tuple[str, Ink]] = {
    Outcome.QUEUED: ("outcome-queued", Ink.MUTED),
    Outcome.IN_FLIGHT: ("outcome-in-flight", Ink.INFO),
    Outcome.FOUND: ("outcome-found", Ink.SUCCESS),
    Outcome.PARTIAL: ("outcome-partial", Ink.SUCCESS),
    Outcome.NOT_FOUND: ("outcome-not-found", Ink.MUTED),
    Outcome.FAILED: ("outcome-failed", Ink.DANGER),
    Outcome.UNKNOWN: ("outcome-unknown", Ink.UNKNOWN),
    Outcome.SUPPRESSED: ("outcome-suppressed", Ink.WARNING),
    Outcome.CANCELLED: ("outcome-cancelled", Ink.MUTED),
    Outcome.EXPIRED: ("outcome-expired", Ink.WARNING),
    Outcome.SKIPPED: ("outcome-skipped", Ink.MUTED),
}


def outcome_style(outcome: Outcome) -> OutcomeStyle:
    """The icon and the ink of an outcome in the present scheme; the icon follows a later change by itself."""
    name, ink = _OUTCOMES[outcome]
    return OutcomeStyle(icon(name, ink), outcome_colour(outcome))


def outcome_icons() -> dict[Outcome, QIcon]:
    """Every outcome's icon, for a table to keep: one made anew for each cell would be drawn anew each time."""
    return {outcome: outcome_style(outcome).icon for outcome in Outcome}


def outcome_colour(outcome: Outcome) -> QColor:
    """The ink of an outcome in the present scheme, without drawing its icon: tables ask for it cell by cell."""
    _, ink = _OUTCOMES[outcome]
    return QColor(current_colours().ink(ink))


class Theme(QObject):
    """Applies the look to the application and follows the system's light or dark for as long as it lives.

    Args:
        app: The application.
        parent: Owns this.
        held: Keep the style sheet back until `release`. Widgets that are put together before there is one need not be
            styled again each time they get another parent, and those not in sight are not styled at all.
    """

    def __init__(self, app: QApplication, parent: QObject | None = None, *, held: bool = False) -> None:
        super().__init__(parent)
        self._app = app
        self._held = held
        self._choice: Qt.ColorScheme = Qt.ColorScheme.Unknown
        self._shown: Colours | None = None
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._apply)
        self._apply()

    def choose(self, scheme: Qt.ColorScheme) -> None:
        """Light or Dark whatever the system says; Unknown follows the system again."""
        self._choice = scheme
        self._apply()

    def release(self) -> None:
        """Apply the style sheet that was held back."""
        self._held = False
        if self._shown is not None:
            self._app.setStyleSheet(build_style_sheet(self._shown))

    def _apply(self) -> None:
        scheme = self._choice
        if scheme is Qt.ColorScheme.Unknown:
            scheme = QGuiApplication.styleHints().colorScheme()
        colours = DARK if scheme is Qt.ColorScheme.Dark else LIGHT
        if colours is self._shown:
            return
        self._shown = colours
        # Where one style sheet takes another's place, Qt styles every widget anew for each widget that it is in.
        self._app.setStyleSheet("")
        self._app.setPalette(build_palette(colours))
        if not self._held:
            self._app.setStyleSheet(build_style_sheet(colours))


def build_palette(colours: Colours) -> QPalette:
    """The palette of a scheme."""
    role = QPalette.ColorRole
    palette = QPalette()
    for target, value in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.base,
        role.AlternateBase: colours.raised,
        role.Text: colours.text,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.danger,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Highlight: colours.selection,
        role.HighlightedText: colours.text,
        role.Accent: colours.fill,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.raised,
        role.Midlight: colours.line,
        role.Mid: colours.line,
        role.Dark: colours.strong_line,
    }.items():
        palette.setColor(target, QColor(value))
    for target in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(colours.disabled))
    return palette


def build_style_sheet(colours: Colours) -> str:
    """The style sheet of a scheme."""
    folder = resources.files("app.resources")
    ink = "dark" if colours is DARK else "light"
    with resources.as_file(folder.joinpath("icons", f"chevron-down-{ink}.svg")) as path:
        icons = Path(path).parent.as_posix()
    text = folder.joinpath("style.qss").read_text(encoding="utf-8")
    names = {name: getattr(colours, name) for name in Colours.__slots__}
    for name, value in {**names, "icons": icons, "ink": ink}.items():
        text = text.replace(f"@{name}@", value)
    return text
