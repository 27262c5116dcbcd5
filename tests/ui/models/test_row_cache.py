from app.ui.models.contact_model import Entry
from app.ui.models.row_cache import MOST_WANTED, PAGE, RowCache, neighbours
from tests.support.rows import make_row


def entries(*ids: int) -> list[tuple[int, Entry]]:
    return [(contact_id, Entry.of(make_row(contact_id))) for contact_id in ids]


def test_what_was_loaded_longest_ago_is_forgotten_first() -> None:
    cache = RowCache(most=3)
    cache.put(entries(1, 2, 3))
    cache.put(entries(1, 4))
    assert cache.known(range(5)) == {1, 3, 4}
    assert len(cache) == 3


def test_some_can_be_kept_when_others_are_forgotten() -> None:
    cache = RowCache()
    cache.put(entries(1, 2, 3, 4))
    cache.forget([1, 2, 99], but={2})
    assert cache.known(range(5)) == {2, 3, 4}
    cache.forget(None, but={3})
    assert cache.known(range(5)) == {3}


def test_the_page_wanted_last_comes_first_and_old_wishes_are_dropped() -> None:
    cache = RowCache()
    assert cache.want(5)
    assert not cache.want(7), "the same page"
    for page in range(1, MOST_WANTED + 1):
        cache.want(page * PAGE)
    pages = []
    while (rows := cache.next_page()) is not None:
        pages.append(rows.start // PAGE)
    assert pages == list(range(MOST_WANTED, 0, -1)), "the first page is out of sight by now"
    cache.want(5)
    cache.drop_wishes()
    assert cache.next_page() is None


def test_neighbours_are_within_the_table() -> None:
    assert list(neighbours(range(100), 100)) == []
    assert list(neighbours(range(100, 200), 350)) == [200, 99]
