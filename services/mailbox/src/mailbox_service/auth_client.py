"""The auth service as this one needs it: whose session is a token, and what opens its maildrop."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from courriel_web.service_client import ServiceClient, UpstreamProblem, UpstreamUnavailable
from courriel_wire import Code, Credential, Introspection
from mailbox_service.connections import Login, read_cache_key
from mailbox_service.errors import AuthUnavailable, SessionEnded, StateUnavailable
from mailbox_service.maildrops import Access

BROUGHT_SECONDS = 1.0
"""How long a login that came with the introspection is good: what waits longer for its turn asks again."""
log = structlog.get_logger(__name__)


class AuthClient:
    """Calls auth with this service's credential. The token goes in the body, never in a URL."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def introspect(self, token: str, *, activity: bool = True) -> Access:
        """Tell whose session a token opens, and let the call count as activity, or not.

        Raises SessionEnded, StateUnavailable or AuthUnavailable.
        """
        told = await self.look(token, activity=activity)
        return Access(told.sid, told.mailbox, partial(self._login, token))

    def session(self, token: str) -> "SessionAtAuth":
        """Return the session itself."""
        return SessionAtAuth(self, token)

    async def look(self, token: str, *, activity: bool) -> Introspection:
        """Return what auth tells of a session. Raises as ``introspect``."""
        answer = await self._ask("/introspect", {"token": token, "activity": str(activity).lower()})
        told = Introspection.model_validate(answer)
        if not told.active:
            raise SessionEnded(told.reason or "unknown")
        return told

    async def revoke(self, token: str) -> None:
        """Sign a session out. Raises StateUnavailable or AuthUnavailable."""
        await self._ask("/revoke", {"token": token})

    async def introspect_for_login(self, token: str, *, activity: bool = True) -> Access:
        """Do as ``introspect``, and fetch the login in the same call, for who is about to need it."""
        answer = await self._ask("/credential", {"token": token, "activity": str(activity).lower()})
        told = Credential.model_validate(answer)
        return Access(told.sid, told.mailbox, _Brought(_login_of(told), partial(self._login, token)))

    async def _login(self, token: str) -> Login:
        return _login_of(Credential.model_validate(await self._ask("/credential", {"token": token})))

    async def _ask(self, path: str, form: dict[str, str]) -> object:
        try:
            answer: object = await self._client.json("POST", path, data=form)
        except UpstreamUnavailable as error:
            raise AuthUnavailable from error
        except UpstreamProblem as error:
            if error.problem.type == Code.SESSION_ENDED:
                reason = (error.problem.model_extra or {}).get("reason")
                raise SessionEnded("taken-over" if reason == "taken-over" else "unknown") from error
            if error.problem.type == Code.STATE_UNAVAILABLE:
                raise StateUnavailable from error
            log.warning("unexpected answer of auth", status=error.problem.status, code=error.problem.type)
            raise AuthUnavailable from error
        return answer


class SessionAtAuth:
    """The session of a token, as ``changes.py`` needs it."""

    def __init__(self, auth: AuthClient, token: str) -> None:
        self._auth = auth
        self._token = token

    async def last_active(self) -> datetime:
        """Return when a person last did something with it."""
        told = await self._auth.look(self._token, activity=False)
        if told.expires_at is None:
            raise AuthUnavailable
        return told.expires_at - timedelta(seconds=told.idle_seconds)

    async def end(self) -> None:
        """Sign it out."""
        await self._auth.revoke(self._token)


class _Brought:
    """A login that is at hand: for one use, within ``BROUGHT_SECONDS``. After that ``ask`` is asked.

    An access may be kept for minutes; a password is not kept with it, and a later login is auth's to allow.
    """

    def __init__(self, login: Login, ask: Callable[[], Awaitable[Login]]) -> None:
        self._login: Login | None = login
        self._ask = ask
        self._expiry = asyncio.get_running_loop().call_later(BROUGHT_SECONDS, self._take)

    async def __call__(self) -> Login:
        self._expiry.cancel()
        return self._take() or await self._ask()

    def _take(self) -> Login | None:
        login, self._login = self._login, None
        return login


def _login_of(credential: Credential) -> Login:
    password = credential.password.get_secret_value()
    cache_key = read_cache_key(credential.cache_key.get_secret_value())
    return Login(credential.username, password, credential.client_address, cache_key)
