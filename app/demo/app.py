"""The four services and their control endpoints as one ASGI app."""

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from app.demo import DEMO_KEY
from app.demo.buildworkpro import BuildWorkPro
from app.demo.control import Control
from app.demo.dataset import DemoData
from app.demo.faults import FaultScript
from app.demo.leadfeeder import Leadfeeder
from app.demo.ledger import Ledger
from app.demo.samples import people_rows, sample_ids
from app.demo.service import Gate, Service
from app.demo.state import DemoState, Options
from app.demo.talktohumans import TalkToHumans
from app.demo.tamtam import Tamtam
from app.domain.provider import Provider

__all__ = ["BASE_PATHS", "DEMO_KEY", "DemoApp", "create_app", "people_rows", "sample_ids"]

BASE_PATHS: dict[Provider, str] = {
    Provider.TAMTAM: "/tamtam/api",
    Provider.BUILDWORKPRO: "/buildworkpro/api/v1",
    Provider.TALKTOHUMANS: "/talktohumans",
    Provider.LEADFEEDER: "/leadfeeder",
}


class DemoApp:
    """The ASGI app, with its data, books and faults at hand for tests that run in the same process."""

    def __init__(self, state: DemoState) -> None:
        self.data = state.data
        self.options = state.options
        self.faults = FaultScript()
        tamtam, leadfeeder = Tamtam(state), Leadfeeder(state)
        buildworkpro, talktohumans = BuildWorkPro(state), TalkToHumans(state)
        control = Control(
            state,
            self.faults,
            tamtam=tamtam,
            leadfeeder=leadfeeder,
            buildworkpro=buildworkpro,
            talktohumans=talktohumans,
        )
        services: tuple[Service, ...] = (tamtam, leadfeeder, buildworkpro, talktohumans)
        mounts: list[BaseRoute] = [
            Mount(BASE_PATHS[service.provider], routes=_routes(service, self.faults)) for service in services
        ]
        mounts.append(Mount("/_control", routes=control.routes()))
        self._state = state
        self._router = Router(mounts, redirect_slashes=False, default=_nothing_here)

    @property
    def ledger(self) -> Ledger:
        """The server's books."""
        return self._state.ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._router(scope, receive, send)


def create_app(
    data: DemoData | None = None,
    *,
    latency_ms: float = 0,
    strict_limits: bool = False,
    enrichment_seconds: float = 5.0,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> DemoApp:
    """The demo services over a data set.

    Args:
        data: The people; 5,000 of seed 1 if None. Built at the first request.
        latency_ms: Milliseconds before each answer of a service.
        strict_limits: Enforce exactly the published rate limits; otherwise none.
        enrichment_seconds: How long an enrichment takes on average; batches differ by 0.6 to 1.6 times.
        now: The server's clock (UTC): running times, limits and free repeats go by it.
    """
    options = Options(enrichment_seconds=enrichment_seconds, strict_limits=strict_limits, latency_ms=latency_ms)
    return DemoApp(DemoState(data or DemoData(), now, options))


def _routes(service: Service, faults: FaultScript) -> list[BaseRoute]:
    gate = Gate(service, faults)
    endpoints = service.endpoints()
    routes: list[BaseRoute] = [
        Route(endpoint.path, gate.endpoint(endpoint), methods=[endpoint.method]) for endpoint in endpoints
    ]
    everything = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
    fallback = gate.fallback([endpoint.path for endpoint in endpoints])
    routes.append(Route("/{rest:path}", fallback, methods=everything))
    return routes


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse("Not Found", 404)(scope, receive, send)
