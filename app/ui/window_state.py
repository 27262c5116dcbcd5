"""Where the window's docks, columns and tabs were: one small JSON file, whole or not at all."""

import base64
import binascii
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray

from app.storage.files import replace_file

log = logging.getLogger(__name__)

VERSION = 1


def load_window_state(path: Path) -> dict[str, Any]:
    """What was saved; {} when there is nothing, or nothing that can be read."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        log.info("The window's saved layout cannot be read and is ignored")
        return {}
    return state if isinstance(state, dict) and state.get("version") == VERSION else {}


def save_window_state(path: Path, state: Mapping[str, Any]) -> None:
    """Save it. A layout that cannot be saved is not worth a message to the rep."""
    try:
        replace_file(path, json.dumps({**state, "version": VERSION}, ensure_ascii=False).encode())
    except OSError:
        log.info("The window's layout could not be saved")


def packed(data: QByteArray) -> str:
    """Qt's bytes as text."""
    return base64.b64encode(data.data()).decode("ascii")


def unpacked(text: object) -> QByteArray:
    """Qt's bytes from text, empty when it is damaged."""
    if not isinstance(text, str):
        return QByteArray()
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return QByteArray()
