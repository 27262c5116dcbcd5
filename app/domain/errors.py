"""Our errors, one class per meaning. Their text is safe to show: no key, no query, no personal data.

ContactScoutError
├── InputError            bad usage, unreadable input file            (exit code 2)
├── CapError              the rep's cap would be exceeded              (5)
├── LibraryError          the library cannot be opened or written      (2)
│   ├── DamagedLibraryError   its file is damaged
│   └── ProfileInUseError     another program has the profile open
├── KeyringError          the OS keyring cannot be used                (4)
├── MissingKeyError       no key for a provider                        (4)
└── ServiceError          a provider's answer, or the lack of one
    ├── BadKeyError               (4)
    ├── PermissionDeniedError     (4)
    ├── NoCreditsError            (5)
    ├── NotFoundError
    ├── InvalidRequestError
    ├── RateLimitedError          (6)
    ├── TryLaterError             (6)
    ├── NetworkError              (6)
    │   └── UntrustedConnectionError
    ├── UnreadableAnswerError     (6)
    └── OutcomeUnknownError       a paid or changing call whose answer was not seen (3)
"""

from dataclasses import dataclass

from app.domain.provider import Provider


class ContactScoutError(Exception):
    """Base of everything that is told to the rep in one sentence instead of a traceback.

    Attributes:
        text: One sentence for the rep.
        next_step: What the rep can do now, "" when the text says it all.
    """

    exit_code = 1

    def __init__(self, text: str, *, next_step: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.next_step = next_step


class InputError(ContactScoutError):
    """Bad usage or an input file that cannot be read."""

    exit_code = 2


class CapError(ContactScoutError):
    """The most that a run could cost exceeds the cap the rep has set."""

    exit_code = 5


class LibraryError(ContactScoutError):
    """The library file cannot be opened or written (in use, newer, damaged, disk full)."""

    exit_code = 2


class DamagedLibraryError(LibraryError):
    """The library file is damaged. A backup, or what can still be read, is the way out."""

    def __init__(self, text: str = "The library file is damaged.") -> None:
        super().__init__(
            text,
            next_step="Open the window to choose a backup or to save what can be read; without a window, use"
            " “contact-scout library restore” or “contact-scout library salvage”.",
        )


class OlderLibraryError(LibraryError):
    """An older version wrote the library; it can be looked at once somebody who may write has brought it up to date."""

    def __init__(self) -> None:
        super().__init__(
            "The library was written by an older Contact Scout.",
            next_step="Open it once in the window; it is brought up to date by itself.",
        )


class ProfileInUseError(LibraryError):
    """Another program has the profile open.

    Attributes:
        command: The command that it runs, as “queue resume”; "" for a window.
    """

    def __init__(self, command: str = "") -> None:
        if command:
            super().__init__(
                f"“contact-scout {command}” is running on this profile.", next_step="Wait for its end, or stop it."
            )
        else:
            super().__init__(
                "Contact Scout is already open on this profile.", next_step="Use its window, or close it first."
            )
        self.command = command


class KeyringError(ContactScoutError):
    """The OS keyring is absent, locked or refused."""

    exit_code = 4


class MissingKeyError(ContactScoutError):
    """No key is known for a provider."""

    exit_code = 4

    def __init__(self, provider: Provider) -> None:
        super().__init__(
            f"There is no key for {provider.label} yet.", next_step="Add one in Settings, or with “keys set”."
        )
        self.provider = provider


@dataclass(frozen=True, slots=True)
class Finding:
    """One complaint of a provider about a request; `location` as it writes it, say `body.requests[3].domain`."""

    location: str
    message: str


class ServiceError(ContactScoutError):
    """A provider's error answer, or the lack of an answer.

    Attributes:
        provider: Whose call it was.
        status: HTTP status, None when no answer came.
        code: The provider's own code or problem-type fragment, "" where it gave none.
        request_id: The provider's id of the answer, "" where it gave none.
        retry_after: Seconds the provider asked us to wait, None where it did not say.
        findings: The provider's complaints about the request, for 400 and 422.
    """

    exit_code = 6

    def __init__(
        self,
        text: str,
        *,
        provider: Provider,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        retry_after: float | None = None,
        findings: tuple[Finding, ...] = (),
        next_step: str = "",
    ) -> None:
        super().__init__(text, next_step=next_step)
        self.provider = provider
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.findings = findings


class BadKeyError(ServiceError):
    """The key is missing, wrong, revoked or expired."""

    exit_code = 4


class PermissionDeniedError(ServiceError):
    """The key works, but the plan, role or scope does not allow this call."""

    exit_code = 4


class NoCreditsError(ServiceError):
    """The provider's credits do not suffice."""

    exit_code = 5


class NotFoundError(ServiceError):
    """The thing asked for does not exist at the provider, or belongs to somebody else."""

    exit_code = 3


class InvalidRequestError(ServiceError):
    """The provider refused the request as malformed; `findings` says where."""

    exit_code = 2


class RateLimitedError(ServiceError):
    """The provider asked us to slow down, and waiting as asked did not help within the call's deadline."""


class TryLaterError(ServiceError):
    """The provider is in trouble (5xx, maintenance)."""


class NetworkError(ServiceError):
    """No usable answer came: no connection, time-out, or a proxy answered instead.

    `sent` is False only when the transport proves that no byte of the request left this machine.
    """

    def __init__(
        self,
        text: str,
        *,
        provider: Provider,
        sent: bool = True,
        status: int | None = None,
        next_step: str = "",
    ) -> None:
        super().__init__(text, provider=provider, status=status, next_step=next_step)
        self.sent = sent


class UntrustedConnectionError(NetworkError):
    """The other end's certificate is not trusted, so nothing was sent. Trying again brings the same."""


class UnreadableAnswerError(ServiceError):
    """The answer came from the provider but its body cannot be understood."""


class OutcomeUnknownError(ServiceError):
    """A call that pays for, or changes, something may or may not have been accepted. Never resend unasked."""

    exit_code = 3
