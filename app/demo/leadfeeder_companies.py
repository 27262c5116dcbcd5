"""Leadfeeder's companies: matching what is known of one, and searching by name or domain."""

import re
from collections.abc import Sequence

from app.demo.http import Call, Endpoint, Reply
from app.demo.leadfeeder_checks import Checks, reply
from app.demo.leadfeeder_records import company_matches, company_summaries
from app.demo.state import DemoState

_COMPANY_KEYS = ("company_name", "url", "vat_id", "register_id")


class CompanyEndpoints:
    """The calls about companies. None costs credits."""

    def __init__(self, state: DemoState, checks: Checks) -> None:
        self._state = state
        self._checks = checks

    def endpoints(self) -> Sequence[Endpoint]:
        """The calls."""
        return (
            Endpoint("POST", "/v1/companies/match", self.match_companies),
            Endpoint("POST", "/v1/companies/search", self.search_companies),
        )

    async def match_companies(self, call: Call) -> Reply:
        """`POST /v1/companies/match`: one array of candidates per company asked for, free."""
        self._checks.parameters(call, ("account_id", "max_results_per_company"))
        self._checks.account(call)
        text = call.one("max_results_per_company") or "5"
        if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= 20:
            raise self._checks.bad("max_results_per_company must be between 1 and 20")
        wanted = self._checks.only(self._checks.body(call), "companies").get("companies")
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= 200:
            raise self._checks.bad("companies must hold 1 to 200 entries")
        call.summary = {"companies": len(wanted)}
        for company in wanted:
            if not isinstance(company, dict) or not any(company.get(name) for name in _COMPANY_KEYS):
                raise self._checks.bad(f"A company needs one of {', '.join(_COMPANY_KEYS)}")
        known = [(str(one.get("company_name", "")), str(one.get("url", ""))) for one in wanted]
        found = [company_matches(self._state.data, name, url)[: int(text)] for name, url in known]
        return reply(found, credits={"charged": 0})

    async def search_companies(self, call: Call) -> Reply:
        """`POST /v1/companies/search`: by name or domain, free. Other filters than `search_terms` are refused."""
        self._checks.parameters(call, ("account_id", "page[size]", "page[cursor]"))
        account = self._checks.account(call)
        size = self._checks.page_size(call)
        terms = self._checks.only(self._checks.body(call), "search_terms").get("search_terms")
        if not isinstance(terms, list) or not terms or not all(isinstance(term, str) and term for term in terms):
            raise self._checks.bad("search_terms must be an array of texts")
        call.summary = {"search_terms": terms}
        start = self._checks.start(call, f"leadfeeder companies {account}", terms)
        found = company_summaries(self._state.data, terms)
        end = start + size
        more = self._state.cursors.make(f"leadfeeder companies {account}", terms, end) if end < len(found) else None
        return reply(found[start:end], credits={"charged": 0}, pagination={"next_cursor": more})
