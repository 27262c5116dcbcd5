"""`/_control`: what the server saw, scripted faults, balances, switches, and the rows behind a filter."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.buildworkpro import BuildWorkPro
from app.demo.faults import FaultScript, read_fault
from app.demo.http import Call, RefusalError
from app.demo.leadfeeder import Leadfeeder
from app.demo.state import DemoState, Options
from app.demo.talktohumans import TalkToHumans
from app.demo.tamtam import Tamtam
from app.demo.tamtam_people import checked_filters
from app.domain.provider import Provider

_CHOICES = {"layout": ("", "person", "field"), "leadfeeder_errors": ("envelope", "flat")}


class Control:
    """The control endpoints of one server."""

    def __init__(
        self,
        state: DemoState,
        faults: FaultScript,
        *,
        tamtam: Tamtam,
        leadfeeder: Leadfeeder,
        buildworkpro: BuildWorkPro,
        talktohumans: TalkToHumans,
    ) -> None:
        self._state = state
        self._faults = faults
        self._tamtam = tamtam
        self._leadfeeder = leadfeeder
        self._buildworkpro = buildworkpro
        self._talktohumans = talktohumans

    def routes(self) -> list[Route]:
        """Starlette routes, below `/_control`."""
        return [
            Route("/ledger", _guarded(self._show_ledger), methods=["GET"]),
            Route("/ledger", _guarded(self._clear_ledger), methods=["DELETE"]),
            Route("/faults", _guarded(self._show_faults), methods=["GET"]),
            Route("/faults", _guarded(self._add_faults), methods=["POST"]),
            Route("/faults", _guarded(self._clear_faults), methods=["DELETE"]),
            Route("/credits", _guarded(self._show_credits), methods=["GET"]),
            Route("/credits", _guarded(self._set_credits), methods=["POST"]),
            Route("/options", _guarded(self._show_options), methods=["GET"]),
            Route("/options", _guarded(self._set_options), methods=["POST"]),
            Route("/rows", _guarded(self._show_rows), methods=["GET"]),
        ]

    async def _show_ledger(self, _request: Request) -> object:
        self._tamtam.settle()
        return self._state.ledger.as_json(reserved=self._tamtam.reserved())

    async def _clear_ledger(self, _request: Request) -> object:
        self._state.ledger.clear()
        return {}

    async def _show_faults(self, _request: Request) -> object:
        return {"faults": self._faults.as_json()}

    async def _add_faults(self, request: Request) -> object:
        """One fault, a list of them, or `{"faults": [...]}`; all of them or none."""
        body = await request.json()
        if isinstance(body, Mapping) and "faults" in body:
            body = body["faults"]
        for fault in [read_fault(one) for one in (body if isinstance(body, list) else [body])]:
            self._faults.add(fault)
        return await self._show_faults(request)

    async def _clear_faults(self, _request: Request) -> object:
        self._faults.clear()
        return await self._show_faults(_request)

    async def _show_credits(self, _request: Request) -> object:
        self._tamtam.settle()
        books = (("tamtam", self._tamtam.balances), ("leadfeeder", self._leadfeeder.balances))
        return {
            provider: {
                line: {"total": total, "used": used, "remaining": total - used} for line, (total, used) in b.items()
            }
            for provider, b in books
        }

    async def _set_credits(self, request: Request) -> object:
        """`{"provider": "leadfeeder", "account": "123456", "remaining": 5}`; for Tamtam `credit_type`, no account."""
        body = await request.json()
        self._tamtam.settle()
        is_tamtam = Provider(body["provider"]) is Provider.TAMTAM
        balances = self._tamtam.balances if is_tamtam else self._leadfeeder.balances
        line = (
            body.get("credit_type", "MaxPeopleEnrichments") if is_tamtam else body.get("account", next(iter(balances)))
        )
        used = balances[line][1]
        balances[line][0] = used + int(body["remaining"])
        return await self._show_credits(request)

    async def _show_options(self, _request: Request) -> object:
        return asdict(self._state.options)

    async def _set_options(self, request: Request) -> object:
        body = await request.json()
        options = self._state.options
        types = {one.name: type(getattr(options, one.name)) for one in fields(Options)}
        for name, value in body.items():
            if name not in types:
                raise ValueError(f"There is no option {name}")
            if value not in _CHOICES.get(name, (value,)):
                raise ValueError(f"{name} must be one of {', '.join(map(repr, _CHOICES[name]))}")
            if types[name] is not bool and isinstance(value, bool):
                raise ValueError(f"{name} is not a switch")
        for name, value in body.items():
            setattr(options, name, types[name](value))
        return await self._show_options(request)

    async def _show_rows(self, request: Request) -> object:
        """All ids that a service holds for its own filters, unpaged; `contact_ids` too where a row is a relation."""
        await self._state.ready()
        parameters = tuple(item for item in request.query_params.multi_items() if item[0] != "provider")
        provider = Provider(request.query_params.get("provider", ""))
        call = Call(provider, "GET", "", parameters, {}, b"", {}, self._state.now())
        data = self._state.data
        if provider is Provider.TALKTOHUMANS:
            relations = await self._talktohumans.select(self._talktohumans.read_filters(call))
            contacts = [data.id_of(relation.person, provider) for relation in relations]
            return {
                "ids": [relation.relation_id for relation in relations],
                "contact_ids": contacts,
                "count": len(contacts),
            }
        if provider is Provider.LEADFEEDER and parameters:
            body: dict[str, object] = {name: call.many(name) for name, _ in parameters}
            if "affiliation" in body:
                body["affiliation"] = call.one("affiliation")
            people = await self._leadfeeder.select(self._leadfeeder.read_filters(body))
        elif provider is Provider.TAMTAM and parameters:
            people = await self._tamtam.people.select(checked_filters(_tamtam_body(call)))
        elif provider is Provider.BUILDWORKPRO:
            people = await self._buildworkpro.select(self._buildworkpro.read_filters(call))
        else:
            people = tuple(data.members(provider))
        return {"ids": [data.id_of(person, provider) for person in people], "count": len(people)}


def _tamtam_body(call: Call) -> dict[str, object]:
    """A people search's body from query parameters, which know texts only."""
    single = ("prompt", "first_name", "last_name")
    body: dict[str, object] = {name: call.one(name) if name in single else call.many(name) for name, _ in call.query}
    if "recently_changed_jobs" in body:
        body["recently_changed_jobs"] = call.one("recently_changed_jobs") == "true"
    return body


def _guarded(handler: Callable[[Request], Awaitable[object]]) -> Callable[[Request], Awaitable[Response]]:
    """A mistake in a control request is answered with one sentence."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request))
        except RefusalError as error:
            return JSONResponse({"error": error.reply.payload}, 400)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint
