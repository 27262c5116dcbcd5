"""Who the do-not-contact list names, and what may stand on it."""

import pytest

from app.domain.contact import EmailValue, PersonFields, PhoneValue
from app.domain.enrichment import PersonInput
from app.domain.suppression import (
    SuppressionEntry,
    SuppressionIndex,
    SuppressionKind,
    read_entry,
    traits_of_fields,
    traits_of_person,
)

ADA = PersonInput("Ada", "Hart", "www.Acme.example", linkedin_url="https://uk.linkedin.com/in/Ada-Hart/?x=1")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (" <Ada.Hart@ACME.example>, ", SuppressionKind.EMAIL, "ada.hart@acme.example"),
        ("mailto:ada@acme.example", SuppressionKind.EMAIL, "ada@acme.example"),
        ("@acme.example", SuppressionKind.DOMAIN, "acme.example"),
        ("https://www.acme.example/about", SuppressionKind.DOMAIN, "acme.example"),
        ("+44 (0)20 7946 0018", SuppressionKind.PHONE, "+442079460018"),
        ("de.linkedin.com/in/Ada%2DHart", SuppressionKind.LINKEDIN, "ada-hart"),
    ],
)
def test_what_somebody_writes_is_read_in_one_form(text: str, kind: SuppressionKind, value: str) -> None:
    entry, reason = read_entry(text)
    assert reason == ""
    assert entry is not None
    assert (entry.kind, entry.value) == (kind, value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Ada Hart", "is no e-mail"),
        ("020 7946 0018", "country code"),
        ("linkedin.com/company/acme", "is no"),
        ("@gmail.com", "many people share"),
        ("co.uk", "many people share"),
        ("ada@", "is no"),
    ],
)
def test_what_names_nobody_says_why(text: str, why: str) -> None:
    entry, reason = read_entry(text)
    assert entry is None
    assert why in reason


@pytest.mark.parametrize("text", ["ada@acme.example", "+442079460018", "linkedin.com/in/ada-hart", "acme.example"])
def test_a_person_is_found_by_any_of_their_traits(text: str) -> None:
    entry, _ = read_entry(text)
    assert entry is not None
    index = SuppressionIndex([entry])
    said = PersonFields(
        emails=(EmailValue("other@elsewhere.example"), EmailValue("ADA@acme.example")),
        phones=(PhoneValue("020 7946 0018", "GB"),),
        linkedin_url="https://linkedin.com/in/ada-hart",
    )
    assert index.find(traits_of_fields(said)) == entry
    assert index.find(traits_of_fields(PersonFields(emails=(EmailValue("bob@other.example"),)))) is None


def test_a_domain_names_the_hosts_below_it_and_no_other() -> None:
    index = SuppressionIndex([SuppressionEntry(SuppressionKind.DOMAIN, "acme.example")])
    below = traits_of_fields(PersonFields(emails=(EmailValue("a@mail.eu.acme.example"),)))
    beside = traits_of_fields(PersonFields(emails=(EmailValue("a@notacme.example"),)))
    assert index.find(below) is not None
    assert index.find(beside) is None
    assert index.find(traits_of_person(ADA)) is not None


def test_hidden_values_name_nobody() -> None:
    index = SuppressionIndex([SuppressionEntry(SuppressionKind.EMAIL, "a***@acme.example")])
    masked = PersonFields(emails=(EmailValue("a***@acme.example"),), masked=True)
    assert index.find(traits_of_fields(masked)) is None


def test_every_spelling_of_a_mailbox_is_the_same() -> None:
    index = SuppressionIndex([SuppressionEntry(SuppressionKind.EMAIL, "ada.hart@gmail.com")])
    said = PersonFields(emails=(EmailValue("AdaHart+news@googlemail.com"),))
    assert index.find(traits_of_fields(said)) is not None


def test_a_contact_put_on_the_list_does_not_take_its_colleagues_along() -> None:
    kinds = {entry.kind for entry in traits_of_person(ADA).entries}
    assert kinds == {SuppressionKind.LINKEDIN}
