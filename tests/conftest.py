"""What all tests share."""

import os
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """Keep the tests away from the screen and from the real services and keys of whoever runs them."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    for name in [name for name in os.environ if name.startswith("CONTACT_SCOUT_") and name.endswith(("_KEY", "_URL"))]:
        del os.environ[name]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the keyring tests one after the other, in the session of scripts/with-keyring.sh or not at all."""
    without_keyring = pytest.mark.skip(reason="NO KEYRING: run through `make test` (needs dbus and gnome-keyring)")
    for item in items:
        if item.get_closest_marker("keyring"):
            item.add_marker(pytest.mark.xdist_group("keyring"))
            if "CONTACT_SCOUT_TEST_KEYRING" not in os.environ:
                item.add_marker(without_keyring)


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parent.parent
