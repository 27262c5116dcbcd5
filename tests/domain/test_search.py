import pytest

from app.domain.provider import Provider
from app.domain.search import FilterKind, FilterSpec, SearchQuery


def test_a_query_gives_one_value_or_all_of_a_filter() -> None:
    query = SearchQuery(Provider.LEADFEEDER, {"positions": ("CTO", "CIO"), "account_id": ("42",)})
    assert query.one("account_id") == "42"
    assert query.many("positions") == ("CTO", "CIO")
    assert (query.one("emails"), query.many("emails")) == ("", ())
    assert query.title == "CTO, CIO, 42"
    assert SearchQuery(Provider.TALKTOHUMANS).title == "everyone"


@pytest.mark.parametrize(
    ("kind", "many"),
    [
        (FilterKind.TEXT, False),
        (FilterKind.CHOICE, False),
        (FilterKind.TEXT_LIST, True),
        (FilterKind.CHOICE_LIST, True),
    ],
)
def test_lists_take_several_values(kind: FilterKind, many: bool) -> None:
    assert FilterSpec("x", "X", kind, "").takes_many is many
