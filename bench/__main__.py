"""Run all benchmarks, one after the other; those of the library on one of 100,000 contacts, which is made first."""

from bench import (
    bulk_fetch,
    bulk_fetch_window,
    library_facets,
    library_filter,
    library_ingest,
    library_memory,
    library_sort,
    library_startup,
    library_window,
    matching_b2b,
    matching_febrl,
    page_decode,
    page_write,
    rate_limit,
)


def main() -> None:
    """Print every ratio."""
    for benchmark in (
        bulk_fetch,
        bulk_fetch_window,
        page_decode,
        page_write,
        rate_limit,
        library_filter,
        library_sort,
        library_facets,
        library_ingest,
        library_memory,
        library_startup,
        library_window,
        matching_febrl,
        matching_b2b,
    ):
        benchmark.main()
        print()


if __name__ == "__main__":
    main()
