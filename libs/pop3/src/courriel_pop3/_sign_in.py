"""Which commands sign in, the best way first, by what the server announced. It sends nothing."""

from courriel_pop3 import _commands as commands
from courriel_pop3._capabilities import Capabilities
from courriel_pop3._commands import Command


def ways_to_sign_in(
    capabilities: Capabilities, user: str, password: str, *, timestamp: str | None, encrypted: bool
) -> list[list[Command]]:
    """Return the ways that are worth trying; none where the server takes no password on a plain link.

    `timestamp` is that of the banner, or None; APOP (RFC 1939 §7) is worth it on a plain link. Raises
    `InvalidCommand` for names
    and passwords that cannot be sent.
    """
    ways: list[list[Command]] = []
    if timestamp is not None and not encrypted:
        ways.append([commands.apop(user, password, timestamp)])
    if "PLAIN" in capabilities.sasl:
        ways.append([commands.auth_plain(user, password)])
    elif encrypted or capabilities.user or not capabilities.stls:
        ways.append([commands.user(user), commands.pass_(password)])
    return ways
