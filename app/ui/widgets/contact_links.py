"""Where a contact can be looked at in the browser. Only `http` and `https` addresses are ever opened."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from app.domain.contact import ContactRow
from app.domain.identifiers import safe_url


def linkedin_of(row: ContactRow | None) -> str:
    """The address of a contact's LinkedIn profile, "" where there is none that may be opened."""
    return safe_url(row.linkedin_url) if row is not None else ""


def website_of(row: ContactRow | None) -> str:
    """The address of the website of a contact's company, "" where its domain is not known."""
    domain = row.company_domain.strip() if row is not None else ""
    is_bare = bool(domain) and all(char.isalnum() or char in ".-" for char in domain)
    return safe_url(f"https://{domain}") if is_bare else ""


def open_address(url: str) -> None:
    """Open an address in the browser; nothing for ""."""
    if url:
        QDesktopServices.openUrl(QUrl(url))
