"""How values are kept in columns: times as whole microseconds of UTC, lists as JSON."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from app.domain.contact import EmailValue, PersonFields, PhoneValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stamp(moment: datetime) -> int:
    """A time as kept in a column."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(stamp: int) -> datetime:
    """A time from its column."""
    return _EPOCH + timedelta(microseconds=stamp)


def optional_stamp(moment: datetime | None) -> int | None:
    """A time that may be missing, as kept in a column."""
    return None if moment is None else stamp(moment)


def optional_moment(stamp: int | None) -> datetime | None:
    """A time that may be missing, from its column."""
    return None if stamp is None else moment(stamp)


def utc_now() -> datetime:
    """The clock of the repositories; tests hand in their own."""
    return datetime.now(UTC)


_encoder = msgspec.json.Encoder()
_texts_decoder = msgspec.json.Decoder(list[str])
_fields_decoder = msgspec.json.Decoder(PersonFields)
_emails_decoder = msgspec.json.Decoder(tuple[EmailValue, ...])
_phones_decoder = msgspec.json.Decoder(tuple[PhoneValue, ...])


def to_json(value: object) -> str:
    """A dataclass, list or tuple of them, as kept in a text column."""
    return _encoder.encode(value).decode()


def json_list(values: Iterable[int | str]) -> str:
    """Values for `IN (SELECT value FROM json_each(?))`: any number of them in one statement."""
    return to_json(list(values))


def json_texts(text: str) -> list[str]:
    """A JSON array of texts, as `json_group_array` makes it."""
    return _texts_decoder.decode(text)


def person_fields(text: str) -> PersonFields:
    """Normalised values from their column. Members this version does not know are passed over."""
    return _fields_decoder.decode(text)


def emails(text: str) -> tuple[EmailValue, ...]:
    """E-mail values from their column."""
    return _emails_decoder.decode(text)


def phones(text: str) -> tuple[PhoneValue, ...]:
    """Phone values from their column."""
    return _phones_decoder.decode(text)
