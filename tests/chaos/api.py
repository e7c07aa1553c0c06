"""The sender's API as it is deployed, except that nobody has to sign in: no auth service takes part here.

Entry point: `uvicorn --factory tests.chaos.api:make_app`.
"""

from fastapi import FastAPI

from courriel_web.logs import configure_logs
from courriel_wire import Address, Introspection
from sender_service.app import create_app
from sender_service.settings import Settings


class OneSession:
    """auth, for whom everybody is jean."""

    async def introspect(self, _token: str, *, activity: bool) -> Introspection:
        """Say so."""
        identity = Address(name="Jean", address="jean@demo.example")
        return Introspection(active=True, sid=str(activity), mailbox="jean", identity=identity)


def make_app() -> FastAPI:
    """Make the application from the environment."""
    settings = Settings()
    configure_logs("sender", settings.log_level)
    return create_app(settings, auth=OneSession())  # type: ignore[arg-type] — asked for one method alone
