# ruff: noqa: INP001 — a script of one image, no package
"""Fills Dovecot's maildrops with the mail of `make demo`, once; mail that is there already is left alone.

The demo's own server names a message after its arrival in nanoseconds. Dovecot orders a maildrop by the
seconds and microseconds of a Maildir name (https://cr.yp.to/proto/maildir.html), so the files get such names.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from courriel_demo.seed import seed

MAILDROPS = Path("/srv/mail")
_DEMO_NAME = re.compile(r"(?P<seconds>\d{11})(?P<microseconds>\d{6})\d{3}\.(?P<unique>[0-9a-f]+)")


def main() -> None:
    """Seed the maildrops, and give each new message a Maildir name."""
    seed(MAILDROPS, os.environ["MAIL_DOMAIN"], datetime.now(UTC))
    for message in MAILDROPS.glob("*/new/*"):
        if name := _DEMO_NAME.fullmatch(message.name):
            seconds, microseconds, unique = name.group("seconds", "microseconds", "unique")
            message.rename(message.with_name(f"{int(seconds)}.M{microseconds}Q{unique}.demo"))


if __name__ == "__main__":
    main()
