"""What the program is about, as frozen dataclasses and pure rules. Nothing here does I/O."""
