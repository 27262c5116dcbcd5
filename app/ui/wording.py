"""Counts and moments in words, so that every pane says “1 credit” and “1,240 credits” alike."""

from datetime import date, datetime
from functools import lru_cache

from PySide6.QtCore import QDate, QDateTime, QLocale

_IRREGULAR = {
    "person": "people",
    "finished batch": "finished batches",
    "batch": "batches",
    "company": "companies",
    "entry": "entries",
}


#: A contact of whom no service has said a name.
NO_NAME = "No name"


def role_text(job_title: str, company: str) -> str:
    """What somebody does, and where; "" where nothing is known."""
    return " at ".join(part for part in (job_title, company) if part)


def count(number: int, noun: str) -> str:
    """A number with its noun, grouped by thousands and in the plural where it is not one."""
    return f"1 {noun}" if number == 1 else f"{number:,} {_IRREGULAR.get(noun, f'{noun}s')}"


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, its end cut with “…” where it is longer."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def priced(text: str, cost: int) -> str:
    """What a button does, with the most credits it can cost; the bare text where it is free."""
    return f"{text} · up to {count(cost, 'credit')}" if cost else text


def left_out_text(number: int, service: str) -> str:
    """Says that a part of the selection stays as it is, because a service does not know it; "" for none."""
    return f"Left out: {count(number, 'selected contact')} not from {service}." if number else ""


#: A day as every part of the window writes it. Nobody takes its month for its day, wherever they are.
DAY_FORMAT = "d MMM yyyy"


def short_day(at: date) -> str:
    """A day such as “21 Nov”, in the rep's own words; another year is named."""
    local = QDate(at.year, at.month, at.day)
    return QLocale().toString(local, _short_format(local))


def _short_format(at: QDate) -> str:
    return "d MMM" if at.year() == QDate.currentDate().year() else DAY_FORMAT


def moment(at: datetime) -> str:
    """A moment such as “21 Nov 2026, 10:32”, as the rep's own clock and calendar show it."""
    return _minute(int(at.timestamp()) // 60, QLocale())


@lru_cache(maxsize=4096)  # tables ask for thousands, and many contacts arrive within the same minute
def _minute(minutes: int, locale: QLocale) -> str:
    return locale.toString(QDateTime.fromSecsSinceEpoch(minutes * 60), f"{DAY_FORMAT}, HH:mm")


def short_moment(at: datetime) -> str:
    """A day and a time of day for a title, such as “21 Nov, 10:32”, in the rep's own words; another year is named."""
    local = QDateTime.fromSecsSinceEpoch(int(at.timestamp()))
    return QLocale().toString(local, f"{_short_format(local.date())}, HH:mm")


def clock(at: datetime) -> str:
    """A time of day to the second, as the rep's own clock shows it."""
    return at.astimezone().strftime("%H:%M:%S")
