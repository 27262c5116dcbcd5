"""The command line: the services that the window uses, without a window. Imports no Qt."""

from app.cli.options import build_parser
from app.cli.program import main

__all__ = ["build_parser", "main"]
