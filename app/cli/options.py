"""The commands and their options. Search options are made from the providers' documented filters."""

import argparse
from pathlib import Path
from typing import NoReturn

from app.cli import (
    demo_server,
    diagnostics,
    enriching,
    exporting,
    fetching,
    keys,
    queue,
    safekeeping,
    searching,
    suppressing,
)
from app.cli.console import PROGRAM, Console
from app.commands import COMMANDS
from app.domain.provider import Provider
from app.domain.search import FilterSpec
from app.exchange.presets import PLAIN, PRESETS
from app.providers.capabilities import SupportsFetchByIds, SupportsFetchWithCompany
from app.providers.registry import service_class, supports

DEFAULT_LIMIT = 100


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        Console.standard().say(f"{PROGRAM}: {message}. Try “{self.prog} --help”.")
        raise SystemExit(2)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands. A command's handler is its `handler` attribute."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--demo", action="store_true", help="use the built-in synthetic services")
    common.add_argument(
        "--profile", type=Path, metavar="DIR", help="keep library, settings and logs in DIR instead of the usual place"
    )
    common.add_argument("--debug", action="store_true", help="write the log to standard error too")
    parser = _Parser(
        prog=PROGRAM,
        description="Search, fetch, enrich and export contacts. Without a command the window opens.",
        parents=[common],
        allow_abbrev=False,
    )
    commands = _Commands(parser.add_subparsers(title="commands", metavar="COMMAND", required=True), common)
    _add_search(commands)
    _add_fetch(commands)
    _add_enrich(commands)
    _add_queue(commands)
    _add_library(commands)
    _add_suppression(commands)
    _add_keys(commands)
    _add_demo_server(commands)
    _add_diagnostics(commands)
    return parser


class _Commands:
    """Adds commands that all take the common options."""

    def __init__(self, commands: "argparse._SubParsersAction[_Parser]", common: _Parser) -> None:
        self._commands = commands
        self._common = common

    def add(self, name: str, text: str, *, handler: object = None) -> _Parser:
        parser = self._commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}.", parents=[self._common], allow_abbrev=False
        )
        parser.set_defaults(command_words=parser.prog.removeprefix(f"{PROGRAM} "))  # a command under it sets its own
        if handler is not None:
            parser.set_defaults(handler=handler)
        return parser

    def group(self, name: str, text: str, metavar: str) -> "_Commands":
        parser = self.add(name, text)
        return _Commands(parser.add_subparsers(metavar=metavar, required=True), self._common)


def _add_search(commands: _Commands) -> None:
    providers = commands.group("search", COMMANDS["search"], "PROVIDER")
    for provider in Provider:
        parser = providers.add(provider.value, f"search contacts in {provider.label}", handler=searching.search)
        parser.set_defaults(provider=provider)
        filters = parser.add_argument_group("filters, named after the service's parameters")
        for spec in service_class(provider).filters:
            _add_filter(filters, spec)
        parser.add_argument(
            "--limit", type=_at_least_one, default=DEFAULT_LIMIT, metavar="N", help="rows to load (default %(default)s)"
        )
        _add_out(parser)
        if service_class(provider).credits_per_row:
            _add_spending(parser, cap_is_required=False)


def _add_filter(group: "argparse._ArgumentGroup", spec: FilterSpec) -> None:
    spellings = dict.fromkeys((f"--{spec.name}", f"--{spec.name.replace('_', '-')}"))
    text = spec.help
    if spec.choices:
        text += f" One of: {', '.join(choice.value for choice in spec.choices)}"
        text += ", or another." if spec.open_choices else "."
    if spec.takes_many:
        text += " May be given several times."
    group.add_argument(
        *spellings,
        dest=searching.FILTER_PREFIX + spec.name,
        action="append",
        default=argparse.SUPPRESS,
        metavar="VALUE",
        help=text.replace("%", "%%"),
    )


