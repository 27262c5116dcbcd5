"""Keys and people planted everywhere, through the program's own flows, good and bad: none may come out again.

What is searched: the log files, the diagnostics bundle, its preview, and bug reports. Every planted text holds one of
`TRACES`, so that a new leak shows whatever wording it takes.
"""

import asyncio
import json
import logging
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import pytest

from app.bug_report import bug_report
from app.cli import main
from app.composition import Services, open_services
from app.domain.enrichment import EnrichField, PersonInput
from app.domain.errors import (
    BadKeyError,
    ContactScoutError,
    InputError,
    InvalidRequestError,
    NetworkError,
    ServiceError,
)
from app.domain.provider import Provider
from app.domain.redaction import Redactor
from app.logs import logging_to
from app.providers.retries import RetryPolicy
from app.qtbridge.reporter import ErrorReporter
from app.storage.profile import Profile
from tests.cli.streams import TestConsole
from tests.conftest import ExpectLog
from tests.support.demo_server import DemoServer, demo_data, demo_server
from tests.support.demo_services import QUICK
from tests.support.memory_key_store import MemoryKeyStore

__all__ = ["demo_data", "demo_server"]

NAME = "Quillonia Canaryworth"
EMAIL = "q.worth+canary@example.com"
PHONE = "+49 (160) 555-0147 99"
TERM = "canary beekeeping"
UUID = "c0ffee00-1234-4321-8888-ca9a4ca9a4ca"
NUMBER = "7700990012345"
KEYRING_KEY = "k-canary-in-the-keyring/51fa+8c"
SESSION_KEY = "k-canary-for-the-session"
ENVIRONMENT_KEY = "k-canary-in-the-environment"
TRIED_KEY = "k-canary-only-tried"
PROXY = "http://canary-user:pa%24%24-canary@127.0.0.1:9"
CELL = "Canary & Sons"
FOLDER = "Lists of Canary customers"

TRACES = ("canary", "quillonia", "beekeeping", "555-0147", "5550147", "c0ffee00", NUMBER, "pa$$", "demo-key")

ECHO = f"{NAME} <{EMAIL}> {PHONE} {TERM} {UUID} {NUMBER} {CELL} {KEYRING_KEY} {SESSION_KEY} {ENVIRONMENT_KEY}"
REFUSALS: dict[Provider, dict[str, object]] = {
    Provider.TALKTOHUMANS: {"error": {"code": NAME, "message": ECHO}, "request_id": EMAIL},
    Provider.LEADFEEDER: {
        "errors": [{"code": TERM, "title": ECHO, "detail": ECHO}],
        "meta": {"request_id": f"{NAME} {PHONE}"},
    },
    Provider.TAMTAM: {
        "title": "Unprocessable Entity",
        "detail": f"validation failed for {ECHO}",
        "errors": [{"location": f"body.requests[0].{CELL}", "message": ECHO, "value": {"firstname": NAME}}],
    },
    Provider.BUILDWORKPRO: {
        "type": f"https://docs.buildworkpro.com/errors#{TERM}",
        "title": ECHO,
        "detail": ECHO,
        "request_id": EMAIL,
        "errors": [{"field": CELL, "code": "invalid", "message": ECHO}],
    },
}


def traces_in(text: str) -> list[str]:
    return [trace for trace in TRACES if trace.casefold() in text.casefold()]


def assert_clean(place: str, text: str) -> None:
    leaks = [line for line in text.splitlines() if traces_in(line)]
    assert leaks == [], place


def log_of(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in sorted(folder.glob("*")))


def files_in(bundle: Path) -> list[tuple[str, str]]:
    with zipfile.ZipFile(bundle) as opened:
        return [(name, opened.read(name).decode()) for name in opened.namelist()]


@pytest.fixture
def folder(outside_world: Path) -> Path:
    """A folder below the home folder whose name says who the customers are."""
    folder = outside_world / FOLDER
    folder.mkdir()
    return folder


def test_the_texts_searched_for_are_in_what_is_planted() -> None:
    planted = (NAME, EMAIL, PHONE, TERM, UUID, NUMBER, KEYRING_KEY, SESSION_KEY, ENVIRONMENT_KEY, TRIED_KEY, PROXY)
    assert all(traces_in(text) for text in (*planted, CELL, FOLDER))


