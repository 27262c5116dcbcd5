from collections.abc import Callable

from app.domain.changes import Change, ChangeFeed, ChangeKind


def test_subscribers_hear_every_change_in_order_until_they_leave() -> None:
    feed = ChangeFeed()
    heard: list[str] = []
    leave = feed.subscribe(lambda change: heard.append(f"first {change.kind}"))
    feed.subscribe(lambda change: heard.append(f"second {change.ids}"))
    feed.publish(Change(ChangeKind.CONTACTS, (1, 2)))
    leave()
    leave()
    feed.publish(Change(ChangeKind.LEDGER))
    assert heard == ["first contacts", "second (1, 2)", "second ()"]


def test_a_subscriber_that_fails_is_logged_and_the_others_still_hear(expected_log: Callable[[str], None]) -> None:
    expected_log("A subscriber failed on a enrichment change")
    feed = ChangeFeed()
    heard: list[Change] = []

    def fail(_change: Change) -> None:
        raise RuntimeError("a view is broken")

    feed.subscribe(fail)
    feed.subscribe(heard.append)
    feed.publish(Change(ChangeKind.ENRICHMENT))
    assert heard == [Change(ChangeKind.ENRICHMENT)]


def test_a_subscriber_may_leave_while_it_is_told() -> None:
    feed = ChangeFeed()
    heard: list[str] = []

    def once(_change: Change) -> None:
        heard.append("once")
        leave()

    leave = feed.subscribe(once)
    feed.subscribe(lambda _change: heard.append("always"))
    feed.publish(Change(ChangeKind.CONTACTS))
    feed.publish(Change(ChangeKind.CONTACTS))
    assert heard == ["once", "always", "always"]
