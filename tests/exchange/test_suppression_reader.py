"""A do-not-contact list in whatever layout it comes."""

import pytest

from app.domain.errors import InputError
from app.domain.suppression import SuppressionKind
from app.exchange.suppression_reader import SuppressionPaste, read_suppressions


def values(paste: SuppressionPaste) -> list[str]:
    return [entry.value for entry in paste.entries]


def test_lines_of_anything_with_duplicates_counted_and_errors_named() -> None:
    paste = read_suppressions("ada@acme.example\n\nADA@acme.example\nnobody at all\nacme.example; +44 20 7946 0018\n")
    assert values(paste) == ["ada@acme.example", "acme.example", "+442079460018"]
    assert paste.duplicates == 1
    ((line, text),) = [(bad.line, bad.text) for bad in paste.problems]
    assert (line, text) == (4, "nobody at all")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_with_a_header_is_read_by_its_columns(separator: str) -> None:
    lines = [("Name", "E-mail", "Company domain", "Reason"), ("Ada Hart", "ada@acme.example", "acme.example", "Asked")]
    lines.append(("Bob", "not one", "bolt.example", ""))
    paste = read_suppressions("\r\n".join(separator.join(line) for line in lines))
    # The company's domain would name every colleague: where people are named, it is no entry.
    assert values(paste) == ["ada@acme.example"]
    assert paste.entries[0].note == "Asked"
    assert [(bad.line, bad.text) for bad in paste.problems] == [(3, "not one")]


def test_a_file_of_domains_alone_names_companies() -> None:
    paste = read_suppressions("domain\nacme.example\nhttps://bolt.example/\n")
    assert [(entry.kind, entry.value) for entry in paste.entries] == [
        (SuppressionKind.DOMAIN, "acme.example"),
        (SuppressionKind.DOMAIN, "bolt.example"),
    ]


def test_several_addresses_in_one_cell() -> None:
    paste = read_suppressions('email,phone\n"a@x.example; b@x.example",+44 20 7946 0018\n')
    assert values(paste) == ["a@x.example", "b@x.example", "+442079460018"]


def test_nothing_is_nothing() -> None:
    assert read_suppressions(" \n\n") == SuppressionPaste((), 0, ())


def test_a_cell_too_large_is_said() -> None:
    with pytest.raises(InputError, match="Line 1"):
        read_suppressions("a" * 200_000 + ",b")
