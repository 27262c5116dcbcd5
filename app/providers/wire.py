"""Reading JSON from services leniently: what makes sense is kept, what does not never hides the rest.

A body is cut into rows (`rows`), and each row is read by itself (`part`): members that are unknown are ignored,
members of the wrong type count as absent, and only a row that is no object, or that has no id, is quarantined.
Structs for `part` give every member a default.
"""

import re
import types
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from app.domain.contact import SourceRecord
from app.domain.identifiers import linkedin_slug, normalise_domain
from app.domain.search import Quarantined

_T = TypeVar("_T")
_S = TypeVar("_S", bound=msgspec.Struct)

Scalar = str | int | float | bool | None
Members = dict[str, msgspec.Raw]

# Control characters, line and paragraph separators, lone surrogates.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)"
    rb"(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)

# Hosts on which companies have pages but which are nobody's own domain.
_SHARED_HOSTS = frozenset("facebook.com instagram.com linkedin.com linktr.ee twitter.com x.com youtube.com".split())


class RowError(ValueError):
    """A row that cannot be used; the text says why, in words for the rep."""


def load(body: bytes | msgspec.Raw, kind: type[_T]) -> _T:
    """Decode JSON.

    Half an emoji (a cut-off surrogate pair) or a broken UTF-8 sequence would spoil the whole body: they are
    replaced by the replacement character, and the rest is read.

    Raises:
        ValueError: It is no JSON, or of another shape.
    """
    try:
        return _decode(body, kind)
    except msgspec.ValidationError:
        # Well formed, as far as it was read, but of another shape: there is nothing to mend, and bodies can be large.
        raise
    except ValueError:
        mended = _mend(bytes(body))
        if mended == bytes(body):
            raise
        return _decode(mended, kind)


def _decode(body: bytes | msgspec.Raw, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _mend(body: bytes) -> bytes:
    whole = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace").encode()
    return _LONE_SURROGATE.sub(lambda match: match[1] + (match[2] or rb"\ufffd"), whole)


def part(raw: bytes | msgspec.Raw, kind: type[_S]) -> _S:
    """Read an object into a Struct, each member for itself.

    Raises:
        ValueError: It is no object.
    """
    try:
        return load(raw, kind)
    except ValueError:
        members = load(raw, Members)
    fitting: dict[str, Any] = {}
    for member in msgspec.structs.fields(kind):
        if member.encode_name in members:
            fitting.update((member.name, value) for value in _fitting(members[member.encode_name], member.type))
    return kind(**fitting)


def _fit(raw: msgspec.Raw, kind: Any) -> Any:
    """Read a member, of a type as Structs here have them, as well as it goes: entry by entry, member by member."""
    if get_origin(kind) in (Union, types.UnionType):
        try:
            return load(raw, kind)
        except ValueError:
            deep = [choice for choice in get_args(kind) if _is_deep(choice)]
            if not deep:
                raise
            return _fit(raw, deep[0])
    if get_origin(kind) is list:
        return [fitted for entry in load(raw, list[msgspec.Raw]) for fitted in _fitting(entry, get_args(kind)[0])]
    if get_origin(kind) is dict:
        members = load(raw, Members)
        return {name: fitted for name, entry in members.items() for fitted in _fitting(entry, get_args(kind)[1])}
    return part(raw, kind)


def _fitting(raw: msgspec.Raw, kind: Any) -> list[Any]:
    """The value in a list, or an empty list when it does not fit."""
    try:
        return [_fit(raw, kind)]
    except ValueError:
        return []


def _is_deep(kind: Any) -> bool:
    return get_origin(kind) in (list, dict) or (isinstance(kind, type) and issubclass(kind, msgspec.Struct))


def rows(raw: bytes | msgspec.Raw | None) -> list[msgspec.Raw]:
    """The entries of an array; null is an empty one.

    Raises:
        ValueError: It is absent (None), or neither an array nor null.
    """
    if raw is None:
        raise ValueError("a list is missing")
    return [] if bytes(raw).strip() == b"null" else load(raw, list[msgspec.Raw])


def read_rows(
    raws: Iterable[msgspec.Raw], read: Callable[[bytes], SourceRecord]
) -> tuple[tuple[SourceRecord, ...], tuple[Quarantined, ...]]:
    """Read each row; one that cannot be read is quarantined and the others go on."""
    records: list[SourceRecord] = []
    quarantined: list[Quarantined] = []
    for raw in raws:
        row = bytes(raw)
        try:
            records.append(read(row))
        except RowError as error:
            quarantined.append(Quarantined(str(error), row))
        except ValueError:
            quarantined.append(Quarantined("The row is not an object.", row))
    return tuple(records), tuple(quarantined)


def text(value: Scalar, *, longest: int | None = None) -> str:
    """A value as one line of text: trimmed, without control characters; "" for null.

    Args:
        value: What the service sent.
        longest: Cut after so many characters.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    line = " ".join(_CONTROL.sub(" ", value).split())
    return line if longest is None or len(line) <= longest else line[: longest - 1] + "…"


def distinct(values: Iterable[Scalar]) -> tuple[str, ...]:
    """Values as lines of text, each once, without empty ones."""
    return tuple(dict.fromkeys(filter(None, map(text, values))))


def paragraphs(value: Scalar) -> str:
    """A value as text that may have several lines; "" for null."""
    lines = text_lines(value)
    return "\n".join(lines).strip()


def text_lines(value: Scalar) -> list[str]:
    """The lines of a value, each as `text` makes it."""
    return [text(line) for line in value.splitlines()] if isinstance(value, str) else [text(value)]


def identifier(value: Scalar) -> str:
    """An id as text, whether it came as text or as a number; "" when it is none."""
    return "" if isinstance(value, bool | float) else text(value)


def opaque(value: Scalar) -> str:
    """A token to send back just as it came (cursor, request id); "" when there is none."""
    return value if isinstance(value, str) else identifier(value)


def whole(value: Scalar) -> int:
    """A count; 0 where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def company_domain(url: str) -> str:
    """The domain a company's website names, "" when the page lives on a site that many share."""
    host = normalise_domain(url)
    shared = any(host == name or host.endswith("." + name) for name in _SHARED_HOSTS)
    return "" if shared else host


def profile_link(url: str) -> str:
    """The URL if it is a LinkedIn page of a person, else ""."""
    return url if linkedin_slug(url) else ""
