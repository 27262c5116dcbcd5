"""The program's colours, light and dark. Text and icon colours have a contrast of 4.5 : 1 or more (WCAG 2.2, AA)."""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtGui import QGuiApplication, QPalette


class Ink(StrEnum):
    """What text or an icon is painted with; the values are the names of fields of `Colours`."""

    TEXT = "text"
    MUTED = "muted"
    ACCENT = "accent"
    ON_ACCENT = "on_accent"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Colours:
    """One scheme. Grounds first, then inks that are legible on all of them, then lines and fills."""

    window: str
    base: str
    raised: str
    selection: str
    info_ground: str
    success_ground: str
    warning_ground: str
    danger_ground: str

    text: str
    muted: str
    accent: str
    info: str
    success: str
    warning: str
    danger: str
    unknown: str

    line: str
    strong_line: str
    disabled: str
    fill: str
    fill_hover: str
    on_accent: str

    def ink(self, ink: Ink) -> str:
        """The colour of an ink, as `#rrggbb`."""
        return str(getattr(self, ink.value))


LIGHT = Colours(
    window="#f4f5f7",
    base="#ffffff",
    raised="#fafbfc",
    selection="#dbe7fa",
    info_ground="#e9f1fd",
    success_ground="#e8f5ec",
    warning_ground="#fdf3dc",
    danger_ground="#fdecea",
    text="#1b1f24",
    muted="#545d68",
    accent="#1d5bb8",
    info="#1d5bb8",
    success="#14652b",
    warning="#7d4f00",
    danger="#ab1f18",
    unknown="#6d3a94",
    line="#dadee4",
    strong_line="#b9c0ca",
    disabled="#8b939d",
    fill="#1d5bb8",
    fill_hover="#174c9c",
    on_accent="#ffffff",
)

DARK = Colours(
    window="#1f2227",
    base="#17191d",
    raised="#24282e",
    selection="#26436f",
    info_ground="#1d2d47",
    success_ground="#1a3024",
    warning_ground="#382d15",
    danger_ground="#402220",
    text="#e7e9ec",
    muted="#aab2bc",
    accent="#8ab8ff",
    info="#8ab8ff",
    success="#78d392",
    warning="#ebbf63",
    danger="#ff9d94",
    unknown="#d9b1f1",
    line="#363b43",
    strong_line="#4d545e",
    disabled="#767e88",
    fill="#2a65c0",
    fill_hover="#3573d1",
    on_accent="#ffffff",
)


def colours_of(palette: QPalette) -> Colours:
    """The scheme that goes with a palette, by the lightness of its windows."""
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def current_colours() -> Colours:
    """The scheme the program shows now."""
    return colours_of(QGuiApplication.palette())
