"""Throttle, proof, lock, token: in this order, with nothing told before the proof."""

import asyncio
import re
from dataclasses import dataclass, field

import pytest
from auth_doubles import ManualClock, MemoryThrottle, ScriptedMaildrops
from auth_store_double import MemoryStore
from pydantic import SecretStr
from structlog.testing import capture_logs

from auth_service.errors import (
    AuthError,
    LoginRefused,
    MailboxInUse,
    MaildropBusy,
    MailServerUnavailable,
    SessionEnded,
    TooManyAttempts,
)
from auth_service.mailbox_kind import MailboxKind, MailboxKinds
from auth_service.mailbox_name import MailDomain
from auth_service.sessions import Ended, Session, SessionLimits, Sessions
from auth_service.sign_in import Candidate, SignedIn, SignIn, SignInPolicy
from auth_service.vault import Vault
from courriel_seal import KeyRing

LIMITS = {
    MailboxKind.PERSONAL: SessionLimits(idle=1800, absolute=36_000),
    MailboxKind.FUNCTIONAL: SessionLimits(idle=600, absolute=36_000),
}
PASSWORDS = {"jean.dupont": "demo é", "marie.martin": "demo", "balf-de-mon.service": "demo"}


@dataclass
class Room:
    """A whole auth on doubles."""

    takeover: bool = True
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.throttle = MemoryThrottle(self.clock)
        self.maildrops = ScriptedMaildrops(self.clock, dict(PASSWORDS))
        vault = Vault(KeyRing(current="k", keys={"k": b"k" * 32}))
        self.sign_in = SignIn(
            throttle=self.throttle,
            maildrops=self.maildrops,
            store=self.store,
            vault=vault,
            domain=MailDomain("demo.example"),
            kinds=MailboxKinds(re.compile("^balf-")),
            clock=self.clock,
            policy=SignInPolicy(refusal_seconds=2.5, takeover=self.takeover, limits=LIMITS),
        )
        self.sessions = Sessions(self.store, self.maildrops, vault)

    async def enter(
        self,
        username: str = "jean.dupont",
        password: str | None = None,
        *,
        takeover: bool = False,
        address: str = "192.0.2.1",
        application: str = "courriel-leger",
    ) -> SignedIn:
        """Sign in; without a password with the right one."""
        right = PASSWORDS.get(username.lower(), "demo é")
        return await self.sign_in(
            Candidate(
                username=username,
                password=SecretStr(right if password is None else password),
                takeover=takeover,
                client_address=address,
                application=application,
            )
        )

    async def look(self, signed_in: SignedIn) -> Session | Ended:
        """Introspect without activity."""
        return await self.sessions.introspect(signed_in.token, activity=False)


@pytest.fixture
def room() -> Room:
    """Make a room."""
    return Room()


async def test_a_sign_in_opens_a_session_that_holds_the_credential(room: Room) -> None:
    """The canonical name, the idle limit, a token that opens the password again."""
    signed_in = await room.enter(" Jean.Dupont@DEMO.example")
    assert (signed_in.mailbox, signed_in.expires_in) == ("jean.dupont", 1800)
    assert room.maildrops.asked == [("jean.dupont", "192.0.2.1")]
    found = await room.look(signed_in)
    assert isinstance(found, Session)
    assert room.maildrops.open_sids == {found.sid}
    credential = await room.sessions.credential(signed_in.token, activity=False)
    assert (credential.username, credential.password.get_secret_value()) == ("jean.dupont", "demo é")


async def test_a_functional_mailbox_is_idle_for_a_shorter_time(room: Room) -> None:
    """Its sign-in says so, and there its session ends; a personal one goes on."""
    personal = await room.enter()
    functional = await room.enter("Balf-de-mon.Service")
    assert (personal.kind, personal.expires_in) == (MailboxKind.PERSONAL, 1800)
    assert (functional.kind, functional.expires_in) == (MailboxKind.FUNCTIONAL, 600)
    room.clock.now += 600
    assert isinstance(await room.look(personal), Session)
    assert await room.look(functional) is Ended.UNKNOWN


async def test_the_store_sees_neither_token_nor_password(room: Room) -> None:
    """Nor does the representation of what passes through."""
    signed_in = await room.enter()
    kept = repr([(digest, vars(record.new)) for digest, record in room.store.records.items()])
    assert "demo é" not in kept
    assert signed_in.token.partition(".")[2] not in kept
    assert signed_in.token not in repr(signed_in)


