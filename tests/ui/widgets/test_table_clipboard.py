import subprocess
import sys

COPY = """
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from app.ui.widgets.table_clipboard import _put

application = QApplication([])
_put("Ada\\tNorling".encode())
clipboard = QGuiApplication.clipboard()
print(clipboard.mimeData().formats(), clipboard.text())
"""


def test_a_program_ends_well_with_what_it_copied_in_the_clipboard() -> None:
    ended = subprocess.run([sys.executable, "-c", COPY], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "['text/plain'] Ada\tNorling\n"
