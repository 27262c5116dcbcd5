import argparse
import io
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from app.cli import build_parser, main
from app.cli.searching import FILTER_PREFIX
from app.domain.provider import Provider
from app.providers.registry import service_class

DOCUMENTS = Path(__file__).resolve().parents[2]


def told_commands() -> Iterator[str]:
    """The command lines that the documents tell people to type."""
    for name in ("README.md", "docs/guide.md", "docs/providers.md"):
        for block in re.findall(r"^```sh\n(.*?)^```$", (DOCUMENTS / name).read_text("utf-8"), re.MULTILINE | re.DOTALL):
            yield from re.findall(r"\bcontact-scout (\S.*)$", block, re.MULTILINE)


def parse(*argv: str) -> argparse.Namespace:
    return build_parser().parse_args(argv)


@pytest.mark.parametrize("provider", [Provider.TALKTOHUMANS, Provider.LEADFEEDER])
def test_every_documented_filter_is_an_option_under_the_services_name(provider: Provider) -> None:
    for spec in service_class(provider).filters:
        for spelling in (spec.name, spec.name.replace("_", "-")):
            options = parse("search", provider, f"--{spelling}", "a value", "--out", "o.csv")
            assert vars(options)[FILTER_PREFIX + spec.name] == ["a value"]


def test_filters_that_take_several_values_may_be_repeated() -> None:
    options = parse("search", "leadfeeder", "--positions", "CTO", "--positions", "CIO", "--out", "o.csv")
    assert vars(options)[FILTER_PREFIX + "positions"] == ["CTO", "CIO"]


@pytest.mark.parametrize(
    "argv",
    [
        ["--demo", "--profile", "p", "queue", "status"],
        ["queue", "--demo", "status", "--profile", "p"],
        ["queue", "status", "--demo", "--profile", "p"],
    ],
)
def test_common_options_stand_before_or_behind_the_command(argv: Sequence[str]) -> None:
    options = parse(*argv)
    assert (options.demo, options.profile) == (True, Path("p"))


def test_the_interface_that_other_programs_rely_on() -> None:
    options = parse(
        *["fetch", "leadfeeder", "-", "--out", "o.csv", "--outcomes", "x.csv"],
        *["--account", "7", "--max-credits", "0", "--yes"],
    )
    assert (options.ids, options.account, options.max_credits, options.yes) == ("-", "7", 0, True)
    assert options.out == Path.cwd() / "o.csv"
    options = parse(
        *["enrich", "people.csv", "--fields", "emails,phones", "--out", "o.csv", "--outcomes", "x.csv"],
        *["--max-credits", "9", "--yes", "--no-wait"],
    )
    assert (options.fields, options.no_wait) == ("emails,phones", True)
    options = parse(
        *["demo-server", "--port", "0", "--contacts", "50", "--seed", "-3", "--latency-ms", "20", "--strict-limits"]
    )
    assert (options.port, options.contacts, options.seed, options.latency_ms) == (0, 50, -3, 20)
    assert options.strict_limits
    assert parse("keys", "check", "TAMTAM").provider is Provider.TAMTAM


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["serch"],
        ["search"],
        ["search", "tamtam"],
        ["search", "leadfeeder", "--out", "o.csv", "--limit", "0"],
        ["search", "leadfeeder", "--out", "o.csv", "--colour", "red"],
        ["search", "leadfeeder", "--out", "o.csv", "surplus"],
        ["search", "leadfeeder", "--position", "CTO", "--out", "o.csv"],
        ["fetch", "talktohumans", "ids.txt", "--out", "o.csv", "--outcomes", "x.csv"],
        ["fetch", "tamtam", "ids.txt", "--out", "o.csv"],
        ["enrich", "people.csv", "--fields", "emails", "--out", "o.csv", "--outcomes", "x.csv"],
        ["enrich", "p.csv", "--fields", "emails", "--out", "o", "--outcomes", "x", "--max-credits", "-1"],
        ["keys", "set", "apollo"],
        ["demo-server", "--port", "65536"],
        ["demo-server", "--port", "٤٢"],
        ["queue"],
    ],
)
def test_bad_usage_is_one_sentence_and_exit_code_2(argv: Sequence[str], tmp_path: Path) -> None:
    errors = io.StringIO()
    with redirect_stderr(errors):
        assert main(["--profile", str(tmp_path), *argv]) == 2
    assert errors.getvalue().count("\n") == 1
    assert errors.getvalue().startswith("contact-scout: ")


def test_what_the_documents_tell_to_type_is_understood() -> None:
    commands = list(told_commands())
    assert len(commands) > 30
    for command in commands:
        words = shlex.split(command, comments=True)
        assert parse(*words[: words.index("<") if "<" in words else None]).command_words, command


@pytest.mark.parametrize("argv", [["--help"], ["search", "talktohumans", "--help"], ["enrich", "--help"]])
def test_help_is_an_answer(argv: Sequence[str]) -> None:
    page = io.StringIO()
    with redirect_stdout(page):
        assert main(argv) == 0
    assert "usage: contact-scout" in page.getvalue()
