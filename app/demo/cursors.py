"""Paging tokens: opaque, signed, and bound to the query they came from."""

import base64
import binascii
import hashlib
import hmac
import json


class BadCursorError(Exception):
    """The cursor was not made here, was changed, or belongs to another query."""


class CursorSigner:
    """Makes and reads cursors. The same seed reads them again after a restart."""

    def __init__(self, seed: int) -> None:
        self._secret = hashlib.blake2b(f"demo cursors {seed}".encode()).digest()

    def make(self, scope: str, query: object, offset: int) -> str:
        """A cursor that continues a query at a row."""
        body = json.dumps([scope, _digest(query), offset]).encode()
        return base64.urlsafe_b64encode(body + self._sign(body)).decode().rstrip("=")

    def read(self, scope: str, query: object, cursor: str) -> int:
        """The row to continue at; raises BadCursorError."""
        try:
            token = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadCursorError from None
        body, signature = token[:-16], token[-16:]
        if not hmac.compare_digest(signature, self._sign(body)):
            raise BadCursorError
        made_for, digest, offset = json.loads(body)
        if made_for != scope or digest != _digest(query) or not isinstance(offset, int):
            raise BadCursorError
        return offset

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._secret, body, hashlib.sha256).digest()[:16]


def _digest(query: object) -> str:
    return hashlib.blake2b(json.dumps(query, sort_keys=True).encode(), digest_size=8).hexdigest()
