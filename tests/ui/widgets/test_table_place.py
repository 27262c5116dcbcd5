from hypothesis import given
from hypothesis import strategies as st

from app.ui.widgets.table_place import TablePlace, pack_ids, unpack_ids


@given(st.sets(st.integers(1, 2**40)))
def test_ids_come_back_in_order(ids: set[int]) -> None:
    assert unpack_ids(pack_ids(ids)) == sorted(ids)


def test_a_large_selection_is_short_text() -> None:
    assert len(pack_ids(range(1, 100_001))) < 10_000
    assert len(pack_ids(range(1, 100_001, 2))) < 10_000


@given(st.one_of(st.text(), st.none(), st.integers(), st.binary().map(repr)))
def test_damage_is_no_selection(damage: object) -> None:
    assert unpack_ids(damage) == [] or isinstance(damage, str)


def test_a_place_comes_back_and_damage_is_left_out() -> None:
    place = TablePlace([3, 1, 2], current=2, top=1)
    assert TablePlace.read(place.save()) == TablePlace([1, 2, 3], current=2, top=1)
    assert TablePlace.read({"selected": 7, "current": "x", "top": []}) == TablePlace([])
