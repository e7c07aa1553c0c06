"""Loads this service's Lua scripts: each is ``lua/state.lua`` (key names, rules of the lock) and a body."""

from importlib.resources import files

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

_FOLDER = files("auth_service") / "lua"


def load_script(redis: Redis, name: str) -> AsyncScript:
    """Return the script ``lua/<name>.lua``; Redis compiles it once and knows it by its SHA-1 afterwards."""
    opening, body = ((_FOLDER / f"{part}.lua").read_text("utf-8") for part in ("state", name))
    return redis.register_script(f"{opening}\n{body}")
