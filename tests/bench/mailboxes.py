"""The maildrops that are measured: small letters, the same at every run, as a tar of Maildir folders.

Nothing here is random: sizes and senders follow from a message's number, so that two runs measure the same
octets. File names carry both sizes (`S=`, `W=`), as those of mail that Dovecot delivered itself.
"""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache

DOMAIN = "demo.example"
PASSWORD = "bench"
MAIL_OWNER = 5000
"""User and group of the mail in deploy/demo-mail/dovecot."""
_FIRST = datetime(2024, 1, 8, 8, 0, tzinfo=UTC)
_SENDERS = ("Jean Dupont", "Hélène Lefèvre", "Service des achats", "Marie Martin", "Noël Ångström")
_DIFFERENT = 1000
"""Letters; a larger maildrop holds them again."""
_LINE = "Bonjour, le compte rendu de la réunion est disponible ; merci de le relire avant vendredi."


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A maildrop: its user name, and how many messages it holds at first."""

    name: str
    count: int


def letter(number: int) -> EmailMessage:
    """Write the message `number` (from 1): 1 to 6 kB, every third with an HTML version as well."""
    message = EmailMessage()
    sender = _SENDERS[number % len(_SENDERS)]
    message["From"] = f"{sender} <expediteur{number % 37}@{DOMAIN}>"
    message["To"] = f"destinataire@{DOMAIN}"
    message["Subject"] = f"Compte rendu n° {number} : éléments à relire"
    message["Date"] = format_datetime(_FIRST + timedelta(minutes=number))
    message["Message-ID"] = f"<bench-{number}@{DOMAIN}>"
    lines = [f"{line + 1}. {_LINE}" for line in range(5 + number % 20)]
    message.set_content("\n".join(lines))
    if number % 3 == 0:
        message.add_alternative("".join(f"<p>{line}</p>" for line in lines), subtype="html")
    return message


def archive(mailboxes: tuple[Mailbox, ...]) -> bytes:
    """Return the tar to unpack in the folder that holds all maildrops."""
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w") as tar:
        for mailbox in mailboxes:
            for folder in ("", "cur", "new", "tmp"):
                _add(tar, f"{mailbox.name}/{folder}", None)
            for number in range(1, mailbox.count + 1):
                content = _octets(number % _DIFFERENT)
                size, on_the_wire = len(content), len(content) + content.count(b"\n")
                seconds = int((_FIRST + timedelta(minutes=number)).timestamp())
                name = f"{seconds}.M{number:06}P1.bench,S={size},W={on_the_wire}"
                _add(tar, f"{mailbox.name}/new/{name}", content)
    return octets.getvalue()


@cache
def _octets(number: int) -> bytes:
    return letter(number).as_bytes()


def _add(tar: tarfile.TarFile, path: str, content: bytes | None) -> None:
    """Add a file, or a folder where there is no content."""
    entry = tarfile.TarInfo(path)
    entry.uid = entry.gid = MAIL_OWNER
    entry.mtime = int(_FIRST.timestamp())
    if content is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o700
        tar.addfile(entry)
    else:
        entry.size, entry.mode = len(content), 0o600
        tar.addfile(entry, io.BytesIO(content))
