"""Identifiers: parsed at the edge, kept in one canonical form inside.

Canonical forms follow common practice for each key: the LinkedIn slug is lower case, percent-decoded and NFC;
an e-mail address is matched in lower case; a domain is a bare host in lower case without `www.`.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit


class IdKind(StrEnum):
    """What a provider's contact IDs look like."""

    UUID = "uuid"
    INTEGER = "integer"


@dataclass(frozen=True, slots=True)
class UnreadableId:
    """A pasted piece that is no ID: `line` counts from 1."""

    text: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ParsedIds:
    """What a paste holds. `valid` are distinct, in the order pasted; `duplicates` counts further mentions."""

    valid: tuple[str, ...]
    duplicates: int
    unreadable: tuple[UnreadableId, ...]

    @property
    def pieces(self) -> int:
        """Everything that was pasted: nothing is dropped silently."""
        return len(self.valid) + self.duplicates + len(self.unreadable)


_SEPARATORS = re.compile(r"[\s,;|]+")
WRAPPERS = "\"'`´‘’“”«»‹›()[]{}<>"
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f\u00ad"), None)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BARE_UUID = re.compile(r"[0-9a-f]{32}")
MAX_INTEGER = 2**63 - 1


def parse_ids(text: str, kind: IdKind) -> ParsedIds:
    """Read pasted text as IDs of one kind, whatever separates or wraps them."""
    valid: dict[str, None] = {}
    duplicates = 0
    unreadable: list[UnreadableId] = []
    for number, line in enumerate(text.splitlines(), start=1):
        for piece in _SEPARATORS.split(line.translate(INVISIBLE)):
            bare = piece.strip(WRAPPERS)
            if not bare:
                continue
            identifier, reason = read_uuid(bare) if kind is IdKind.UUID else _read_integer(bare)
            if reason:
                unreadable.append(UnreadableId(piece, number, reason))
            elif identifier in valid:
                duplicates += 1
            else:
                valid[identifier] = None
    return ParsedIds(tuple(valid), duplicates, tuple(unreadable))


def read_uuid(piece: str) -> tuple[str, str]:
    """The UUID that a piece is, in canonical form, and ""; else "" and why it is none."""
    folded = piece.lower().removeprefix("urn:uuid:")
    if _UUID.fullmatch(folded):
        return folded, ""
    if _BARE_UUID.fullmatch(folded):
        return f"{folded[:8]}-{folded[8:12]}-{folded[12:16]}-{folded[16:20]}-{folded[20:]}", ""
    return "", "not a UUID such as b3c6f5e2-1234-4abc-9def-0123456789ab"


def _read_integer(piece: str) -> tuple[str, str]:
    if not piece.isascii() or not piece.isdigit():
        return "", "not a whole number"
    if piece[0] == "0":
        return "", "starts with a zero"
    if len(piece) > 19 or int(piece) > MAX_INTEGER:
        return "", "too large for an ID"
    return piece, ""


def linkedin_slug(url: str) -> str:
    """The canonical slug of a LinkedIn person URL, "" when it is none. Sub-domain, query and case do not matter."""
    match = re.match(r"(?:https?://)?(?:[\w-]+\.)*linkedin\.com/in/([^/?#]+)", url.strip(), re.IGNORECASE)
    if not match:
        return ""
    slug = re.split(r"[/?#]", _percent_decoded(match.group(1)), maxsplit=1)[0].strip()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", slug).casefold())


def _percent_decoded(text: str) -> str:
    """Decoded until nothing is left to decode: spreadsheets hold URLs that were encoded twice."""
    while True:
        try:
            decoded = unquote(text, errors="strict")
        except UnicodeDecodeError:
            # Not UTF-8: replacing the bytes would give different people one slug.
            decoded = unquote(text, encoding="latin-1")
        if decoded == text:
            return text
        text = decoded


_HOST = re.compile(r"(?:[a-z0-9-]+\.)+(?=[a-z0-9-]*[a-z])[a-z0-9-]+")


def normalise_domain(text: str) -> str:
    """A bare host in lower case from a domain, URL or e-mail address; "" when there is none."""
    candidate = text.strip().casefold()
    if "//" not in candidate:
        candidate = "//" + candidate
    try:
        host = (urlsplit(candidate).hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except ValueError:
        return ""
    while host.startswith("www.") and host.count(".") > 1:
        host = host.removeprefix("www.")
    return host if _HOST.fullmatch(host) else ""


def normalise_email(address: str) -> str:
    """An e-mail address for matching: trimmed, NFC, lower case; "" when it does not look like one."""
    text = unicodedata.normalize("NFC", address.strip())
    local, at, host = text.rpartition("@")
    if not at or not local or "." not in host or re.search(r"\s", text):
        return ""
    return f"{local}@{host}".casefold()


ROLE_MAILBOXES = frozenset(
    """
    abuse accounting accounts admin billing bonjour careers contact contacto customerservice enquiries
    finance hello help helpdesk hr info invoice jobs kontakt legal mail marketing media no-reply noreply
    office orders press privacy recruiting sales security service support team vertrieb webmaster
    welcome
    """.split()
)

FREE_MAIL_HOSTS = frozenset(
    """
    163.com aol.com free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com
    hotmail.com hotmail.fr icloud.com laposte.net libero.it live.com mac.com mail.com mail.ru me.com
    msn.com orange.fr outlook.com outlook.de pm.me proton.me protonmail.com qq.com t-online.de
    wanadoo.fr web.de yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.ru
    """.split()
)


def is_role_address(address: str) -> bool:
    """Whether a mailbox belongs to a function (info@, sales@) and so identifies nobody."""
    local = normalise_email(address).partition("@")[0].partition("+")[0]
    return local in ROLE_MAILBOXES


def domain_of_email(address: str) -> str:
    """The company domain an address suggests, "" for free-mail hosts."""
    host = normalise_domain(normalise_email(address))
    return "" if host in FREE_MAIL_HOSTS else host


def safe_url(url: str) -> str:
    """The URL if it may be opened (`http` or `https` with a host), else ""."""
    text = url.strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc else ""
