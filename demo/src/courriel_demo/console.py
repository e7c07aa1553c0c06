"""What the demo says on the terminal.

Nothing secret comes here: neither URLs with credentials nor environments.
"""

from __future__ import annotations

import contextlib
import sys
import unicodedata
from typing import TYPE_CHECKING

from courriel_demo.accounts import ACCOUNTS, PASSWORD, Kind
from courriel_demo.parts import host_of
from courriel_demo.ports import HOST

if TYPE_CHECKING:
    from courriel_demo.parts import Ports
    from courriel_demo.settings import Settings

_REMARKS = {
    Kind.PERSONAL: "a personal mailbox",
    Kind.FUNCTIONAL: "a functional mailbox",
    Kind.IMAP_ONLY: "reads by IMAP only: its sign-in is refused",
}


def say(text: str) -> None:
    """Write a line, at once. A terminal that went away does not matter."""
    with contextlib.suppress(OSError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def welcome(settings: Settings, ports: Ports) -> str:
    """Return the box that says where to go, and with which account."""
    lines = ["Courriel léger is running", "", f"    {settings.address}", ""]
    if settings.pop3_url and settings.smtp_url:
        lines += [
            "Sign in with a mailbox of your mail server.",
            f"    POP3 {host_of(settings.pop3_url)} · SMTP {host_of(settings.smtp_url)}",
            f"    Addresses end in @{settings.mail_domain} (MAIL_DOMAIN)",
        ]
    else:
        width = max(len(account.name) for account in ACCOUNTS)
        lines.append(f"Sign in with a demo mailbox; the password is {PASSWORD}")
        lines += [f"    {account.name:<{width}}  {_REMARKS[account.kind]}" for account in ACCOUNTS]
        lines += ["", f"The demo's mail server: POP3 {HOST}:{ports.pop3} · SMTP {HOST}:{ports.smtp}"]
    lines += ["", f"Logs are in {settings.folder.name}/log. Ctrl-C ends everything."]
    return _box(lines)


def _box(lines: list[str]) -> str:
    width = max(_width(line) for line in lines)
    rule = "─" * (width + 4)
    inside = "\n".join(f"│  {line}{' ' * (width - _width(line))}  │" for line in lines)
    return f"╭{rule}╮\n{inside}\n╰{rule}╯"


def _width(line: str) -> int:
    return sum(not unicodedata.combining(sign) for sign in line)