@pytest.mark.parametrize(
    ("username", "password", "delay"),
    [
        ("nobody", "demo", 2.0),
        ("jean.dupont", "wrong", 2.0),
        ("jean.dupont", "wrong", 0.001),
        ("jean.dupont@elsewhere.example", "demo", 0.0),
        ("jean\r\ndupont", "demo", 0.0),
        ("jean.dupont", "demo\r\nQUIT", 0.0),
        ("jean.dupont", "\x00", 0.0),
        ("   ", "demo", 0.0),
    ],
)
async def test_every_refusal_has_the_same_words_and_takes_the_same_time(
    room: Room, username: str, password: str, delay: float
) -> None:
    """Whatever the cause, and however long the mail server took."""
    room.maildrops.delays = {"nobody": delay, "jean.dupont": delay}
    started = room.clock.now
    with pytest.raises(LoginRefused) as refused:
        await room.enter(username, password)
    assert str(refused.value) == str(LoginRefused())
    assert room.clock.now - started == pytest.approx(2.5)


@pytest.mark.parametrize("username", ["jean\r\ndupont", "jean.dupont@elsewhere.example", "jean*admin"])
async def test_unusable_names_and_passwords_do_not_reach_the_mail_server(room: Room, username: str) -> None:
    """Nothing is sent that could be read as a command."""
    with pytest.raises(LoginRefused):
        await room.enter(username)
    with pytest.raises(LoginRefused):
        await room.enter("jean.dupont", "a\nb")
    assert room.maildrops.asked == []


async def test_nothing_of_the_lock_is_told_before_the_proof(room: Room) -> None:
    """A wrong password on an open mailbox is a plain refusal, even with a take-over, and harms nobody."""
    first = await room.enter()
    for takeover in (False, True):
        with pytest.raises(LoginRefused):
            await room.enter(password="wrong", takeover=takeover)
    assert isinstance(await room.look(first), Session)
    assert room.maildrops.closed_sids == []


async def test_an_open_mailbox_is_told_to_who_proved_the_password(room: Room) -> None:
    """Where, since when, whether it may be taken over; and the new maildrop is let go."""
    since = room.clock.instant()
    first = await room.enter(application="webmail")
    room.clock.now += 60
    with pytest.raises(MailboxInUse) as refused:
        await room.enter("JEAN.DUPONT")
    in_use = refused.value
    assert (in_use.application, in_use.since, in_use.takeover) == ("webmail", since, True)
    found = await room.look(first)
    assert isinstance(found, Session)
    assert room.maildrops.open_sids == {found.sid}


async def test_a_takeover_ends_the_other_session_and_lets_its_maildrop_go(room: Room) -> None:
    """The loser is told why; its credential is gone."""
    first = await room.enter()
    lost = await room.look(first)
    second = await room.enter(takeover=True)
    found = await room.look(second)
    assert isinstance(lost, Session)
    assert isinstance(found, Session)
    assert found.fence > lost.fence
    assert room.maildrops.open_sids == {found.sid}
    assert await room.look(first) is Ended.TAKEN_OVER
    with pytest.raises(SessionEnded) as ended:
        await room.sessions.credential(first.token, activity=False)
    assert ended.value.reason == "taken-over"


async def test_policy_may_forbid_the_takeover() -> None:
    """Then asking for it is like not asking, and the answer says so."""
    room = Room(takeover=False)
    first = await room.enter()
    with pytest.raises(MailboxInUse) as refused:
        await room.enter(takeover=True)
    assert refused.value.takeover is False
    assert isinstance(await room.look(first), Session)


async def test_of_many_at_once_one_gets_in(room: Room) -> None:
    """Fifty right passwords for one mailbox: one session."""
    room.throttle = MemoryThrottle(room.clock, limit=100)
    room.sign_in._throttle = room.throttle
    outcomes = await asyncio.gather(*(room.enter() for _ in range(50)), return_exceptions=True)
    assert [type(each) for each in outcomes].count(SignedIn) == 1
    assert [type(each) for each in outcomes].count(MailboxInUse) == 49
    assert len(room.maildrops.open_sids) == 1


async def test_of_many_takeovers_at_once_one_stays(room: Room) -> None:
    """All get in, one after the other, and one session is left, with the one maildrop."""
    room.throttle = MemoryThrottle(room.clock, limit=100)
    room.sign_in._throttle = room.throttle
    outcomes = await asyncio.gather(*(room.enter(takeover=True) for _ in range(50)))
    found = [await room.look(each) for each in outcomes]
    assert [type(each) for each in found].count(Session) == 1
    assert room.maildrops.open_sids == {each.sid for each in found if isinstance(each, Session)}