class CommandLine:
    """Runs commands as the program does, log and all."""

    def __init__(self, folder: Path, server: DemoServer) -> None:
        self.folder = folder
        self.server = server
        self.profile = folder / "profile"
        self.environ = server.environ()

    def __call__(self, *argv: str | Path, source: str = "", **environ: str) -> tuple[int, str]:
        console = TestConsole(source)
        opener = partial(open_services, environ={**self.environ, **environ}, key_store=MemoryKeyStore(), schedule=QUICK)
        words = ["--profile", str(self.profile), *map(str, argv)]
        return main(words, console=console, opener=opener), console.written

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path


def test_commands_good_bad_and_broken(folder: Path, demo_server: DemoServer, expected_log: ExpectLog) -> None:
    expected_log("app.cli.program: Contact Scout")
    run = CommandLine(folder, demo_server)
    out, outcomes = folder / "found by Canary.csv", folder / "outcomes of Canary.csv"
    written: list[str | Path] = ["--out", out, "--outcomes", outcomes]

    # Keys that the service refuses, from each place that a command takes one.
    assert run("keys", "set", "tamtam", source=TRIED_KEY)[0] == 4
    refused = run(
        "search", "talktohumans", "--query", TERM, "--out", out, CONTACT_SCOUT_TALKTOHUMANS_KEY=ENVIRONMENT_KEY
    )
    assert refused[0] == 4

    # Searches that go well, that are wrong, and that the service turns down in the rep's own words.
    assert run("search", "talktohumans", "--query", NAME, "--company_name", CELL, "--out", out)[0] == 0
    assert run("search", "talktohumans", "--relationship_status", TERM, "--out", out)[0] == 2
    demo_server.fault("status", Provider.TALKTOHUMANS, status=422, body=REFUSALS[Provider.TALKTOHUMANS])
    assert run("search", "talktohumans", "--query", EMAIL, "--out", out)[0] == 2

    # IDs that are pasted, unknown, and complained of.
    ids = run.file("IDs of Canary.txt", NUMBER)
    assert run("fetch", "buildworkpro", ids, *written)[0] in (0, 3)
    demo_server.fault("status", Provider.BUILDWORKPRO, status=422, body=REFUSALS[Provider.BUILDWORKPRO])
    run("fetch", "buildworkpro", run.file("more.txt", f"{NUMBER}1"), *written)
    assert run("fetch", "tamtam", run.file("uuids.txt", UUID), *written)[0] in (0, 3)
    assert run("fetch", "tamtam", folder / "no such Canary.txt", *written)[0] == 2

    # People of a CSV: bought, turned down, and a file that cannot be read.
    people = f"first_name,last_name,domain,phone,notes\nQuillonia,Canaryworth,canary.example,{PHONE},{CELL}\n"
    buy: list[str | Path] = ["--fields", "emails,phones", "--max-credits", "11", "--yes", *written]
    assert run("enrich", run.file("people of Canary.csv", people), *buy)[0] in (0, 3)
    demo_server.fault("status", Provider.TAMTAM, path="/v2/people/enrich", status=422, body=REFUSALS[Provider.TAMTAM])
    run("enrich", run.file("again.csv", people.replace("Quillonia", "Quill")), *buy)
    assert run("enrich", run.file("bad.csv", f"{NAME},{EMAIL}\n{CELL},{PHONE}\n"), *buy)[0] == 2

    # A crash with data in the texts of the errors.
    def broken(*_: object, **__: object) -> NoReturn:
        try:
            int(NAME)
        except ValueError as error:
            raise TypeError(f"unsupported value: {EMAIL} {PHONE} {folder}") from error
        raise AssertionError("that was no number")

    assert main(["--profile", str(run.profile), "queue", "status"], console=TestConsole(), opener=broken) == 1

    log = log_of(run.profile / "logs")
    assert_clean("log", log)
    assert " status=401 failure=BadKeyError " in log
    assert " status=422 failure=InvalidRequestError " in log
    assert "path=/v2/people/enrich/{RequestID} status=200" in log
    assert "TypeError: unsupported value: [email] [number]" in log

    bundle = run.profile.parent / "for support"
    code, shown = run("diagnostics", "--show", "--out", bundle)
    assert code == 0
    assert_clean("shown", shown)
    saved = files_in(bundle.with_name("for support.zip"))
    assert [name for name, _ in saved] == ["README.txt", "summary.txt", "diagnostics.json", "requests.txt", "log.txt"]
    assert shown == "".join(f"===== {name} =====\n{text}\n" for name, text in saved)
    for name, text in saved:
        assert_clean(name, text)
    assert "status=422" in dict(saved)["log.txt"]
    assert_clean("log after the bundle", log_of(run.profile / "logs"))


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


