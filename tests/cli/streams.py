"""Streams for a command under test."""

import io
import itertools
from collections.abc import Iterator

from app.cli.console import Console


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class TestConsole(Console):
    """A console whose output can be read back; as a terminal, `source` is what its person types."""

    __test__ = False

    def __init__(self, source: str = "", *, terminal: bool = False, seconds: Iterator[float] | None = None) -> None:
        kind = Terminal if terminal else io.StringIO
        super().__init__(kind(source), kind(), kind(), (seconds or itertools.count(1.0)).__next__)

    @property
    def said(self) -> str:
        """What stands on standard error."""
        assert isinstance(self.err, io.StringIO)
        return self.err.getvalue()

    @property
    def written(self) -> str:
        """What stands on standard output."""
        assert isinstance(self.out, io.StringIO)
        return self.out.getvalue()
