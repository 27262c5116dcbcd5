"""Contact Scout: a desktop program in which sales reps search, fetch, enrich and export contacts."""

__version__ = "0.1.0"  # as in pyproject.toml; asking the installed package for it takes longer than opening the library
