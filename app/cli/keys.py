"""`keys`: the services' keys in the system keyring. A key is never printed and never an argument."""

import argparse
import getpass

from app.cli.console import Console
from app.cli.exits import EXIT_KEY, EXIT_OK
from app.composition import Services
from app.domain.errors import InputError
from app.domain.provider import Provider
from app.services.credentials import KeySource


async def set_key(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Try a key from standard input, and keep it if the service takes it."""
    provider: Provider = arguments.provider
    key = _read_key(provider, console)
    if not key:
        raise InputError("There is no key on standard input.", next_step="Pipe it in, or type it when asked.")
    check = await services.providers.check_key(provider, key)
    console.write(f"{provider.label}: {check.text}")
    if not check.ok:
        console.say("The key was not kept.")
        return EXIT_KEY
    await _keep_for_batches(services, provider, key, console)
    await services.credentials.save(provider, key)
    await services.providers.key_changed(provider)
    console.say(f"The key is kept. {(await services.credentials.keyring_state()).text}")
    await _warn_of_environment(services, provider, console)
    return EXIT_OK


async def check_key(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Say what the service answers to the key in use."""
    provider: Provider = arguments.provider
    check = await services.providers.check_key(provider)
    source = await services.credentials.source(provider)
    console.write(f"{provider.label}: {check.text} ({source.label}.)")
    return EXIT_OK if check.ok else EXIT_KEY


async def delete_key(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Forget the key of a service."""
    provider: Provider = arguments.provider
    await services.credentials.delete(provider)
    await services.providers.key_changed(provider)
    console.say(f"The keyring holds no key for {provider.label}.")
    await _warn_of_environment(services, provider, console)
    return EXIT_OK


async def _keep_for_batches(services: Services, provider: Provider, key: str, console: Console) -> None:
    """What the present key bought is never asked for with another one."""
    accounts = services.enrichment.accounts
    if provider is accounts.provider and (question := await accounts.question(key)) is not None:
        await accounts.keep_present_key()
        console.say(f"The earlier key is kept until the {question.batches} batches it bought are collected.")


def _read_key(provider: Provider, console: Console) -> str:
    if console.can_ask:
        return getpass.getpass(f"Key for {provider.label}: ", console.err).strip()
    return console.source.readline().strip()


async def _warn_of_environment(services: Services, provider: Provider, console: Console) -> None:
    if await services.credentials.source(provider) is KeySource.ENVIRONMENT:
        console.say(f"CONTACT_SCOUT_{provider.name}_KEY is set and goes before the keyring.")
