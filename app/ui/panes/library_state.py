"""The query of the Library tab, as JSON can hold it."""

from collections.abc import Mapping
from typing import Any

from app.domain.library_view import Facet, ViewQuery


def save_query(query: ViewQuery) -> dict[str, Any]:
    """Filter and facets; the sorting is with the columns."""
    return {
        "filter": query.text,
        "facets": {facet.value: sorted(values) for facet, values in query.facets.items()},
    }


def read_query(state: Mapping[str, Any]) -> ViewQuery:
    """Filter and facets as they were saved; what is unknown or damaged is left out."""
    facets: dict[Facet, frozenset[str]] = {}
    saved = state.get("facets")
    known = {facet.value: facet for facet in Facet}
    for name, values in saved.items() if isinstance(saved, dict) else ():
        if name in known and isinstance(values, list) and values:
            facets[known[name]] = frozenset(value for value in values if isinstance(value, str))
    text = state.get("filter")
    return ViewQuery(text if isinstance(text, str) else "", facets)
