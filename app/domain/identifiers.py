"""Identifiers: parsed at the edge, kept in one canonical form inside.

Canonical forms follow common practice for each key: the LinkedIn slug is lower case, percent-decoded and NFC;
an e-mail address is matched in lower case; a domain is a bare host in lower case without `www.`.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


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


def registrable_domain(text: str) -> str:
    """The part of a domain that somebody registered, `acme.co.uk` of `shop.acme.co.uk`; "" when there is none.

    What stands under a public suffix such as `github.io` or `co.uk` belongs to different people, and the suffix
    itself to nobody. Domains of other scripts are in their ASCII form.
    """
    host = normalise_domain(text)
    return (_suffixes().privatesuffix(host) or "") if host else ""


@cache
def _suffixes() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList  # takes longer to load than the rest of the domain

    return PublicSuffixList(accept_unknown=True)


def normalise_email(address: str) -> str:
    """An e-mail address for matching: trimmed, NFC, lower case, its domain in ASCII; "" when it looks like none."""
    text = unicodedata.normalize("NFC", address.strip())
    local, at, host = text.rpartition("@")
    if not at or not local or "." not in host or re.search(r"\s", text):
        return ""
    if not host.isascii():
        host = normalise_domain(host) or host
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", f"{local}@{host}").casefold())


def email_key(address: str) -> str:
    """The one spelling under which a person's own mailbox is known; "" for none and for a function's (info@, sales@).

    Dots and what follows a plus sign do not count at consumer hosts that are known to pass over them, and there alone.
    """
    text = normalise_email(address)
    if not text or is_role_address(text):
        return ""
    local, _, host = text.rpartition("@")
    if host in _TAGS_AT:
        local = local.partition("+")[0] or local
    if host in _GMAIL:
        local, host = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{host}"


#: Mailboxes of functions in the main languages of business: whoever answers there today may be another tomorrow.
ROLE_MAILBOXES = frozenset(
    """
    abuse accounting accounts accountspayable administracao administracion administration administrator admin agency
    all ap ar assistance ask atendimento ausbildung bewerbung bewerbungen billing biuro board bookings booking
    bonjour buchhaltung business candidature career careers comercial commercial commerciale compliance compras
    compta comptabilite comunicacion communication communications contabilidad contabilita contact contacto contactus
    contato contatti courrier customercare customerservice customersupport data datenschutz dataprotection datos
    demo design dev developers devops direction directie direzione dpo dsgvo ecommerce einkauf empfang emploi empleo
    enquiries enquiry enterprise events export facturacion factures facturation fattura feedback finance financeiro
    finances finanzen firma fragen general gdpr geral hallo hello help helpdesk hi hola hostmaster hr human.resources
    humanresources import info infos infodesk informacion information informatie informazioni inkoop inquiries
    inquiry international investor investors invoice invoices it itsupport jobs kadry kantoor karriere kontakt
    kontor kundendienst kundenservice kundeservice kundtjanst legal logistica logistics logistik logistique mail
    mailbox mailer-daemon management marketing mailing media membership news newsletter no-reply nobody noreply
    notifications office oficina offers office-manager online operations orders order ordini partner partners
    partnership partnerships payments payroll pedidos personal personalabteilung poczta post postmaster postmottak
    praktikum presse prensa press privacy procurement projects proveedores public-relations publicrelations purchase
    purchasing qualite quality reception recepcion recepcao rechnung rechnungen recruiting recruitment recrutement
    reklamation reply reservas reservation reservations reservierung rh rrhh root sac sale sales sales-team
    salesteam secretaria secretariaat secretariat segreteria sekretariat security service servicedesk servicio
    serviceclient services shop social soporte spam sprzedaz staff stampa subscribe suporte support supporto
    talent team tech technical technik tienda training treasury ufficio unsubscribe vendas vendite ventas ventes
    verkauf verkoop versand vertrieb verwaltung web webmaster website welcome willkommen zakupy zentrale
    """.split()
)

# At these a plus sign begins a note to oneself.
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_TAGS_AT = _GMAIL | frozenset(
    """
    fastmail.com hotmail.com hotmail.de hotmail.fr icloud.com live.com me.com mac.com msn.com outlook.com outlook.de
    outlook.fr pm.me proton.me protonmail.com yandex.com yandex.ru
    """.split()
)

FREE_MAIL_HOSTS = frozenset(
    """
    126.com 163.com aol.com alice.it arcor.de bk.ru bluewin.ch btinternet.com comcast.net cox.net email.it fastmail.com
    free.fr freemail.hu freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com home.nl hotmail.co.uk
    hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it icloud.com inbox.ru interia.pl kpnmail.nl laposte.net
    libero.it list.ru live.co.uk live.com live.de live.fr live.nl mac.com mail.com mail.ru me.com msn.com naver.com
    neuf.fr o2.pl onet.pl op.pl orange.fr outlook.com outlook.de outlook.es outlook.fr outlook.it pm.me poczta.onet.pl
    proton.me protonmail.com qq.com rambler.ru rediffmail.com sapo.pt seznam.cz sfr.fr sky.com t-online.de telenet.be
    terra.com.br tiscali.it tutanota.com ukr.net uol.com.br verizon.net virgilio.it wanadoo.fr web.de wp.pl
    yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it
    yandex.com yandex.ru ya.ru ziggo.nl
    """.split()
)


def is_role_address(address: str) -> bool:
    """Whether a mailbox belongs to a function (info@, sales@) and so identifies nobody."""
    local = normalise_email(address).rpartition("@")[0].partition("+")[0]
    return local in ROLE_MAILBOXES or re.sub(r"[-_.]", "", local) in ROLE_MAILBOXES


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
