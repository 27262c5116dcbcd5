"""Run all benchmarks, one after the other."""

from bench import bulk_fetch, bulk_fetch_window, page_decode, page_write, rate_limit


def main() -> None:
    """Print every ratio."""
    for benchmark in (bulk_fetch, bulk_fetch_window, page_decode, page_write, rate_limit):
        benchmark.main()
        print()


if __name__ == "__main__":
    main()
