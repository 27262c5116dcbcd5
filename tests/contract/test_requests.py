"""Every request of every client is accepted by a mock server that holds it to the contract."""

import ast
from pathlib import Path

import httpx
import pytest

import app.providers
from app.domain.provider import Provider
from app.providers.registry import build_service
from tests.contract.calls import CALLS, Call
from tests.contract.prism import PreferringTransport, Prism
from tests.providers.support import FakeClock, free_limiter
from tests.support.openapi import examples, operations

KEY = "demo-key-4711"


def accepted_cases() -> list[object]:
    return [
        pytest.param(call, example.status, example.name, id=f"{call}-{example.status}-{example.name}")
        for call in CALLS
        for example in examples(call.provider, call.operation)
        if example.status < 300
    ]


@pytest.mark.parametrize(("call", "status", "example"), accepted_cases())
async def test_the_mock_server_accepts_the_request(
    mock_servers: dict[Provider, Prism], call: Call, status: int, example: str
) -> None:
    prefer = f"code={status}" + (f", example={example}" if example else "")
    transport = PreferringTransport(prefer, call.beforehand)
    clock = FakeClock().clock
    service = build_service(
        call.provider,
        KEY,
        base_url=mock_servers[call.provider].base_url,
        transport=transport,
        limiter=free_limiter(clock),
        clock=clock,
    )
    try:
        await call.invoke(service)
    finally:
        await service.aclose()
    assert transport.violations == []
    assert transport.requests


@pytest.mark.parametrize(
    ("provider", "method", "path", "body"),
    [
        (Provider.TALKTOHUMANS, "GET", "/v1/contacts?limit=26", None),
        (Provider.LEADFEEDER, "GET", "/v1/contacts?ids=1", None),
        (Provider.TAMTAM, "POST", "/v2/people/enrich", {"requests": []}),
        (Provider.BUILDWORKPRO, "POST", "/contacts/get-many", {"ids": ["1"]}),
    ],
)
async def test_the_mock_server_refuses_what_breaks_the_contract(
    mock_servers: dict[Provider, Prism], provider: Provider, method: str, path: str, body: object
) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "X-Api-Key": KEY}
    async with httpx.AsyncClient(base_url=mock_servers[provider].base_url, headers=headers, timeout=60) as client:
        response = await client.request(method, path, json=body)
    assert response.status_code >= 400
    assert response.headers["sl-violations"] != "[]"


@pytest.mark.parametrize("provider", list(Provider))
def test_every_path_that_a_client_names_is_called_here(provider: Provider) -> None:
    """A call added to a vendor module must be added to `CALLS`."""
    paths = {operation.partition(" ")[2] for operation in operations(provider)}
    sources = Path(app.providers.__path__[0]).glob(f"{provider.value}*.py")
    named = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in paths
    }
    called = {call.operation.partition(" ")[2] for call in CALLS if call.provider is provider}
    assert named <= called
