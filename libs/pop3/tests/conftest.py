"""A POP3 server at the other end of a transport in memory: no sockets, real TLS."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trustme

from courriel_pop3 import Capabilities, Pop3Client, Server, Tls, connect

HANG_UP = b"(hang up)"
CAPABLE = "PIPELINING UIDL TOP USER SASL-PLAIN"
CHUNK = 64 * 1024


def capabilities(words: str) -> bytes:
    """Write CAPA's answer from words, the arguments of each behind a hyphen."""
    lines = "".join(f"{word.replace('-', ' ')}\r\n" for word in words.split())
    return f"+OK\r\n{lines}.\r\n".encode()


class MemoryServer(asyncio.Transport):
    """Answers each line by `replies`: of the whole line, else of its verb, else +OK. b"" is silence.

    A reply that ends in `HANG_UP` is the last.
    """

    _start_tls_compatible = True

    def __init__(
        self,
        replies: dict[str, bytes] | None = None,
        *,
        banner: bytes = b"+OK ready\r\n",
        capa: str | None = CAPABLE,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        preamble: int = 0,
    ) -> None:
        """`capa` None is a server without CAPA; `implicit` speaks TLS from the start.

        `preamble` is how many octets precede the conversation.
        """
        super().__init__()
        self.replies = {"CAPA": b"-ERR what?\r\n" if capa is None else capabilities(capa), **(replies or {})}
        self.commands: list[str] = []
        self.flights: list[bytes] = []
        self.raw = b""
        self.aborted = False
        self.paused = False
        self.received = asyncio.Event()
        self._banner = banner
        self._context = tls
        self._implicit = implicit
        self._preamble = preamble
        self._tls: ssl.SSLObject | None = None
        self._shaken = False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._line = b""
        self._outbox = b""

    async def dial(self, factory: Callable[[], asyncio.Protocol], _host: str, _port: int) -> None:
        """Be the connection that `connect` asks for."""
        self._protocol: asyncio.BaseProtocol = factory()
        self._protocol.connection_made(self)
        if self._implicit:
            self._begin_tls()
        else:
            self.say(self._banner)

    # The server's side

    def say(self, octets: bytes) -> None:
        """Send octets, through TLS where it is on."""
        if self._tls is not None:
            self._tls.write(octets)
            octets = self._outgoing.read()
        self._outbox += octets
        asyncio.get_running_loop().call_soon(self._pump)

    def hang_up(self) -> None:
        """End the connection from the server's side."""
        asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    async def settle(self) -> None:
        """Wait until the client heard what was just said."""
        loop = asyncio.get_running_loop()
        heard = loop.create_future()
        loop.call_soon(heard.set_result, None)
        await heard

    @property
    def unsent(self) -> int:
        """Octets the client has not let through yet."""
        return len(self._outbox)

    def _pump(self) -> None:
        if self.paused or self.aborted or not self._outbox:
            return
        octets, self._outbox = self._outbox[:CHUNK], self._outbox[CHUNK:]
        if isinstance(self._protocol, asyncio.BufferedProtocol):
            while octets:
                room = self._protocol.get_buffer(len(octets))
                taken = min(len(room), len(octets))  # type: ignore[arg-type]
                room[:taken] = octets[:taken]  # type: ignore[index]
                self._protocol.buffer_updated(taken)
                octets = octets[taken:]
        else:
            assert isinstance(self._protocol, asyncio.Protocol)
            self._protocol.data_received(octets)
        asyncio.get_running_loop().call_soon(self._pump)

    def _begin_tls(self) -> None:
        assert self._context is not None
        self._tls = self._context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def _hear_tls(self, octets: bytes) -> bytes:
        assert self._tls is not None
        self._incoming.write(octets)
        plain = b""
        greet = False
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
                greet = self._implicit
            while piece := self._tls.read(CHUNK):
                plain += piece
        except ssl.SSLError:
            pass  # more is needed, or the client refused the certificate and goes
        self._outbox += self._outgoing.read()
        self.say(self._banner) if greet else asyncio.get_running_loop().call_soon(self._pump)
        return plain

    def _hear(self, octets: bytes) -> None:
        self.flights.append(octets)
        *lines, self._line = (self._line + octets).split(b"\r\n")
        for line in lines:
            text = line.decode()
            self.commands.append(text)
            reply = self.replies.get(text, self.replies.get(text.split(" ")[0], b"+OK\r\n"))
            self.say(reply.removesuffix(HANG_UP))
            if reply.endswith(HANG_UP):
                self.hang_up()
            if text == "STLS" and self._context is not None:
                self._begin_tls()
        self.received.set()

    # What asyncio asks of a transport

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take what the client sends."""
        octets = bytes(data)
        self.raw += octets
        skipped = min(self._preamble, len(octets))
        self._preamble -= skipped
        octets = octets[skipped:]
        if self._tls is not None:
            octets = self._hear_tls(octets)
        if octets:
            self._hear(octets)

    def abort(self) -> None:
        """End the connection from the client's side."""
        if not self.aborted:
            self.aborted = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def close(self) -> None:
        """Do as `abort`: nothing is ever left to flush."""
        self.abort()

    def _force_close(self, _exc: BaseException | None) -> None:
        self.abort()  # what asyncio's TLS calls after a failed handshake

    def is_closing(self) -> bool:
        """Say whether the client closed."""
        return self.aborted

    def pause_reading(self) -> None:
        """Hold back what the server says."""
        self.paused = True

    def resume_reading(self) -> None:
        """Let it through again."""
        self.paused = False
        asyncio.get_running_loop().call_soon(self._pump)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let TLS take the client's place."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return who reads."""
        return self._protocol


@pytest.fixture
def plain() -> Server:
    """Return terms of a plain connection."""
    return Server(host="pop.example", port=110, tls=Tls.NONE, connect_timeout=60, reply_timeout=60)


@pytest.fixture
def session(plain: Server) -> Callable[..., Awaitable[tuple[Pop3Client, MemoryServer]]]:
    """Return what opens a plain session with a `MemoryServer` of these arguments."""

    async def open_session(
        replies: dict[str, bytes] | None = None, *, known: Capabilities | None = None, **options: object
    ) -> tuple[Pop3Client, MemoryServer]:
        server = MemoryServer(replies, **options)  # type: ignore[arg-type]
        return await connect(plain, known=known, dial=server.dial), server

    return open_session


@pytest.fixture
def memory_server() -> type[MemoryServer]:
    """Return the class, for tests that dial themselves."""
    return MemoryServer


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """Return a CA's file, and a server's terms with a certificate of it for pop.example and 127.0.0.1."""
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("pop.example", "127.0.0.1").configure_cert(context)
    return path, context
