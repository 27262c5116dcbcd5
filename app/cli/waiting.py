"""Waiting for work while showing how far it is, and asking before money is spent."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TypeVar

from app.cli.console import Console
from app.composition import Services
from app.domain.changes import Change, ChangeKind
from app.domain.credits import Estimate
from app.domain.errors import CapError, InputError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider

T = TypeVar("T")


async def watch(
    services: Services, work: Coroutine[None, None, T], kind: ChangeKind, look: Callable[[], Awaitable[bool]]
) -> T | None:
    """Await work; at its start and after each change of a kind `look` shows how it stands.

    When `look` says that enough is done, the work is cancelled and None returned. Cancelling cancels the work.
    """
    changed = asyncio.Event()

    def hear(change: Change) -> None:
        if change.kind is kind:
            changed.set()

    unsubscribe = services.changes.subscribe(hear)
    task = asyncio.get_running_loop().create_task(work)
    try:
        while not task.done():
            changed.clear()
            if await look():
                break
            wakes = asyncio.get_running_loop().create_task(changed.wait())
            try:
                await asyncio.wait({task, wakes}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                wakes.cancel()
        return await task if task.done() else None
    finally:
        unsubscribe()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


def agree_to_cost(console: Console, estimate: Estimate, *, cap: int | None, yes: bool, what: str) -> None:
    """Have the cost agreed to before anything is spent.

    Raises:
        CapError: It could cost more than the cap (credits).
        InputError: Nobody has agreed, or nobody is there to.
    """
    if cap is not None and estimate.maximum > cap:
        raise CapError(
            f"{what} could cost {estimate.maximum} credits, more than --max-credits {cap}. Nothing was done.",
            next_step="Allow more, or ask for less.",
        )
    if not estimate.maximum:
        return
    likely = f", probably about {estimate.likely}" if estimate.likely is not None else ""
    cost = f"{what} can cost up to {estimate.maximum} credits{likely}."
    if yes:
        console.say(cost)
    elif not console.can_ask:
        raise InputError(f"{cost} Nothing was done.", next_step="Add --yes to agree.")
    elif not console.confirm(f"{cost} Go on?"):
        raise InputError("Nothing was done.")


def in_words(counts: Mapping[Outcome, int]) -> str:
    """Outcomes with how many there are of each, such as “960 found, 40 not found”."""
    told = [f"{counts[outcome]} {outcome.label.lower()}" for outcome in Outcome if counts.get(outcome)]
    return ", ".join(told) or "nobody"


async def only_account(services: Services, provider: Provider, option: str) -> str:
    """The one account that the key reaches; `option` is what names one of several.

    Raises:
        InputError: There are several, which it names, or none.
    """
    accounts = await services.providers.accounts(provider)
    if len(accounts) == 1:
        return accounts[0].account_id
    if not accounts:
        raise InputError(f"The key reaches no {provider.label} account.")
    named = ", ".join(f"{account.account_id} ({account.name})" for account in accounts)
    raise InputError(
        f"The key reaches several {provider.label} accounts: {named}.", next_step=f"Name one of them with {option}."
    )
