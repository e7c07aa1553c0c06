"""Whose wrong passwords slow whom on a real Dovecot, whose penalty goes by address (IPv6: by /48)."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.integration.mailbox_on_pop3 import PASSWORD, Service, serving
from tests.integration.real_pop3 import PROXIED_PORT, WITH_PENALTY, RealPop3, running_pop3_server

from courriel_pop3 import Forwarding

PENALTY_SECONDS = 3.0
"""Less than what Dovecot has an address wait that failed before (4 s), more than anything else takes here."""
AT_ONCE_SECONDS = 1.5


@pytest.fixture(scope="module")
def pop3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPop3]:
    """Start Dovecot, with its penalty."""
    with running_pop3_server(WITH_PENALTY, tmp_path_factory.mktemp("pop3") / "ca.pem") as server:
        server.fill("jean", [b"Subject: 1\r\n\r\nBonjour\r\n"])
        server.fill("marie", [b"Subject: 1\r\n\r\nBonjour\r\n"])
        yield server


async def timed_sign_in(
    service: Service, sid: str, address: str, password: str = PASSWORD
) -> tuple[int, float]:
    """Sign in from an address; return the answer's status, and the seconds it took."""
    started = time.monotonic()
    answer = await service.sign_in(sid, client_address=address, password=password)
    return answer.status_code, time.monotonic() - started


@pytest.mark.parametrize(
    ("forwarding", "tls", "guesser", "other"),
    [
        (Forwarding.PROXY, True, "192.0.2.1", "2001:db8:2::1"),
        (Forwarding.PROXY, False, "2001:db8:3::1", "192.0.2.4"),
        (Forwarding.XCLIENT, True, "192.0.2.5", "192.0.2.6"),
        (Forwarding.XCLIENT, False, "2001:db8:7::1", "2001:db8:8::1"),
    ],
)
async def test_nobody_waits_for_wrong_passwords_of_another(
    pop3_server: RealPop3,
    forwarding: Forwarding,
    tls: bool,  # noqa: FBT001 — a parameter
    guesser: str,
    other: str,
) -> None:
    """One person's failures do not delay the other's sign-in; they do where no address is told."""
    port = PROXIED_PORT if forwarding is Forwarding.PROXY else 110
    server = replace(pop3_server.terms(tls=tls, port=port), forwarding=forwarding)
    async with serving(server, mailbox="marie", seconds=60) as service:
        status, _ = await timed_sign_in(service, "s1", guesser, "wrong")
        assert status == 401
        status, seconds = await timed_sign_in(service, "s2", other)
        assert (status, seconds < AT_ONCE_SECONDS) == (204, True), f"{seconds:.2f} s"
        await service.sign_out("s2")


async def test_everybody_waits_where_no_address_is_told(pop3_server: RealPop3) -> None:
    """What the setting is for: the measure of the harm, without which the test above could not fail."""
    async with serving(pop3_server.terms(), mailbox="marie", seconds=60) as service:
        assert (await timed_sign_in(service, "s1", "192.0.2.11", "wrong"))[0] == 401
        status, seconds = await timed_sign_in(service, "s2", "192.0.2.12")
        assert status == 204
        assert seconds > PENALTY_SECONDS
        await service.sign_out("s2")
