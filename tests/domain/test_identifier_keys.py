"""Keys in canonical form: making them again changes nothing, and how a thing is spelt does not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identifiers import (
    email_key,
    is_role_address,
    linkedin_slug,
    normalise_domain,
    normalise_email,
    registrable_domain,
)
from app.domain.phones import e164

LOCALS = st.text(alphabet=st.characters(categories=("L", "N"), include_characters=".+-_'"), min_size=1, max_size=20)
HOSTS = st.sampled_from(
    ("gmail.com", "googlemail.com", "GMX.de", "müller.example", "sub.acme.co.uk", "acme.example", "straße.example")
)


@given(LOCALS, HOSTS)
def test_an_address_in_canonical_form_stays_as_it_is(local: str, host: str) -> None:
    address = f"{local}@{host}"
    for canonical in (normalise_email, email_key):
        assert canonical(canonical(address)) == canonical(address)


@given(st.text(max_size=40))
def test_any_text_can_be_asked_for_a_key(text: str) -> None:
    for canonical in (normalise_email, email_key, normalise_domain, registrable_domain):
        assert canonical(canonical(text)) == canonical(text)
    slug = linkedin_slug(text)
    assert linkedin_slug(f"https://www.linkedin.com/in/{slug}") in ("", slug)


@given(st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=20))
def test_a_slug_in_canonical_form_stays_as_it_is(text: str) -> None:
    slug = linkedin_slug(f"linkedin.com/in/{text}")
    assert linkedin_slug(f"https://de.linkedin.com/in/{slug}/?trk=1") == slug


@given(st.integers(min_value=0, max_value=9_999_999))
def test_a_number_in_canonical_form_stays_as_it_is(number: int) -> None:
    canonical = e164(f"+44 20 {number:08d}")
    assert canonical == "" or e164(canonical) == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane.Doe@gmail.com", "janedoe+list@googlemail.com"),
        ("jane+x@outlook.com", "JANE@outlook.com"),
        ("jane@müller.example", "jane@xn--mller-kva.example"),
        ("zoe\u0308@acme.example", "zoë@acme.example"),
    ],
)
def test_two_spellings_of_one_mailbox(one: str, other: str) -> None:
    assert email_key(one) == email_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("jane.doe@acme.example", "janedoe@acme.example"), ("j.d@outlook.com", "jd@outlook.com")],
)
def test_dots_count_elsewhere(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


@pytest.mark.parametrize(
    "local",
    ["info", "vertrieb", "ventas", "comercial", "contabilidad", "segreteria", "biuro", "sekretariat", "compta",
     "kontor", "no.reply", "customer-service", "sales+spring", "rrhh", "recrutement", "vendas", "stampa"],
)  # fmt: skip
def test_the_mailbox_of_a_function_is_nobodys(local: str) -> None:
    assert is_role_address(f"{local}@acme.example")
    assert email_key(f"{local}@acme.example") == ""


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://shop.acme.co.uk/x", "acme.co.uk"),
        ("co.uk", ""),
        ("jane.github.io", "jane.github.io"),
        ("github.io", ""),
        ("www.müller.de", "xn--mller-kva.de"),
        ("a.b.acme.example", "acme.example"),
        ("jane@mail.acme.com.br", "acme.com.br"),
        ("localhost", ""),
    ],
)
def test_the_part_of_a_domain_that_was_registered(text: str, domain: str) -> None:
    assert registrable_domain(text) == domain
