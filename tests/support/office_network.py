"""An office's network on loopback sockets: a certificate authority of its own, a TLS server, and a proxy before it."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)

_Serve = Callable[["Station", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Authority:
    """A private certificate authority. `path` is its certificate, as an administrator would install it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = _distinguished(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 400 * DAY)
            .not_valid_after(now + 400 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage(signs=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.path = folder / "authority.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, *hosts: str, begins: timedelta = -DAY, ends: timedelta = DAY) -> bytes:
        """The DER of a certificate for hosts, valid from and to so far from now; `server_context` serves the last."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_distinguished(hosts[0]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
            .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage(signs=False), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self._served.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate.public_bytes(serialization.Encoding.DER)

    def server_context(self, *hosts: str, begins: timedelta = -DAY, ends: timedelta = DAY) -> ssl.SSLContext:
        """What a server for these hosts presents."""
        self.issue(*hosts, begins=begins, ends=ends)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._served)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Of a computer that trusts this authority and no other."""
        return ssl.create_default_context(cafile=str(self.path))

    @property
    def _served(self) -> Path:
        return self._folder / "served.pem"


def _distinguished(name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Ltd")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass
class Station:
    """A server on loopback: its port, and the head of each request it saw."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


@asynccontextmanager
async def tls_server(context: ssl.SSLContext | None, answers: Sequence[bytes]) -> AsyncIterator[Station]:
    """A server that gives these answers in turn, the last one for ever; without a context it speaks plain HTTP."""

    async def serve(station: Station, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            station.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answers[min(len(station.heads), len(answers)) - 1])
            await writer.drain()

    async with _station(serve, context) as station:
        yield station


@asynccontextmanager
async def connect_proxy(
    target: int, *, password: str = "", refusal: bytes = b"", context: ssl.SSLContext | None = None
) -> AsyncIterator[Station]:
    """A proxy that leads every tunnel to one port of this computer, as one that inspects traffic leads it to itself.

    Args:
        target: That port.
        password: What it wants as `name:password`.
        refusal: A status line with which it refuses every tunnel.
        context: TLS towards its users.
    """
    wanted = b"Basic " + base64.b64encode(password.encode())

    async def serve(station: Station, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        station.heads.append(head)
        if password and wanted not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")
        elif refusal:
            writer.write(b"HTTP/1.1 " + refusal + b"\r\n\r\n")
        else:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", target)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))
        await writer.drain()

    async with _station(serve, context) as station:
        yield station


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def _station(serve: _Serve, context: ssl.SSLContext | None) -> AsyncIterator[Station]:
    station = Station()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        station.tasks.add(task)
        try:
            if context is not None:  # here, not by the listening socket, so that a failing handshake has its task too
                await writer.start_tls(context)
            await serve(station, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    station.port = server.sockets[0].getsockname()[1]
    try:
        yield station
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*station.tasks)
