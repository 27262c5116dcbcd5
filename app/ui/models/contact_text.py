"""Contacts as text for the clipboard: for a spreadsheet, or as a Markdown table. Built in parts."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from app.ui.models.contact_columns import COLUMNS, Column
from app.ui.models.contact_model import Entry

_ESCAPED = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>()#+!|~"})


class TextForm(StrEnum):
    """How rows are copied."""

    TSV = "tsv"
    MARKDOWN = "markdown"


def heading(form: TextForm, columns: Sequence[Column]) -> str:
    """The line, or lines, above the rows."""
    titles = [COLUMNS[column].title for column in columns]
    if form is TextForm.TSV:
        return "\t".join(titles)
    return f"| {' | '.join(titles)} |\n|{'|'.join(' --- ' for _ in titles)}|"


def lines(form: TextForm, entries: Iterable[Entry], columns: Sequence[Column]) -> list[str]:
    """One line per contact; tabs and line breaks within a value become spaces, marks of Markdown plain text."""
    if form is TextForm.TSV:
        return ["\t".join(flat(entry.cells[column]) for column in columns) for entry in entries]
    return [
        f"| {' | '.join(flat(entry.cells[column]).translate(_ESCAPED) for column in columns)} |" for entry in entries
    ]


def flat(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())
