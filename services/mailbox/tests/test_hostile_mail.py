"""Hostile mail in the service: never an error, always a file, and what it costs is bounded (issue 5)."""

import base64
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hostile_messages import BROKEN, HEAVY
from httpx2 import AsyncClient
from mailbox_doubles import JEAN, World
from mailbox_http import BEARER, client_of, sign_in

from mailbox_service.reading_pebble import ProcessReader

CPU_SECONDS = 2
TIMES_ITS_SIZE = 10
BESIDES = 64 * 1024 * 1024
MAX_OCTETS = 64 * 1024 * 1024
LETTERS = {**BROKEN, **HEAVY}


def test_rendering_costs_bounded_time_and_memory() -> None:
    """No message takes over 2 s of CPU, or 10 times its size and 64 MB of resident memory."""
    script = Path(__file__).with_name("mailbox_measuring.py")
    command = [sys.executable, script, *LETTERS]
    told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 — our own script
    costs = [json.loads(line) for line in told.stdout.splitlines()]

    assert [cost["name"] for cost in costs] == list(LETTERS)
    assert [
        cost
        for cost in costs
        if "died" in cost
        or cost["cpu"] > CPU_SECONDS
        or cost["octets"] > TIMES_ITS_SIZE * cost["size"] + BESIDES
    ] == []


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def mailbox() -> AsyncIterator[AsyncClient]:
    """Serve a maildrop of all of them, read by real worker processes."""
    world = World()
    for name, build in LETTERS.items():
        world.deliver(uidl_of(name), raw=build())
    async with ProcessReader(workers=1, seconds=10, max_octets=MAX_OCTETS) as reader:
        async for client in client_of(world, max_message_bytes=MAX_OCTETS, reader=reader):
            world.auth.sessions["s1"] = JEAN
            await sign_in(client)
            yield client


def uidl_of(name: str) -> str:
    """Return the UIDL under which a message is delivered."""
    return f"letter-{list(LETTERS).index(name)}"


def uid_of(name: str) -> str:
    """Return the uid of a message."""
    return base64.urlsafe_b64encode(uidl_of(name).encode()).rstrip(b"=").decode()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_list_of_hostile_messages_is_shown(mailbox: AsyncClient) -> None:
    """Every one of them has its line."""
    listed = (await mailbox.get("/messages?per_page=200", headers=BEARER)).json()
    assert len(listed["messages"]) == len(LETTERS)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", LETTERS)
async def test_a_hostile_message_is_opened_and_saved(mailbox: AsyncClient, name: str) -> None:
    """It is opened, its parts are fetched one by one and as a zip, and it can be saved as it came."""
    path = f"/messages/{uid_of(name)}"
    opened = await mailbox.get(path, headers=BEARER)
    assert opened.status_code == 200
    assert "unreadable" not in opened.json()["notes"]
    assert (await mailbox.get(f"{path}/raw", headers=BEARER)).content == LETTERS[name]()
    for part in opened.json()["parts"][:10]:
        fetched = await mailbox.get(f"{path}/parts/{part['id']}", headers=BEARER)
        assert (fetched.status_code, len(fetched.content)) == (200, part["size"])
    zipped = await mailbox.get(f"{path}/parts.zip", headers=BEARER)
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
        assert len(archive.namelist()) == len(opened.json()["parts"])
        assert not [each for each in archive.namelist() if "/" in each or "\\" in each]
