"""The demo's mail server, a process of its own: POP3 and SMTP over one folder of maildrops.

    python -m courriel_demo.mail_server --data DIR --pop3-port N --smtp-port N --domain demo.example

It listens on 127.0.0.1 and nowhere else, seeds the folder where it is empty, says when it listens, and ends
on SIGTERM or SIGINT. It is a stage prop for the demo and for tests, not a mail server for anybody's mail.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

from courriel_demo.accounts import sign_in
from courriel_demo.maildir import Maildrops
from courriel_demo.pop3_server import serve_pop3
from courriel_demo.seed import seed
from courriel_demo.smtp_server import serve_smtp

HOST = "127.0.0.1"


async def serve(data: Path, pop3_port: int, smtp_port: int, domain: str) -> None:
    """Serve both protocols until SIGTERM or SIGINT comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    maildrops = Maildrops(data)
    await asyncio.to_thread(seed, data, domain, datetime.now().astimezone())
    pop3 = await serve_pop3(HOST, pop3_port, maildrops, partial(sign_in, domain=domain))
    smtp = await serve_smtp(HOST, smtp_port, maildrops, domain)
    sys.stdout.write(f"listening: pop3 {HOST}:{pop3_port}, smtp {HOST}:{smtp_port}\n")
    sys.stdout.flush()
    await stop.wait()
    pop3.close()
    smtp.close()


def main() -> int:
    """Read the command line and serve; 0 at the end, 1 where a port is taken."""
    parser = argparse.ArgumentParser(
        prog="courriel_demo.mail_server", description="POP3 and SMTP for the demo"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the maildrops")
    parser.add_argument("--pop3-port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--domain", required=True, help="what follows the @ of the demo's addresses")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.data, options.pop3_port, options.smtp_port, options.domain))
    except OSError as error:
        sys.stderr.write(f"The mail server cannot start: {error.strerror or error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
