"""Dialogs; all are awaited, none runs a loop of its own."""
