"""The four mock servers, started once for all tests and all at a time."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from app.domain.provider import Provider
from tests.contract.prism import Prism, missing


@pytest.fixture(scope="session")
def mock_servers() -> Iterator[dict[Provider, Prism]]:
    """A mock server per provider. Without Node.js tests are skipped, in continuous integration they fail."""
    if reason := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(f"The contract tests need their mock server: {reason}")
        pytest.skip(f"NO MOCK SERVER: {reason}")
    servers = {provider: Prism(provider) for provider in Provider}
    with ExitStack() as stack:
        for server in servers.values():
            stack.callback(server.stop)
            server.launch()
        for server in servers.values():
            stack.enter_context(server)
        yield servers
