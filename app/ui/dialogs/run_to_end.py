"""Dialogs that work while they are open: shown, waited for, stopped and taken down."""

from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QDialog

from app.qtbridge.dialogs import run_dialog


async def run_to_end(dialog: QDialog, shut_down: Callable[[], Awaitable[None]]) -> bool:
    """Show a dialog until it is closed, then stop what it does and let it go.

    What was chosen in it can be read right after.

    Args:
        dialog: The dialog.
        shut_down: Stops what it does.

    Returns:
        Whether the rep confirmed it.
    """
    try:
        return await run_dialog(dialog) == QDialog.DialogCode.Accepted
    finally:
        await shut_down()
        dialog.deleteLater()
