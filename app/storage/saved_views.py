"""Views of the library that the rep has given a name."""

import msgspec

from app.domain.changes import Change, ChangeKind
from app.domain.library_view import Facet, SavedView, SortField, ViewQuery
from app.storage.columns import stamp, to_json, utc_now
from app.storage.database import Database, rows


class _Definition(msgspec.Struct, omit_defaults=True):
    """A view as it is kept. Members this version does not know are passed over."""

    text: str = ""
    facets: dict[str, list[str]] = {}
    sort: str = ""
    descending: bool = False
    columns: str = ""


_decoder = msgspec.json.Decoder(_Definition)


class SavedViewRepository:
    """Named views in the library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> tuple[SavedView, ...]:
        """All views, by name.

        Raises:
            LibraryError: The library cannot be read.
        """
        found = await self._database.read(
            lambda conn: rows(conn, "SELECT name, definition FROM saved_view ORDER BY name COLLATE NOCASE, name")
        )
        return tuple(_view(name, _decoder.decode(definition)) for name, definition in found)

    async def save(self, view: SavedView) -> None:
        """Keep a view under its name, in place of another of that name.

        Raises:
            LibraryError: The library cannot be written.
        """
        query = view.query
        definition = _Definition(
            text=query.text,
            facets={facet.value: sorted(values) for facet, values in query.facets.items() if values},
            sort=query.sort or "",
            descending=query.descending,
            columns=view.columns,
        )
        values = (view.name, to_json(definition), stamp(utc_now()))
        await self._database.write(
            lambda conn: rows(conn, "INSERT OR REPLACE INTO saved_view VALUES (?, ?, ?)", values),
            announce=lambda _: [Change(ChangeKind.VIEWS)],
        )

    async def delete(self, name: str) -> None:
        """Forget a view, if there is one of that name.

        Raises:
            LibraryError: The library cannot be written.
        """
        await self._database.write(
            lambda conn: rows(conn, "DELETE FROM saved_view WHERE name = ?", (name,)),
            announce=lambda _: [Change(ChangeKind.VIEWS)],
        )


def _view(name: str, kept: _Definition) -> SavedView:
    known = {facet.value: facet for facet in Facet}
    facets = {known[facet]: frozenset(values) for facet, values in kept.facets.items() if facet in known}
    sort = SortField(kept.sort) if kept.sort in set(SortField) else None
    return SavedView(name, ViewQuery(kept.text, facets, sort, kept.descending), kept.columns)
