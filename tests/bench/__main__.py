"""`make bench`: measure the product beside the floor, print the figures, write docs/benchmarks.md.

It is no test: it passes no judgement. Exit codes: 0 when the page is written, 2 where no container engine is.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # read when testcontainers is imported

from tests.bench.figures import Figures
from tests.bench.mail_servers import NoContainersError, running_mail_servers
from tests.bench.product import running_product
from tests.bench.report import markdown
from tests.bench.scenarios import MAILBOXES, Scenarios

PAGE = Path(__file__).parents[2] / "docs/benchmarks.md"


def main() -> int:
    """Measure, print, write."""
    begun = time.monotonic()
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="courriel-bench-") as name:
        folder = Path(name).resolve()
        try:
            with (
                running_mail_servers(folder, MAILBOXES) as servers,
                running_product(folder, servers) as product,
            ):
                scenarios = Scenarios(product, servers.dovecot, figures)
                rounds = scenarios.run()
                cpu = scenarios.cpu()
        except NoContainersError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    page = markdown(figures.comparisons(), cpu, rounds, time.monotonic() - begun)
    PAGE.write_text(page, encoding="utf-8")
    sys.stdout.write(page[page.index("## Times") :] + f"\nWritten to {PAGE.name}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
