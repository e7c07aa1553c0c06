"""A desktop client beside a session in use without a pause, on a real Dovecot that lets one in at a time."""

import asyncio
import poplib
import time
from collections.abc import Iterator

import pytest
from tests.integration.mailbox_on_pop3 import BEARER, Service, serving
from tests.integration.real_pop3 import KINDS, RealPop3, running_pop3_server

HELD_SECONDS = 4.0
GAP_SECONDS = 2.0
BOUND_SECONDS = HELD_SECONDS + GAP_SECONDS + 3.0
"""Dovecot looks for its lock about once a second; and a busy machine."""
CLICK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def pop3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPop3]:
    """Start Dovecot with pop3_lock_session=yes."""
    kind = KINDS["dovecot-locking"]
    with running_pop3_server(kind, tmp_path_factory.mktemp("pop3") / "ca.pem") as server:
        server.fill("jean", [b"Subject: 1\r\n\r\nBonjour\r\n", b"Subject: 2\r\n\r\nBonjour\r\n"])
        yield server


async def click(service: Service, uid: str, answers: list[int]) -> None:
    """Download a message, again and again: that needs the server, and keeps the connection in use."""
    while True:
        answers.append((await service.client.get(f"/messages/{uid}/raw", headers=BEARER)).status_code)
        await asyncio.sleep(CLICK_SECONDS)


def fetch(pop3_server: RealPop3) -> float:
    """Log in as a desktop client does, again while it is told [IN-USE]; return when it was in."""
    while True:
        try:
            client = pop3_server.poplib("jean")
        except poplib.error_proto as refusal:
            if b"[IN-USE]" not in refusal.args[0]:
                raise
            continue
        client.retr(1)
        client.quit()
        return time.monotonic()


async def test_a_desktop_client_gets_in_while_somebody_clicks_without_a_pause(pop3_server: RealPop3) -> None:
    """Within the time that a mailbox is held; every click is answered, if need be after a moment."""
    life = {
        "mailbox_idle_seconds": 3.0,
        "mailbox_connection_seconds": HELD_SECONDS,
        "mailbox_gap_seconds": GAP_SECONDS,
    }
    async with serving(pop3_server.terms(), mailbox="jean", seconds=PATIENCE_SECONDS, **life) as service:
        assert (await service.sign_in()).status_code == 204
        answers: list[int] = []
        uid = (await service.rows())[0]["uid"]
        clicking = asyncio.create_task(click(service, uid, answers))
        for _ in range(3):
            before, begun = len(answers), time.monotonic()
            assert await asyncio.to_thread(fetch, pop3_server) - begun < BOUND_SECONDS
            while len(answers) < before + 5:  # noqa: ASYNC110 — as a person looks, again and again
                await asyncio.sleep(CLICK_SECONDS)
        clicking.cancel()
        await asyncio.wait([clicking])
        assert set(answers) == {200}
