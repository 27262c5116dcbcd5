from typing import Any

import pytest

from app.domain.library_view import Facet, ViewQuery
from app.ui.panes.library_state import read_query, save_query


def test_words_and_facets_come_back() -> None:
    query = ViewQuery("élan vital", {Facet.STATUS: frozenset({"", "called"}), Facet.LIST: frozenset({"3"})})
    assert read_query(save_query(query)) == query


@pytest.mark.parametrize(
    "damage",
    [{}, {"filter": 3, "facets": []}, {"facets": {"gone": ["x"], "status": "called", "list": []}}, {"facets": None}],
)
def test_damage_is_left_out(damage: dict[str, Any]) -> None:
    assert read_query(damage) == ViewQuery()


def test_values_that_are_no_text_are_left_out() -> None:
    assert read_query({"facets": {"status": ["called", 3]}}).facets == {Facet.STATUS: frozenset({"called"})}
