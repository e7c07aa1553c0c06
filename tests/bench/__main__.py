"""`make bench`: measure the product beside the floor, print the figures, write docs/benchmarks.md.

It is no test: it passes no judgement. Exit codes: 0 when the page is written, 2 where no container engine is.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # read when testcontainers is imported

from tests.bench import sending
from tests.bench.figures import Figures
from tests.bench.load import CROWD, Load
from tests.bench.mail_servers import NoContainersError, running_mail_servers
from tests.bench.product import running_product
from tests.bench.report import Measured, markdown
from tests.bench.scenarios import MAILBOXES, Place, Scenarios
from tests.bench.slow_link import HOST, slow_link

PAGE = Path(__file__).parents[2] / "docs/benchmarks.md"
ROUND_TRIP_SECONDS = 0.020
NEAR_SECONDS, FAR_SECONDS = 40.0, 60.0
"""After this long at a distance no new round begins."""


def main() -> int:
    """Measure, print, write."""
    begun = time.monotonic()
    measured = Measured()
    with tempfile.TemporaryDirectory(prefix="courriel-bench-") as name:
        folder = Path(name).resolve()
        try:
            with running_mail_servers(folder, (*MAILBOXES, *CROWD)) as servers:
                near = Place("0 ms to the mail server", servers.dovecot, 110)
                with running_product(folder / "near", servers, f"{near.host}:{near.port}") as product:
                    figures = Figures()
                    scenarios, load = Scenarios(product, near, figures), Load(product, near)
                    measured.rounds.append(scenarios.run(NEAR_SECONDS))
                    scenarios.send()
                    measured.times[near.distance] = figures.comparisons()
                    measured.memory = load.memory()
                    measured.rates = load.rates()
                with slow_link(servers.dovecot, 110, ROUND_TRIP_SECONDS) as port:
                    far = Place("20 ms to the mail server and back", HOST, port)
                    with running_product(folder / "far", servers, f"{far.host}:{far.port}") as product:
                        figures = Figures()
                        measured.rounds.append(Scenarios(product, far, figures).run(FAR_SECONDS))
                        measured.times[far.distance] = figures.comparisons()
            (folder / "sending").mkdir()
            sent = asyncio.run(sending.measure(folder / "sending"))
        except NoContainersError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    page = markdown(measured, time.monotonic() - begun)
    page += f"\n{sent.markdown()}"
    PAGE.write_text(page, encoding="utf-8")
    sys.stdout.write(page[page.index("## Times") :] + f"\nWritten to {PAGE.name}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
