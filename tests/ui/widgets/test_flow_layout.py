import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.flow_layout import FlowLayout

pytestmark = pytest.mark.gui


def test_the_height_follows_every_change_of_what_is_in_it(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    flow = FlowLayout(widget)
    widget.show()
    assert flow.heightForWidth(100) == 0
    words = [QLabel("word") for _ in range(2)]
    flow.addWidget(words[0])
    words[0].show()
    one_line = flow.heightForWidth(100)
    assert one_line > 0
    flow.addWidget(words[1])
    words[1].show()
    assert flow.heightForWidth(100) == one_line
    words[1].setText("word " * 20)
    two_lines = flow.heightForWidth(100)
    assert two_lines > one_line
    assert flow.heightForWidth(1000) == one_line
    flow.setContentsMargins(0, 10, 0, 10)
    assert flow.heightForWidth(100) == two_lines + 20
    item = flow.takeAt(1)
    assert item is not None
    assert flow.heightForWidth(100) == one_line + 20
