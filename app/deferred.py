"""Modules that take long to load and that the first window does not need: loaded with the first use of their names.

A module that annotates with them says `from __future__ import annotations`, else its own loading is the first use.
What would be used on the event loop first is loaded before on another thread, with `load`.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx as httpx


class _Deferred:
    """Stands for a module. Looks its names up anew each time, as the module's own importers do."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


def load(name: str) -> ModuleType:
    """Load a module now; may be called on any thread."""
    return import_module(name)


if not TYPE_CHECKING:
    httpx = _Deferred("httpx")
