from app.demo.limits import SlidingWindow, TokenBucket


def test_a_window_slides() -> None:
    window = SlidingWindow(3, 60)
    for second in (0, 10, 20):
        assert not window.is_full(second)
        window.spend(second)
    assert window.is_full(59.9)
    assert window.reset_after(30) == 30
    assert not window.is_full(60)
    assert window.used(60) == 2


def test_a_call_over_the_rest_completes_and_the_next_does_not() -> None:
    window = SlidingWindow(10, 3600)
    window.spend(0, 9)
    assert not window.is_full(1)
    window.spend(1, 5)
    assert window.is_full(2)
    assert window.used(3600) == 5


def test_an_unused_window_needs_no_reset() -> None:
    assert SlidingWindow(1, 1).reset_after(5) == 0


def test_a_bucket_allows_a_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(10, 15)
    assert [bucket.take(0) for _ in range(16)] == [True] * 15 + [False]
    assert bucket.take(0.1)
    assert not bucket.take(0.1)
    assert [bucket.take(100) for _ in range(16)] == [True] * 15 + [False]
