"""A POP3 client: a sans-IO core, and an asyncio client around it. The standard library only.

    server = Server.from_url("pop3s://pop.example.org")
    client = await connect(server)
    await client.login("jean.dupont", password)
    for number, size, uidl in await client.listing():
        ...
    await client.dele(1)
    await client.quit()

`Connection` is the core (octets in, events out), for those who bring their own I/O; `Pop3Client` is what
everybody else wants. Line and reply sizes, commands in flight and waiting times are all bounded. It keeps no
pool, does not connect again by itself, does not parse mail, and takes no bad certificate but on this host.

Sources: RFC 1939 (POP3), 2449 (CAPA, PIPELINING, response codes), 2595 (STLS), 3206 (SYS and AUTH codes),
5034 and 4616 (AUTH PLAIN), 6856 (UTF8), 8314 (implicit TLS); the PROXY protocol, version 2.
"""

from courriel_pop3._capabilities import Capabilities
from courriel_pop3._client import Pop3Client, connect
from courriel_pop3._commands import Command, Reply
from courriel_pop3._connection import Connection, State
from courriel_pop3._errors import (
    AuthenticationRefused,
    CertificateRefused,
    ConnectFailed,
    ConnectionLost,
    InvalidCommand,
    LoginDelay,
    MaildropInUse,
    Pop3Error,
    ProtocolError,
    ReplyError,
    ServerPermanentFailure,
    ServerTemporaryFailure,
    TimedOut,
    TlsFailed,
    TlsRequired,
    TooLarge,
    UsageError,
)
from courriel_pop3._events import Accepted, Completed, Data, Event, Greeting, Refused
from courriel_pop3._forwarding import Forwarding
from courriel_pop3._limits import Limits
from courriel_pop3._listings import Entry, Stat
from courriel_pop3._server import Server, Tls
from courriel_pop3._wire import Dial

__all__ = [
    "Accepted",
    "AuthenticationRefused",
    "Capabilities",
    "CertificateRefused",
    "Command",
    "Completed",
    "ConnectFailed",
    "Connection",
    "ConnectionLost",
    "Data",
    "Dial",
    "Entry",
    "Event",
    "Forwarding",
    "Greeting",
    "InvalidCommand",
    "Limits",
    "LoginDelay",
    "MaildropInUse",
    "Pop3Client",
    "Pop3Error",
    "ProtocolError",
    "Refused",
    "Reply",
    "ReplyError",
    "Server",
    "ServerPermanentFailure",
    "ServerTemporaryFailure",
    "Stat",
    "State",
    "TimedOut",
    "Tls",
    "TlsFailed",
    "TlsRequired",
    "TooLarge",
    "UsageError",
    "connect",
]
