"""Export presets as data: which columns, under which headers, and how the file is laid out.

A preset for a CRM is another `Preset` in `PRESETS`; nothing else has to change.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.contact import ContactRow
from app.domain.errors import InputError
from app.domain.phones import compact_phone
from app.exchange.guard import GuardMode


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header in the file, and the text of a contact that goes under it."""

    header: str
    value: Callable[[ContactRow], str]


@dataclass(frozen=True, slots=True)
class Preset:
    """One way to write contacts. `name` is for the command line, `label` for people.

    `byte_order_mark` tells Excel that the file is UTF-8, and sticks to the first header in some other programs.
    """

    name: str
    label: str
    columns: tuple[Column, ...]
    separator: str = ","
    byte_order_mark: bool = False
    guard: GuardMode = GuardMode.EXCEPT_NUMBERS


_COLUMNS = (
    Column("first_name", lambda row: row.first_name),
    Column("last_name", lambda row: row.last_name),
    Column("job_title", lambda row: row.job_title),
    Column("company_name", lambda row: row.company_name),
    Column("company_domain", lambda row: row.company_domain),
    Column("email", lambda row: row.email),
    Column("phone", lambda row: compact_phone(row.phone)),
    Column("linkedin_url", lambda row: row.linkedin_url),
    Column("location", lambda row: row.location),
    Column("provider", lambda row: row.provider.value),
    Column("provider_id", lambda row: row.provider_id),
)

PLAIN = Preset("plain", "Plain CSV", _COLUMNS)
EXCEL = Preset("excel", "CSV for Excel", _COLUMNS, byte_order_mark=True, guard=GuardMode.ALL)
PRESETS: dict[str, Preset] = {preset.name: preset for preset in (PLAIN, EXCEL)}
PLAIN_HEADERS: tuple[str, ...] = tuple(column.header for column in _COLUMNS)


def preset_named(name: str) -> Preset:
    """The preset of that name. Raises InputError, naming those there are, when there is none."""
    preset = PRESETS.get(name.strip().casefold())
    if preset is None:
        raise InputError(f"There is no export preset “{name}”.", next_step=f"Choose one of: {', '.join(PRESETS)}.")
    return preset
