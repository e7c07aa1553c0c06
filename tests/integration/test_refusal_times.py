"""Nobody tells by the clock why a sign-in was refused: Dovecot behind the services as they run.

AUTH_REFUSAL_SECONDS has its default here, which is above what a Dovecot with its own defaults takes.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import pytest
from tests.integration.api_client import ApiClient
from tests.integration.dovecot_run import PASSWORD, Dovecot
from tests.integration.parts_run import SIGNING_IN, Parts, running_parts

ROUNDS = 9
OPEN = "marie.martin"
CAUSES = {
    "unknown user": ("nobody.at.all", PASSWORD),
    "wrong password": ("jean.dupont", "wrong"),
    "IMAP only": ("imap.seulement", PASSWORD),
    "wrong password of an open mailbox": (OPEN, "wrong"),
    "no mailbox of ours": ("jean.dupont@elsewhere.example", PASSWORD),
    "no password at all": ("jean.dupont", "\x00"),
}
TOLERANCE = 0.05


@pytest.fixture
def parts(dovecot: Dovecot, tmp_path: Path) -> Iterator[Parts]:
    """Run the services beside Dovecot; the failures of this test are not throttled, a maildrop stays open."""
    settings = {
        "AUTH_SIGN_IN_ATTEMPTS": "1000",
        "MAILBOX_IDLE_SECONDS": "300",
        "MAILBOX_CONNECTION_SECONDS": "300",
    }
    with running_parts(tmp_path, *SIGNING_IN, pop3_url=dovecot.url, **settings) as parts:
        yield parts


def refusal_times(url: str, username: str, password: str) -> list[float]:
    """Return the seconds of each refusal, one after the other."""
    taken = []
    with ApiClient(url) as client:
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            refused = client.sign_in(username, password)
            taken.append(time.perf_counter() - begun)
            assert (refused.status, refused.json["type"]) == (401, "login-refused")
    return taken


def test_every_refusal_takes_the_same_time(parts: Parts) -> None:
    """Medians of all causes lie within 5 % of each other, while one of the mailboxes is open all the time."""
    with ApiClient(parts.url) as person, ThreadPoolExecutor(len(CAUSES)) as strangers:
        assert person.sign_in(OPEN, PASSWORD).status == 200
        measured = {
            cause: strangers.submit(refusal_times, parts.url, *typed) for cause, typed in CAUSES.items()
        }
        medians = {cause: median(times.result()) for cause, times in measured.items()}
        assert person.call("GET", "/api/messages").status == 200
        person.call("DELETE", "/api/session")
    told = ", ".join(f"{cause}: {seconds * 1000:.0f} ms" for cause, seconds in medians.items())
    print(f"\nmedians of {ROUNDS} refusals: {told}")  # noqa: T201 — the evidence, with pytest -s
    assert max(medians.values()) <= min(medians.values()) * (1 + TOLERANCE), told
