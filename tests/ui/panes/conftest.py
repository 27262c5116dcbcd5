"""What tests of panes share."""

import pytest

from app.demo.dataset import DemoData


@pytest.fixture(scope="module")
def data() -> DemoData:
    """A few hundred invented people."""
    return DemoData(seed=1, contacts=400)