@pytest.fixture
def log_folder(folder: Path, redactor: Redactor) -> Iterator[Path]:
    with logging_to(folder / "profile" / "logs", redact=redactor) as path:
        yield path.parent


@asynccontextmanager
async def window_services(folder: Path, server: DemoServer, redactor: Redactor, **keys: str) -> AsyncIterator[Services]:
    """What the window works with; keys not given are the server's own."""
    addresses = {f"CONTACT_SCOUT_{provider.name}_URL": server.url(provider) for provider in Provider}
    store = MemoryKeyStore(**{**{provider.value: server.key for provider in Provider}, **keys})
    async with open_services(
        Profile(folder / "profile"), environ=addresses, key_store=store, schedule=QUICK, redactor=redactor
    ) as services:
        yield services


async def assert_diagnostics_are_clean(services: Services, folder: Path) -> dict[str, str]:
    preview = await services.diagnostics.preview(more_versions={"Qt": "6.11"})
    saved = files_in(await services.diagnostics.save_bundle(folder / "diagnostics.zip"))
    assert saved == preview
    for name, text in saved:
        assert_clean(name, text)
    return dict(saved)


async def test_what_a_service_echoes(
    folder: Path, log_folder: Path, redactor: Redactor, demo_server: DemoServer
) -> None:
    async with window_services(folder, demo_server, redactor) as services:
        account = (await services.providers.accounts(Provider.LEADFEEDER))[0].account_id
        for provider, body in REFUSALS.items():
            demo_server.fault("status", provider, status=422, body=body, times=None)
            with pytest.raises(InvalidRequestError, match="Canary"):  # the rep may read what the service says
                await services.providers.check_key(provider)
        query = services.search.build_query(
            Provider.LEADFEEDER, {"account_id": [account], "search_terms": [NAME], "emails": [EMAIL]}
        )
        with pytest.raises(ServiceError):
            await services.search.start(query).next_page()
        plan = await services.enrichment.plan_people(
            [PersonInput("Quillonia", "Canaryworth", "canary.example", CELL)], {EnrichField.EMAILS}
        )
        run_id = await services.enrichment.enqueue(plan, cap=1, origin=f"{folder}/people of Canary.csv")
        await services.enrichment.drain([run_id])
        files = await assert_diagnostics_are_clean(services, folder)
    assert "status=422 failure=InvalidRequestError" in files["summary.txt"]
    assert json.loads(files["diagnostics.json"])["providers"][1]["last_errors"][0]["status"] == 422
    assert_clean("log", log_of(log_folder))


async def test_keys_of_the_keyring_and_of_the_session(
    folder: Path, log_folder: Path, redactor: Redactor, demo_server: DemoServer
) -> None:
    async with window_services(folder, demo_server, redactor, tamtam=KEYRING_KEY) as services:
        with pytest.raises(BadKeyError):
            await services.providers.balance(Provider.TAMTAM)
        await services.credentials.save(Provider.LEADFEEDER, SESSION_KEY, session_only=True)
        await services.providers.key_changed(Provider.LEADFEEDER)
        assert not (await services.providers.check_key(Provider.LEADFEEDER)).ok
        assert not (await services.providers.check_key(Provider.BUILDWORKPRO, TRIED_KEY)).ok
        # As if a library had put what it was given into its own words.
        for key in (KEYRING_KEY, SESSION_KEY, TRIED_KEY):
            logging.getLogger("app.test").info("given %s", key)
            logging.getLogger("some.library").info("given %s", key)
        files = await assert_diagnostics_are_clean(services, folder)
    assert "Key in the system keyring" in files["summary.txt"]
    assert "Key for this session only" in files["summary.txt"]
    assert "given [key]" in log_of(log_folder)
    assert_clean("log", log_of(log_folder))


