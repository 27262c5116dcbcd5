"""Exit codes (those of errors are the errors' own; see app.domain.errors)."""

EXIT_OK = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_ITEMS_FAILED = 3
EXIT_KEY = 4
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
