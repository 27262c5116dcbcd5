from collections.abc import Sequence

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester

from app.domain.match_candidates import MatchCandidate
from app.ui.models.queue_model import PERCENT_ROLE
from app.ui.models.review_model import Column, ReviewModel, ReviewPair, percent
from tests.support.rows import make_row

pytestmark = pytest.mark.gui


def pair(number: int, score: float = 0.9, blocked: str = "") -> ReviewPair:
    low, high = make_row(2 * number), make_row(2 * number + 1)
    return ReviewPair(MatchCandidate(low.contact_id, high.contact_id, score, (), blocked), low, high)


def names(model: ReviewModel) -> list[str]:
    return [str(model.index(row, Column.NAMES).data()) for row in range(model.rowCount())]


def expected(pairs: Sequence[ReviewPair]) -> list[str]:
    return ["\n".join(each.names) for each in pairs]


@pytest.mark.parametrize(("score", "shown"), [(1.0, 100), (0.9999, 99), (0.95, 95), (0.29, 29), (0.9499, 94), (0.0, 0)])
def test_no_score_is_rounded_up_to_a_threshold(score: float, shown: int) -> None:
    assert percent(score) == shown


def test_what_was_decided_goes_and_the_rest_keeps_its_place(qtmodeltester: ModelTester) -> None:
    model = ReviewModel()
    pairs = [pair(number) for number in range(5)]
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    model.set_pairs(pairs, 5)
    assert len(resets) == 1
    model.remove(pairs[1].key)
    assert model.total == 4
    model.set_pairs([pairs[0], pairs[3], pairs[4]], 3)
    assert names(model) == expected([pairs[0], pairs[3], pairs[4]])
    assert len(resets) == 1, "a view keeps its row and its place"
    model.set_pairs(pairs, 5)
    assert names(model) == expected(pairs)
    qtmodeltester.check(model)


def test_more_are_asked_for_while_there_are_more() -> None:
    model = ReviewModel()
    asked: list[bool] = []
    model.more_wanted.connect(lambda: asked.append(True))
    assert not model.canFetchMore(QModelIndex())
    model.set_pairs([pair(1)], 2)
    assert model.canFetchMore(QModelIndex())
    model.fetchMore(QModelIndex())
    assert asked
    model.set_pairs([pair(1), pair(2)], 2)
    assert not model.canFetchMore(QModelIndex())


def test_a_pair_that_may_not_be_merged_is_marked_and_told() -> None:
    model = ReviewModel()
    model.set_pairs([pair(1, 0.876), pair(2, blocked="They have two LinkedIn profiles.")], 2)
    free, blocked = model.index(0, Column.NAMES), model.index(1, Column.NAMES)
    assert free.data(Qt.ItemDataRole.DecorationRole) is None
    assert blocked.data(Qt.ItemDataRole.DecorationRole) is not None
    assert "two LinkedIn profiles" in blocked.data(Qt.ItemDataRole.ToolTipRole)
    assert blocked.data(Qt.ItemDataRole.AccessibleTextRole).endswith("Cannot be merged.")
    assert free.data(Qt.ItemDataRole.AccessibleTextRole).endswith("87 percent alike.")
    assert model.index(0, Column.SCORE).data(PERCENT_ROLE) == 87
