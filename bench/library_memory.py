"""Memory that an open library takes: all ids of a view and forty pages of rows, next to a list of all rows.

Each is measured in a process of its own. Run as `python -m bench.library_memory [CONTACTS]`.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from app.domain.library_view import SortField, ViewQuery
from app.storage.database import Database, rows
from app.storage.library import LibraryRepository
from app.storage.library_view import LibraryViewRepository
from bench.large import contacts_asked_for, library

TARGET = 0.05
PAGE = 100
PAGES = 40
# What SQLite keeps of the file weighs the same for any library; the promise is for a large one.
MILLION = 1_000_000
_ALL = (
    "SELECT contact_id, display_name, job_title, company_name, company_domain, email, phone, linkedin_url, location,"
    " providers, fetched_at, status FROM contact ORDER BY contact_id"
)


def _resident() -> int:
    """Memory of this process in KiB, pages shared with others left out where the system tells."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        _, resident, shared, *_ = map(int, statm.read_text().split())
        return (resident - shared) * 4
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def _open_views(path: Path) -> int:
    database = await Database.open(path, read_only=True)
    views, contacts = LibraryViewRepository(database), LibraryRepository(database)
    before = _resident()
    held = [await views.ids(ViewQuery(sort=SortField.NAME))]
    pages = [await contacts.rows(list(held[0][start * PAGE : (start + 1) * PAGE])) for start in range(PAGES)]
    after = _resident()
    await database.close()
    assert pages
    return after - before


async def _open_all_rows(path: Path) -> int:
    database = await Database.open(path, read_only=True)
    before = _resident()
    held = await database.read(lambda conn: rows(conn, _ALL))
    after = _resident()
    await database.close()
    assert held
    return after - before


_WAYS = {"views": _open_views, "rows": _open_all_rows}


def _apart(way: str, path: Path) -> int:
    """The memory of one way, in KiB, measured in another process."""
    command = [sys.executable, "-m", "bench.library_memory", "--way", way, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Print the figures."""
    if sys.argv[1:2] == ["--way"]:
        print(asyncio.run(_WAYS[sys.argv[2]](Path(sys.argv[3]))))
        return
    contacts = contacts_asked_for(__doc__ or "")
    path = library(contacts)
    print(f"Memory, {contacts:,} contacts")
    views, everything = _apart("views", path), _apart("rows", path)
    ratio = views / everything
    print(f"  all ids and {PAGES} pages of {PAGE} rows {views / 1024:>8.1f} MiB")
    print(f"  all rows as tuples         {everything / 1024:>8.1f} MiB")
    verdict = "met" if ratio <= TARGET else "MISSED"
    print(f"  ratio {ratio:.3f}×  ≤ {TARGET:g}× at a million: {verdict if contacts >= MILLION else 'not asked here'}")


if __name__ == "__main__":
    main()
