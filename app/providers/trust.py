"""Which certificates are trusted: those the operating system trusts, so that office networks work."""

import ssl

import truststore


def build_ssl_context() -> ssl.SSLContext:
    """A TLS context on the operating system's trust store. Takes tens of milliseconds: make one, off the event loop.

    The store is looked up at each connection, so an `SSL_CERT_FILE` that points nowhere (some packagers leave one
    behind) is passed over instead of raising here, as httpx's own context does.
    """
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
