"""The guard against formulas: text from a provider must stay text when a spreadsheet opens it.

The leading characters are OWASP's list for CSV injection, with the full-width forms that some spreadsheets
treat alike. A guard is one apostrophe in front of the value.
"""

import re
from enum import StrEnum

GUARD = "'"
RISKY = frozenset("=+-@\t\r\n\0＝＋－＠")
# Cannot be a harmful formula, and an apostrophe would spoil them: an E.164 phone number, a whole number used as an id.
_BARE = re.compile(r"\+[1-9][0-9]{6,14}|-?[0-9]{1,20}")


class GuardMode(StrEnum):
    """Which risky values get the apostrophe."""

    EXCEPT_NUMBERS = "except_numbers"
    ALL = "all"


def guard(value: str, mode: GuardMode = GuardMode.EXCEPT_NUMBERS) -> str:
    """The value as it is written to a file."""
    if not value or value[0] not in RISKY:
        return value
    if mode is GuardMode.EXCEPT_NUMBERS and _BARE.fullmatch(value):
        return value
    return GUARD + value


def strip_guard(value: str) -> str:
    """The value without the apostrophe that `guard` put in front of it."""
    if len(value) > 1 and value[0] == GUARD and value[1] in RISKY:
        return value[1:]
    return value
