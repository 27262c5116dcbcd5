"""Services over the demo data set, each test on a profile of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.composition import Services
from app.demo.dataset import DemoData
from tests.support.demo_services import PEOPLE, demo_services


@pytest.fixture(scope="session")
def data() -> DemoData:
    return DemoData(seed=1, contacts=PEOPLE)


@pytest.fixture
async def services(tmp_path: Path, data: DemoData) -> AsyncIterator[Services]:
    async with demo_services(tmp_path / "profile", data=data) as opened:
        yield opened
