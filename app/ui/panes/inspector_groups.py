"""What is known of one field of a contact, sorted for the eye: the value in use first, equal values once. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.contact import ContactDetails, FieldValue, PersonFields
from app.ui.panes.inspector_words import LIST_FIELDS


@dataclass(frozen=True, slots=True)
class KnownValue:
    """One value with everybody who says so; the record that decides comes first."""

    said: tuple[FieldValue, ...]

    @property
    def first(self) -> FieldValue:
        """The value as the deciding record has it."""
        return self.said[0]

    @property
    def value(self) -> str:
        """The value."""
        return self.said[0].value

    @property
    def is_chosen(self) -> bool:
        """Whether the rep picked or typed it."""
        return any(each.chosen for each in self.said)

    @property
    def is_shown(self) -> bool:
        """Whether it is one of the values in use."""
        return any(each.shown or each.chosen for each in self.said)


@dataclass(frozen=True, slots=True)
class KnownField:
    """One field that has a value. `values` come best first."""

    field: str
    values: tuple[KnownValue, ...]

    @property
    def is_chosen(self) -> bool:
        """Whether the rep decided what is shown."""
        return self.values[0].is_chosen

    @property
    def leading(self) -> tuple[KnownValue, ...]:
        """What is in use: one value, or several of a field that has them side by side."""
        if self.field not in LIST_FIELDS:
            return self.values[:1]
        return tuple(value for value in self.values if value.is_shown) or self.values[:1]

    @property
    def others(self) -> tuple[KnownValue, ...]:
        """What else was said."""
        return self.values[len(self.leading) :]


def known_fields(details: ContactDetails, fields: Sequence[str]) -> list[KnownField]:
    """The fields that have a value, in the order asked for."""
    said: dict[str, dict[str, list[FieldValue]]] = {field: {} for field in fields}
    for value in details.values:
        if value.field in said and value.value:
            said[value.field].setdefault(_key(value), []).append(value)
    return [
        KnownField(field, _sorted(groups.values(), primary_value(details, field)))
        for field, groups in said.items()
        if groups
    ]


def primary_value(details: ContactDetails, field: str) -> str:
    """The one value of a field that tables and exports show, "" for none."""
    fields = details.fields
    if field == "email":
        return fields.emails[0].address if fields.emails else ""
    if field == "phone":
        return fields.phones[0].number if fields.phones else ""
    return str(getattr(fields, field)) if field not in LIST_FIELDS and field in _TEXTS else ""


_TEXTS = frozenset(PersonFields.__slots__)


def _sorted(groups: Iterable[list[FieldValue]], primary: str) -> tuple[KnownValue, ...]:
    known = [
        KnownValue(tuple(sorted(group, key=lambda value: (not value.chosen, not value.shown, _newest_first(value)))))
        for group in groups
    ]
    wanted = primary.casefold()

    def rank(each: KnownValue) -> tuple[bool, bool, bool, float]:
        return not each.is_chosen, each.value.casefold() != wanted, not each.is_shown, _newest_first(each.first)

    return tuple(sorted(known, key=rank))


def _key(value: FieldValue) -> str:
    if value.field == "email":
        return value.value.casefold()
    if value.field == "phone":
        return re.sub(r"\D", "", value.value) or value.value
    return value.value


def _newest_first(value: FieldValue) -> float:
    return -value.fetched_at.timestamp()
