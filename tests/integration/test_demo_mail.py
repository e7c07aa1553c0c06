"""The demo's mail server as its own process, met with the standard library's clients."""

from __future__ import annotations

import asyncio
import poplib
import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage
from functools import partial
from typing import TYPE_CHECKING

import pytest

from courriel_demo.accounts import sign_in
from courriel_demo.maildir import Maildrops
from courriel_demo.pop3_server import serve_pop3
from courriel_demo.ports import HOST, free_ports
from courriel_demo.smtp_server import SIZE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


PROGRAM = "courriel_demo.mail_server"


class MailServer:
    """A running mail server."""

    def __init__(self, data: Path) -> None:
        self.pop3_port, self.smtp_port = free_ports(2)
        ports = ("--pop3-port", str(self.pop3_port), "--smtp-port", str(self.smtp_port))
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", PROGRAM, "--data", str(data), "--domain", "demo.example", *ports],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        assert self.process.stdout.readline().startswith("listening: ")

    def open(self, name: str) -> poplib.POP3:
        """Sign in over POP3."""
        session = poplib.POP3(HOST, self.pop3_port, timeout=10)
        session.user(name)
        try:
            session.pass_("demo")
        except poplib.error_proto:
            session.close()
            raise
        return session

    def end(self) -> tuple[int, str]:
        """Send SIGTERM; return the exit code and what it wrote meanwhile."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=10)
        return self.process.returncode, said


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """Run a mail server over a fresh folder."""
    server = MailServer(tmp_path)
    yield server
    if server.process.stdout and not server.process.stdout.closed:
        server.end()


def test_what_is_sent_arrives_unchanged(server: MailServer) -> None:
    """A message with lines of dots and accents goes in by SMTP and comes out by POP3."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "Marie.Martin@demo.example", "Été"
    message.set_content(".\n..\n.point\nœuf\n", cte="8bit")
    before = server.open("marie.martin")
    count = before.stat()[0]
    before.quit()
    with smtplib.SMTP(HOST, server.smtp_port) as client:
        client.send_message(message)
    session = server.open("marie.martin")
    assert session.stat()[0] == count + 1
    _, lines, octets = session.retr(count + 1)
    assert lines[lines.index(b"") + 1 :] == [b".", b"..", b".point", "œuf".encode()]
    assert octets == int(session.list(count + 1).split()[2])
    session.quit()


def test_smtp_announces_what_it_takes(server: MailServer) -> None:
    """SIZE, 8BITMIME and SMTPUTF8 are announced; a larger message and an outside recipient are refused."""
    with smtplib.SMTP(HOST, server.smtp_port) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(SIZE_LIMIT)
        assert {"8bitmime", "smtputf8"} <= client.esmtp_features.keys()
        assert client.mail("a@example.org", [f"SIZE={SIZE_LIMIT + 1}"])[0] == 552
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="not possible in the demo"):
            client.sendmail("a@example.org", ["b@ailleurs.example.org"], "x")


def test_a_lost_connection_frees_the_maildrop_and_deletes_nothing(server: MailServer) -> None:
    """Who vanishes without QUIT leaves the maildrop as it was."""
    session = server.open("jean.dupont")
    count = session.stat()[0]
    session.dele(1)
    with pytest.raises(poplib.error_proto, match="IN-USE"):
        server.open("jean.dupont")
    session.close()
    for _ in range(1000):  # the server sees the end of the connection in its own time
        try:
            session = server.open("jean.dupont")
            break
        except poplib.error_proto:
            continue
    assert session.stat()[0] == count
    session.quit()


def test_pipelined_commands_are_answered_in_order(server: MailServer) -> None:
    """Commands sent in one packet get their answers one after the other."""
    with socket.create_connection((HOST, server.pop3_port), timeout=10) as connection:
        connection.sendall(b"USER jean.dupont\r\nPASS demo\r\nDELE 1\r\nRSET\r\nNOOP\r\nQUIT\r\n")
        answers = b"".join(iter(lambda: connection.recv(1000), b"")).splitlines()
    assert [answer.split()[0] for answer in answers] == [b"+OK"] * 7


def test_an_endless_line_ends_the_connection(server: MailServer) -> None:
    """A client that never ends its line is told so, and cut off."""
    with socket.create_connection((HOST, server.pop3_port), timeout=10) as connection:
        connection.sendall(b"A" * 3000)
        assert b"".join(iter(lambda: connection.recv(1000), b"")).endswith(b"-ERR Line too long\r\n")


def test_it_ends_cleanly_with_sessions_open(server: MailServer, tmp_path: Path) -> None:
    """SIGTERM is obeyed at once, without a traceback; deletions without QUIT are not carried out."""
    session = server.open("jean.dupont")
    count = session.stat()[0]
    session.dele(1)
    with smtplib.SMTP(HOST, server.smtp_port) as client:
        client.ehlo()
        assert server.end() == (0, "")
        client.close()
    session.close()
    again = MailServer(tmp_path)
    session = again.open("jean.dupont")
    assert session.stat()[0] == count
    session.quit()
    again.end()


def test_a_taken_port_is_said(server: MailServer, tmp_path: Path) -> None:
    """A second server on the same ports ends with a sentence and code 1."""
    ports = ("--pop3-port", str(server.pop3_port), "--smtp-port", str(server.smtp_port))
    second = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", PROGRAM, "--data", str(tmp_path / "b"), "--domain", "d", *ports],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.startswith("The mail server cannot start: ")
    assert "Traceback" not in second.stderr


async def test_a_silent_session_is_ended(tmp_path: Path) -> None:
    """Silence beyond the limit ends the session, and frees its maildrop."""
    drops = Maildrops(tmp_path)
    drops.create("jean.dupont")
    (port,) = free_ports(1)
    listening = await serve_pop3(HOST, port, drops, partial(sign_in, domain="d"), idle_seconds=0.05)
    async with listening:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"USER jean.dupont\r\nPASS demo\r\n")
        assert (await reader.read()).endswith(b"-ERR Idle for too long\r\n")
        writer.close()
    assert drops.take("jean.dupont") == ()