def _add_fetch(commands: _Commands) -> None:
    providers = commands.group("fetch", COMMANDS["fetch"], "PROVIDER")
    for provider in Provider:
        if not supports(provider, SupportsFetchByIds):
            continue
        parser = providers.add(provider.value, f"fetch contacts from {provider.label}", handler=fetching.fetch)
        parser.set_defaults(provider=provider)
        parser.add_argument(
            "ids", nargs="?", metavar="IDS", help="a text, CSV or XLSX file with IDs in it, or - for standard input"
        )
        _add_out(parser)
        parser.add_argument(
            "--outcomes", type=_absolute, required=True, metavar="FILE", help="CSV file for one outcome per distinct ID"
        )
        parser.add_argument(
            "--left-out",
            type=_absolute,
            metavar="FILE",
            help="CSV file for everything read that is not fetched, and why",
        )
        parser.add_argument("--column", metavar="NAME", help="the column of a CSV or XLSX file that holds the IDs")
        parser.add_argument("--account", default="", metavar="ID", help="the account to fetch through")
        _add_spending(parser, cap_is_required=False)
        parser.set_defaults(include=None)
        if supports(provider, SupportsFetchWithCompany):
            parser.add_argument(
                "--include", choices=("company",), help="fetch companies along, which may cost as much again"
            )
        owned = parser.add_mutually_exclusive_group()
        owned.add_argument("--refetch", action="store_true", help="ask again for what is in the library already")
        owned.add_argument(
            "--skip-owned",
            action="store_true",
            help="do not ask for what is in the library already, which is so anyway where IDs cost credits",
        )
        parser.add_argument(
            "--resume", type=_at_least_one, metavar="RUN", help="go on with an earlier run by its number"
        )
        parser.add_argument(
            "--retry", action="store_true", help="with --resume: ask again for the IDs that failed or are unknown"
        )
        _add_json(parser)
    runs = providers.add("runs", "list earlier fetches with their numbers", handler=fetching.list_runs)
    runs.set_defaults(read_only=True)
    _add_json(runs)


def _add_enrich(commands: _Commands) -> None:
    parser = commands.add("enrich", COMMANDS["enrich"], handler=enriching.enrich)
    parser.add_argument(
        "people", type=Path, metavar="PEOPLE.csv", help="CSV file with the columns first_name, last_name and domain"
    )
    parser.add_argument(
        "--fields", required=True, metavar="FIELDS", help="what to look up: emails, phones, or emails,phones"
    )
    _add_out(parser)
    parser.add_argument(
        "--outcomes",
        type=_absolute,
        required=True,
        metavar="FILE",
        help="CSV file for one outcome per person and field",
    )
    _add_spending(parser, cap_is_required=True)
    parser.add_argument(
        "--no-wait", action="store_true", help="stop once everything is submitted; “queue resume” collects the results"
    )


def _add_queue(commands: _Commands) -> None:
    group = commands.group("queue", COMMANDS["queue"], "ACTION")
    status = group.add("status", "show how the queue stands", handler=queue.status)
    status.set_defaults(read_only=True)
    _add_json(status)
    group.add("resume", "submit and collect what is open, and write the files of runs cut short", handler=queue.resume)
    retry = group.add("retry", "buy again what of a run failed", handler=queue.retry)
    retry.add_argument("run", type=_at_least_one, metavar="RUN", help="number of the run, see “queue status”")
    retry.add_argument(
        "--unknown", action="store_true", help="send those again of whom it is not known whether they were accepted"
    )
    _add_spending(retry, cap_is_required=False)
    give_up = group.add("give-up", "stop waiting for a batch", handler=queue.give_up)
    give_up.add_argument("batch", type=_at_least_one, metavar="BATCH", help="number of the batch, see “queue status”")
    ledger = group.add("ledger", "write what was reserved, charged and released to a CSV file", handler=queue.ledger)
    ledger.set_defaults(read_only=True)
    ledger.add_argument("--run", type=_at_least_one, metavar="RUN", help="the lines of this run only")
    ledger.add_argument("--out", type=_absolute, required=True, metavar="FILE", help="CSV file for the lines")
    group.add("recover", "collect what was paid for after the library was lost or set back", handler=queue.recover)
    group.add("stop", "submit nothing more; what is in flight is still collected by “queue resume”", handler=queue.stop)


def _add_library(commands: _Commands) -> None:
    export = commands.add("export", COMMANDS["export"], handler=exporting.export)
    export.add_argument("--list", metavar="NAME", help="only the contacts of this list; all of the library otherwise")
    export.add_argument(
        "--preset", default=PLAIN.name, metavar="NAME", help=f"how to lay the file out: {', '.join(PRESETS)}"
    )
    export.add_argument(
        "--include-suppressed", action="store_true", help="write contacts on the do-not-contact list too; it is logged"
    )
    _add_out(export)
    export.set_defaults(beside=True)
    group = commands.group("library", COMMANDS["library"], "ACTION")
    stats = group.add("stats", "count what the library holds", handler=exporting.stats)
    stats.set_defaults(read_only=True)
    _add_json(stats)
    _add_safekeeping(group)