async def test_a_throttled_attempt_does_not_reach_the_mail_server(room: Room) -> None:
    """All spellings of a name are one name; another address does not help."""
    for username in ("jean.dupont", "JEAN.dupont", "jean.dupont@demo.example"):
        with pytest.raises(LoginRefused):
            await room.enter(username, "wrong", address=username)
    with pytest.raises(TooManyAttempts):
        await room.enter(address="198.51.100.1")
    assert len(room.maildrops.asked) == 3
    room.clock.now += 600
    await room.enter()


async def test_one_address_cannot_go_through_the_names(room: Room) -> None:
    """Unusable names count as well."""
    for username in ("a", "b", "c d"):
        with pytest.raises(LoginRefused):
            await room.enter(username)
    with pytest.raises(TooManyAttempts):
        await room.enter()
    await room.enter(address="198.51.100.1")


@pytest.mark.parametrize("error", [MaildropBusy(), MailServerUnavailable(7)])
async def test_a_mail_server_in_trouble_fills_no_throttle(room: Room, error: AuthError) -> None:
    """When it is back, people get in."""
    room.maildrops.failure = error
    for _ in range(5):
        with pytest.raises(type(error)):
            await room.enter()
    room.maildrops.failure = None
    await room.enter()


async def test_nobody_gets_in_without_the_throttle(room: Room) -> None:
    """Where attempts cannot be counted, none is made."""
    room.throttle.failure = ConnectionError()
    with pytest.raises(ConnectionError):
        await room.enter()
    assert room.maildrops.asked == []


async def test_a_store_that_fails_leaves_no_maildrop_open(room: Room) -> None:
    """What was opened for the proof is let go."""
    room.store.failure = ConnectionError()
    with pytest.raises(ConnectionError):
        await room.enter()
    assert room.maildrops.open_sids == set()
    assert len(room.maildrops.closed_sids) == 1


async def test_a_sign_in_that_breaks_after_the_lock_frees_it(room: Room) -> None:
    """A session whose token nobody has must not keep the mailbox."""
    opening = room.store.open

    async def open_and_lose_the_answer(*given: object, **named: object) -> object:
        await opening(*given, **named)
        raise ConnectionError

    room.store.open = open_and_lose_the_answer
    with pytest.raises(ConnectionError):
        await room.enter()
    room.store.open = opening
    await room.enter()


async def test_the_last_sign_in_is_told(room: Room) -> None:
    """When, and from where; nothing at the first."""
    at = room.clock.instant()
    first = await room.enter()
    assert first.last_sign_in is None
    room.clock.now += 3600
    second = await room.enter(address="198.51.100.1", takeover=True)
    assert second.last_sign_in
    assert (second.last_sign_in.at, second.last_sign_in.client_address) == (at, "192.0.2.1")


async def test_signing_out_lets_the_maildrop_go_first(room: Room) -> None:
    """What waits to be deleted still needs the session; afterwards nothing of it is left."""
    signed_in = await room.enter()
    still_there = []
    closing = room.maildrops.close

    async def close(mailbox: str, sid: str) -> None:
        still_there.append(await room.look(signed_in))
        await closing(mailbox, sid)

    room.maildrops.close = close
    await room.sessions.revoke(signed_in.token)
    assert isinstance(still_there[0], Session)
    assert await room.look(signed_in) is Ended.UNKNOWN
    assert room.maildrops.open_sids == set()
    await room.enter()


async def test_signing_out_a_lost_or_unknown_session_is_fine(room: Room) -> None:
    """And closes nobody else's maildrop."""
    first = await room.enter()
    second = await room.enter(takeover=True)
    closed = list(room.maildrops.closed_sids)
    await room.sessions.revoke(first.token)
    await room.sessions.revoke("nothing")
    assert room.maildrops.closed_sids == closed
    assert isinstance(await room.look(second), Session)


async def test_the_log_tells_what_happened_and_no_secret(room: Room) -> None:
    """Sign-in, refusal, throttling, take-over, sign-out each have a line; a refused name only as a hash."""
    with capture_logs() as lines:
        first = await room.enter()
        second = await room.enter(takeover=True)
        for _ in range(3):
            with pytest.raises(LoginRefused):
                await room.enter("hunter2", "hunter2")
        with pytest.raises(TooManyAttempts):
            await room.enter("hunter2", "hunter2")
        await room.sessions.revoke(second.token)
    events = [line["event"] for line in lines]
    assert events == [
        "signed in",
        "mailbox taken over",
        "signed in",
        *["sign-in refused"] * 3,
        "sign-in throttled",
        "signed out",
    ]
    text = repr(lines)
    assert all(
        secret not in text for secret in ("demo é", "hunter2", first.token, second.token.partition(".")[2])
    )
    assert all(line["client_address"] == "192.0.2.1" for line in lines[:-1])
