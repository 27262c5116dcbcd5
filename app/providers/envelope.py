"""The outermost layer of an answer, shared by the vendor modules."""

from typing import TypeVar

import msgspec

from app.domain.errors import UnreadableAnswerError
from app.domain.provider import Provider
from app.providers.client import Answer
from app.providers.errors import unreadable
from app.providers.wire import Members, load, part, rows

_S = TypeVar("_S", bound=msgspec.Struct)


class Envelope:
    """The members of an answer's object; every failure to read is an `UnreadableAnswerError` of the provider.

    Raises:
        UnreadableAnswerError: The body is no JSON object.
    """

    def __init__(self, provider: Provider, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        try:
            self._members = load(answer.body, Members)
        except ValueError as error:
            raise self.unreadable("it is not a JSON object") from error

    def rows(self, *path: str) -> list[msgspec.Raw]:
        """The array at a path of members; null is an empty one.

        Raises:
            UnreadableAnswerError: It is absent or no array: an answer without it must not look like “none found”.
        """
        try:
            return rows(self.at(*path))
        except ValueError as error:
            raise self.unreadable(f"“{'.'.join(path)}” is missing or is no list") from error

    def one(self, *path: str) -> msgspec.Raw:
        """The object at a path; some services put a single one in an array.

        Raises:
            UnreadableAnswerError: It is absent, or neither an object nor an array of one.
        """
        raw = self.at(*path)
        entries = rows(raw) if raw is not None and bytes(raw).lstrip().startswith(b"[") else [raw]
        if len(entries) != 1 or entries[0] is None or not bytes(entries[0]).lstrip().startswith(b"{"):
            raise self.unreadable(f"“{'.'.join(path)}” is missing or is no object")
        return entries[0]

    def part(self, kind: type[_S], *path: str) -> _S:
        """The object at a path (without one the whole answer), read member by member; defaults where it is absent."""
        raw = self.at(*path) if path else self._answer.body
        try:
            return kind() if raw is None else part(raw, kind)
        except ValueError:
            return kind()

    def at(self, *path: str) -> msgspec.Raw | None:
        """The member at a path, None where it is absent."""
        members: Members = self._members
        for name in path[:-1]:
            try:
                members = load(members[name], Members)
            except (KeyError, ValueError):
                return None
        return members.get(path[-1])

    def unreadable(self, reason: str) -> UnreadableAnswerError:
        """The error to raise when the answer makes no sense."""
        return unreadable(self._provider, reason, status=self._answer.status, request_id=self._answer.request_id)
