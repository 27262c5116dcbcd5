"""Contact Scout: a desktop program in which sales reps search, fetch, enrich and export contacts."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("contact-scout")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0.0.0"
