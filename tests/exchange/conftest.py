"""A contact to write, for the tests of this folder."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.contact import ContactRow
from app.domain.provider import Provider

MakeContact = Callable[..., ContactRow]


@pytest.fixture
def make_contact() -> MakeContact:
    plain = ContactRow(
        contact_id=1,
        first_name="Ada",
        last_name="Lark",
        display_name="Ada Lark",
        job_title="Head of Sales",
        company_name="Lark Tools",
        company_domain="lark.example",
        email="ada@lark.example",
        email_verdict="",
        phone="+4915112345678",
        linkedin_url="https://www.linkedin.com/in/ada-lark",
        location="Berlin",
        provider=Provider.BUILDWORKPRO,
        provider_id="4101",
        account_id="",
        providers=(Provider.BUILDWORKPRO,),
        fetched_at=datetime(2026, 1, 2, tzinfo=UTC),
    )

    def make(**changes: object) -> ContactRow:
        return replace(plain, **changes)  # type: ignore[arg-type]  # names and types are the test's to get right

    return make