async def test_the_password_of_a_proxy(
    folder: Path, log_folder: Path, redactor: Redactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        return None

    monkeypatch.setattr(RetryPolicy, "wait", never)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    environ = {"HTTPS_PROXY": PROXY, "CONTACT_SCOUT_TAMTAM_KEY": ENVIRONMENT_KEY}
    async with open_services(
        Profile(folder / "profile"), environ=environ, key_store=MemoryKeyStore(), redactor=redactor
    ) as services:
        with pytest.raises(NetworkError) as caught:
            await services.providers.balance(Provider.TAMTAM)
        logging.getLogger("app.test").info("sent to %s with %s", PROXY, "pa$$-canary")
        report = bug_report(caught.value, redactor)
        files = await assert_diagnostics_are_clean(services, folder)
    assert "api.tamtam.ai" in files["summary.txt"]
    assert_clean("report", report)
    assert_clean("log", log_of(log_folder))


def errors_with_data(folder: Path) -> list[Exception]:
    """Errors as they come with somebody's data in their texts, raised so that they have a traceback."""
    bare: list[Exception] = [
        KeyError(NAME),
        ValueError(f"invalid literal: {CELL}"),
        TypeError(f"cannot send {EMAIL} to {PHONE} with {KEYRING_KEY}"),
        AttributeError(f"no attribute at https://example.com/in/{NUMBER}?name={quote(TERM)}"),
        ImportError(f"cannot import from {folder}/module.py"),
        FileNotFoundError(2, "No such file", str(folder / "people of Canary.csv")),
        UnicodeDecodeError("utf-8", NAME.encode(), 0, 1, "bad byte"),
        InputError(f"“{NAME}” is no number."),
        InvalidRequestError(ECHO, provider=Provider.TAMTAM, code=NAME, request_id=EMAIL, status=422),
        ContactScoutError(f"Cannot open {folder}/library.sqlite3"),
        ExceptionGroup(NAME, [KeyError(EMAIL), ValueError(PHONE)]),
    ]
    raised = []
    for error in bare:
        try:
            try:
                int(TERM)
            except ValueError as cause:
                raise error from cause
        except Exception as caught:  # noqa: BLE001 - it is made for this
            raised.append(caught)
    return raised


@pytest.mark.gui
@pytest.mark.qt_no_exception_capture
async def test_crash_reports(folder: Path, log_folder: Path, redactor: Redactor, expected_log: ExpectLog) -> None:
    expected_log("app.qtbridge.reporter: Contact Scout")
    expected_log("app.test: A subscriber failed")
    redactor.add_secret(KEYRING_KEY)
    reporter = ErrorReporter(redact=redactor)
    reports: list[str] = []
    reporter.bug_found.connect(reports.append)
    errors = errors_with_data(folder)
    for error in errors:
        reporter.report(error)
        logging.getLogger("app.test").error("A subscriber failed", exc_info=error)
        logging.getLogger("app.test").info("It went wrong: %s", error)
    assert len(reports) == len([error for error in errors if not isinstance(error, ContactScoutError)])
    for report in reports:
        assert_clean("report", report)
        assert "test_canaries.py" in report
    assert_clean("log", log_of(log_folder))
    assert log_of(log_folder).count("\n") == 3 * len(errors)


async def test_other_peoples_code_that_talks_of_its_work(log_folder: Path, expected_log: ExpectLog) -> None:
    expected_log("asyncio: Task exception was never retrieved")

    async def work(_: str) -> NoReturn:
        raise ValueError(NAME)

    task = asyncio.get_running_loop().create_task(work(EMAIL))
    await asyncio.wait([task])
    context = {"message": "Task exception was never retrieved", "exception": task.exception(), "task": task}
    asyncio.get_running_loop().default_exception_handler(context)
    assert "ValueError" in log_of(log_folder)
    assert_clean("log", log_of(log_folder))
