"""A mailbox's settings, for whoever holds a session's token: HTTP to domain and back; no decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends

from courriel_wire import Settings, SettingsRequest
from mailbox_service.callers import AccessOf
from mailbox_service.maildrops import Access
from mailbox_service.preferences import Preferences


def settings_routes(preferences: Preferences, access: AccessOf) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/settings", tags=["settings"])
    Caller = Annotated[Access, Depends(access)]  # noqa: N806 — a type

    @router.get("")
    async def show_settings(caller: Caller) -> Settings:
        """Return the mailbox's settings, or the defaults."""
        return await preferences.of(caller.mailbox)

    @router.put("")
    async def replace_settings(caller: Caller, asked: SettingsRequest) -> Settings:
        """Replace all of them; what is left out gets its default."""
        await preferences.replace(caller.mailbox, asked)
        return asked

    return router
