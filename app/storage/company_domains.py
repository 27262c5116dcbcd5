"""Domains of companies: told by the rep, or offered by a company search. Both are remembered."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial

import msgspec

from app.domain.companies import CompanyMatch
from app.storage.columns import json_list, stamp, to_json, utc_now
from app.storage.database import Connection, Database, one, rows

_AT_ONCE = 500
_COMPANIES = (
    "SELECT contact_id, json_extract(fields, '$.company_website'), json_extract(fields, '$.company_linkedin_id')"
    " FROM source_record WHERE contact_id IN (SELECT value FROM json_each(?)) ORDER BY fetched_at"
)

_decoder = msgspec.json.Decoder(tuple[CompanyMatch, ...])


class CompanyDomainRepository:
    """What is known of companies' domains, by a key that the caller makes."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def domains(self, keys: Collection[str]) -> dict[str, str]:
        """The domains remembered for these companies."""
        found = await self._database.read(
            lambda conn: rows(
                conn,
                "SELECT company_key, domain FROM company_domain WHERE company_key IN (SELECT value FROM json_each(?))",
                (json_list(keys),),
            )
        )
        return dict(found)

    async def remember(self, domains: Mapping[str, str]) -> None:
        """Keep domains, company key → bare host."""

        def work(conn: Connection) -> None:
            at = stamp(self._now())
            conn.executemany(
                "INSERT OR REPLACE INTO company_domain (company_key, domain, at) VALUES (?, ?, ?)",
                [(key, domain, at) for key, domain in domains.items()],
            )

        await self._database.write(work)

    async def candidates(self, key: str) -> tuple[CompanyMatch, ...] | None:
        """What a company search offered before, None when it was never asked."""
        found = await self._database.read(
            lambda conn: one(conn, "SELECT candidates FROM company_candidates WHERE company_key = ?", (key,))
        )
        return None if found is None else _decoder.decode(found[0])

    async def keep_candidates(self, key: str, candidates: tuple[CompanyMatch, ...]) -> None:
        """Keep what a company search offered."""
        await self._database.write(
            lambda conn: rows(
                conn,
                "INSERT OR REPLACE INTO company_candidates (company_key, candidates, at) VALUES (?, ?, ?)",
                (key, to_json(candidates), stamp(self._now())),
            )
        )

    async def companies_of(self, contact_ids: Collection[int]) -> dict[int, tuple[str, str]]:
        """Website and LinkedIn id of each contact's company, from the newest record that names them."""
        ids = list(contact_ids)
        known: dict[int, tuple[str, str]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            asked = json_list(ids[start : start + _AT_ONCE])
            found = await self._database.read(partial(rows, sql=_COMPANIES, values=(asked,)))
            for contact_id, website, linkedin_id in found:
                before = known.get(contact_id, ("", ""))
                known[contact_id] = website or before[0], linkedin_id or before[1]
        return known
