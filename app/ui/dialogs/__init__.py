"""Dialogs; all are awaited, none runs a loop of its own. Imported where they are opened: the start does without."""