def _add_safekeeping(group: _Commands) -> None:
    group.add("check", "look through the library's file for damage").set_defaults(offline=safekeeping.check)
    backup = group.add("backup", "make a backup, which is checked before it gets its name")
    backup.set_defaults(offline=safekeeping.backup)
    backup.add_argument("--out", type=_absolute, metavar="FILE", help="where to, the profile's backups otherwise")
    listing = group.add("backups", "list the backups, newest first")
    listing.set_defaults(offline=safekeeping.backups)
    _add_json(listing)
    restore = group.add("restore", "put a backup in the library's place, which is set aside")
    restore.set_defaults(offline=safekeeping.restore)
    restore.add_argument(
        "file", metavar="FILE", help=f"a backup's file or its name in the list, or “{safekeeping.NEWEST}”"
    )
    salvage = group.add("salvage", "save what can be read of a damaged library into a new one")
    salvage.set_defaults(offline=safekeeping.salvage)
    for parser in (restore, salvage):
        parser.add_argument("--yes", action="store_true", help="agree without being asked")


def _add_suppression(commands: _Commands) -> None:
    group = commands.group("suppress", COMMANDS["suppress"], "ACTION")
    listing = group.add("list", "print the do-not-contact list, the newest entry first", handler=suppressing.list_all)
    listing.set_defaults(read_only=True)
    _add_json(listing)
    add = group.add("add", "put the people and companies of a file on the list", handler=suppressing.add)
    add.add_argument(
        "source",
        metavar="FILE|-",
        help="addresses, domains, numbers and profiles, lines or CSV; - reads standard input",
    )
    remove = group.add("remove", "take entries off the list", handler=suppressing.remove)
    remove.add_argument("values", nargs="+", metavar="VALUE", help="an address, domain, number or profile")


def _add_keys(commands: _Commands) -> None:
    group = commands.group("keys", COMMANDS["keys"], "ACTION")
    for name, text, handler in (
        ("set", "read a key from standard input, try it, and keep it", keys.set_key),
        ("check", "ask a service whether the key works", keys.check_key),
        ("delete", "forget a key", keys.delete_key),
    ):
        parser = group.add(name, text, handler=handler)
        parser.add_argument("provider", type=_provider, metavar="PROVIDER", help=", ".join(Provider))


def _add_demo_server(commands: _Commands) -> None:
    parser = commands.add("demo-server", COMMANDS["demo-server"])
    parser.set_defaults(standalone=demo_server.serve)
    parser.add_argument("--port", type=_port, required=True, metavar="N", help="port to listen on, 0 for any free one")
    parser.add_argument(
        "--contacts", type=_at_least_one, default=5000, metavar="N", help="people to make up (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="equal seeds give equal people")
    parser.add_argument("--latency-ms", type=_not_negative, default=0, metavar="N", help="answer that much later")
    parser.add_argument("--strict-limits", action="store_true", help="enforce the services' published rate limits")


def _add_diagnostics(commands: _Commands) -> None:
    parser = commands.add("diagnostics", COMMANDS["diagnostics"], handler=diagnostics.diagnose)
    parser.set_defaults(read_only=True)
    parser.add_argument("--out", type=_absolute, metavar="FILE", help="zip file for the collected text files")
    parser.add_argument("--show", action="store_true", help="write the same text to standard output")


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=_absolute, required=True, metavar="FILE", help="CSV file for the contacts")


def _add_spending(parser: argparse.ArgumentParser, *, cap_is_required: bool) -> None:
    parser.add_argument(
        "--max-credits",
        type=_not_negative,
        required=cap_is_required,
        metavar="N",
        help="refuse to begin if it could cost more credits than this",
    )
    parser.add_argument("--yes", action="store_true", help="agree to the cost without being asked")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="write JSON for programs")


def _at_least_one(text: str) -> int:
    return _whole_number(text, 1)


def _not_negative(text: str) -> int:
    return _whole_number(text, 0)


def _whole_number(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number of at least {least}")
    return int(text)


def _absolute(text: str) -> Path:
    # Job files outlive the process, and so its current folder.
    return Path(text).absolute()


def _port(text: str) -> int:
    number = _whole_number(text, 0)
    if number > 65535:
        raise argparse.ArgumentTypeError(f"“{text}” is not a port")
    return number


def _provider(text: str) -> Provider:
    try:
        return Provider(text.casefold())
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is none of {', '.join(Provider)}") from None
