"""Views of the library: which contacts, in which order, how many of which kind; and the views the rep has named."""

from array import array

from app.domain.errors import InputError
from app.domain.library_view import FacetCounts, SavedView, ViewQuery
from app.storage.library_view import LibraryViewRepository
from app.storage.saved_views import SavedViewRepository


class LibraryViewService:
    """Answers what tables of the library ask. Cancelling the asking task stops the query at once."""

    def __init__(self, views: LibraryViewRepository, saved: SavedViewRepository) -> None:
        self._views = views
        self._saved = saved

    async def view(self, query: ViewQuery) -> "array[int]":
        """The ids of all contacts that fit, in order; their number is the exact count.

        Raises:
            LibraryError: The library cannot be read.
        """
        return await self._views.ids(query)

    async def first(self, query: ViewQuery, limit: int = 200) -> list[int]:
        """The first ids of a view, sooner than all of them.

        Raises:
            LibraryError: The library cannot be read.
        """
        return list(await self._views.first_ids(query, limit))

    async def facets(self, query: ViewQuery) -> tuple[FacetCounts, ...]:
        """How many contacts each value of each facet would show, in the order of `Facet`.

        A facet's own choice does not count for its own values; values that are chosen are always among them. The
        value of a company is for `ViewQuery` alone, never for people.

        Raises:
            LibraryError: The library cannot be read.
        """
        return await self._views.facets(query)

    async def not_searchable(self) -> int:
        """How many contacts a filter by text may still miss, after an upgrade or a very large change.

        They are worked off by themselves; `ChangeKind.VIEWS` tells of every step.

        Raises:
            LibraryError: The library cannot be read.
        """
        return await self._views.not_searchable()

    async def saved_views(self) -> tuple[SavedView, ...]:
        """The rep's named views, by name.

        Raises:
            LibraryError: The library cannot be read.
        """
        return await self._saved.all()

    async def save_view(self, view: SavedView) -> None:
        """Keep a view by its name; one of that name is replaced.

        Raises:
            InputError: The name is empty.
            LibraryError: The library cannot be written.
        """
        if not view.name.strip():
            raise InputError("Give the view a name.")
        await self._saved.save(view)

    async def delete_view(self, name: str) -> None:
        """Forget a named view, if there is one.

        Raises:
            LibraryError: The library cannot be written.
        """
        await self._saved.delete(name)
