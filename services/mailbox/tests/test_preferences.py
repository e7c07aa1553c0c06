"""Settings are kept sealed by mailbox, replaced as a whole, and never a reason to fail."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from httpx2 import AsyncClient
from mailbox_doubles import JEAN, MARIE, FakePreferenceStore, World
from mailbox_http import BEARER, client_of, problem
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from courriel_seal import KeyRing
from courriel_wire import Settings
from mailbox_service.errors import InvalidReplyTo
from mailbox_service.preferences import PURPOSE, Preferences, _key

OLD, NEW = bytes(32), bytes(range(32))
RING = KeyRing("old", {"old": OLD})
CHOSEN = Settings(
    display_name="Jean d’Été", signature="Jean\nBureau 12", theme="dark", time_zone="Europe/Rome"
)


@pytest.fixture
def store() -> FakePreferenceStore:
    """Make an empty store."""
    return FakePreferenceStore()


async def test_what_is_chosen_is_read_again_by_its_mailbox_alone(store: FakePreferenceStore) -> None:
    """Another mailbox has the defaults."""
    preferences = Preferences(store, RING)
    await preferences.replace(JEAN, CHOSEN)
    assert await preferences.of(JEAN) == CHOSEN
    assert await preferences.of(MARIE) == Settings()


async def test_a_replacement_is_whole_and_the_last_wins(store: FakePreferenceStore) -> None:
    """Nothing of the former settings is left."""
    first, second = Preferences(store, RING), Preferences(store, RING)
    await first.replace(JEAN, CHOSEN)
    await second.replace(JEAN, Settings(density="compact"))
    assert await first.of(JEAN) == Settings(density="compact")


async def test_the_store_sees_neither_name_nor_choice(store: FakePreferenceStore) -> None:
    """Only octets, under a hash."""
    await Preferences(store, RING).replace(JEAN, CHOSEN)
    ((key, sealed),) = store.values.items()
    assert JEAN not in key
    assert b"Bureau" not in sealed
    assert b"dark" not in sealed


async def test_a_rotated_key_still_opens_and_one_that_is_gone_costs_the_choice(
    store: FakePreferenceStore,
) -> None:
    """The loss is logged once a reading, without anything of the mailbox."""
    await Preferences(store, RING).replace(JEAN, CHOSEN)
    assert await Preferences(store, KeyRing("new", {"new": NEW, "old": OLD})).of(JEAN) == CHOSEN
    with capture_logs() as logs:
        assert await Preferences(store, KeyRing("new", {"new": NEW})).of(JEAN) == Settings()
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert JEAN not in str(logs)


async def test_settings_moved_to_another_mailbox_do_not_open(store: FakePreferenceStore) -> None:
    """Who may write to the store still cannot give one mailbox another's signature."""
    preferences = Preferences(store, RING)
    await preferences.replace(JEAN, CHOSEN)
    store.values = {_key(MARIE): store.values[_key(JEAN)]}
    assert await preferences.of(MARIE) == Settings()


async def test_settings_of_a_newer_version_are_read_as_far_as_they_are_understood(
    store: FakePreferenceStore,
) -> None:
    """Unknown fields and unknown values are left out; the rest counts."""
    key = _key(JEAN)
    plain = b'{"theme": "sepia", "colour": "blue", "density": "compact", "signature": 3}'
    store.values[key] = RING.seal(plain, purpose=PURPOSE, context=key.encode())
    with capture_logs() as logs:
        assert await Preferences(store, RING).of(JEAN) == Settings(density="compact")
    assert [entry["fields"] for entry in logs] == [["signature", "theme"]]


@pytest.mark.parametrize("address", ["jean", "jean@", "Jean <jean@demo.example>", "a@b.example,c@d.example"])
async def test_answers_go_to_one_address(store: FakePreferenceStore, address: str) -> None:
    """Nothing is stored otherwise."""
    with pytest.raises(InvalidReplyTo):
        await Preferences(store, RING).replace(JEAN, Settings(reply_to=address))
    assert store.values == {}
    await Preferences(store, RING).replace(JEAN, Settings(reply_to="rené@demo.example"))


class BrokenPreferenceStore(FakePreferenceStore):
    """Redis state is away."""

    async def get(self, key: str) -> bytes | None:
        """Fail as redis does."""
        raise RedisConnectionError(f"redis://:s3cret@host {key}")


@pytest.fixture
def world() -> World:
    """Make a session of jean's, and one of marie's."""
    world = World()
    world.auth.sessions.update(s1=JEAN, s2=MARIE)
    return world


@pytest_asyncio.fixture
async def client(world: World) -> AsyncIterator[AsyncClient]:
    """Serve the world."""
    async for client in client_of(world):
        yield client


async def test_settings_over_http(client: AsyncClient) -> None:
    """Defaults first; what is put is answered as it is kept, for that mailbox."""
    defaults = (await client.get("/settings", headers=BEARER)).json()
    assert defaults == Settings().model_dump()
    put = await client.put("/settings", json={"signature": "a\r\nb", "language": "en"}, headers=BEARER)
    assert (put.status_code, put.json()) == (200, {**defaults, "signature": "a\nb", "language": "en"})
    assert (await client.get("/settings", headers=BEARER)).json() == put.json()
    other = await client.get("/settings", headers={"Authorization": "Bearer s2"})
    assert other.json() == defaults


async def test_a_bad_setting_is_told_by_its_field(client: AsyncClient) -> None:
    """422, the former settings stay, and the value is not repeated."""
    wrong = {"time_zone": "s3cret", "display_name": "s3cret\n"}
    refused = await client.put("/settings", json=wrong, headers=BEARER)
    assert problem(refused) == (422, "invalid-request")
    assert {error["field"] for error in refused.json()["errors"]} == set(wrong)
    assert "s3cret" not in refused.text
    refused = await client.put("/settings", json={"reply_to": "jean"}, headers=BEARER)
    assert (problem(refused), refused.json()["field"]) == ((422, "invalid-address"), "reply_to")
    assert (await client.get("/settings", headers=BEARER)).json() == Settings().model_dump()


async def test_settings_need_a_session_and_their_store(world: World) -> None:
    """401 without a token or a session, 503 without Redis state."""
    async for client in client_of(world, preference_store=BrokenPreferenceStore()):
        for method in ("GET", "PUT"):
            assert problem(await client.request(method, "/settings", json={})) == (401, "sign-in-required")
            ended = await client.request(method, "/settings", json={}, headers={"Authorization": "Bearer s9"})
            assert problem(ended) == (401, "session-ended")
        away = await client.get("/settings", headers=BEARER)
        assert problem(away) == (503, "state-unavailable")
        assert "s3cret" not in away.text
