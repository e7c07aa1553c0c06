"""How much a server may make us hold, and how far ahead of its answers we may write.

Plain numbers; no behaviour but the table from a kind of reply to its bound. Reads no environment.
"""

from dataclasses import dataclass

from courriel_pop3._commands import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one connection, in octets unless said otherwise.

    A reply over its bound raises `TooLarge` and ends the connection: what is left of it cannot be skipped
    without reading it. RFC 2449 §4 allows a status line 512 octets; real servers write longer ones.
    """

    line: int = 8_192
    capabilities: int = 64 * 1024
    listing: int = 16 * 1024 * 1024
    top: int = 4 * 1024 * 1024
    message: int = 128 * 1024 * 1024
    window_commands: int = 64
    """Commands sent and not yet answered, where the server announces PIPELINING."""
    window_octets: int = 2_048
    """Octets of those commands. A single longer command is sent alone."""
    answer_seconds: float = 2.0
    """Waiting that one whole answer makes up for."""
    octets_per_second: int = 16 * 1024
    """Octets of an answer that make up for one second of waiting for them: what comes more slowly for longer
    than the time-out of a reply is given up."""

    def of(self, reply: Reply) -> int:
        """Return the most octets the multi-line answer of this kind may have."""
        return {
            Reply.LINE: 0,
            Reply.CAPABILITIES: self.capabilities,
            Reply.LISTING: self.listing,
            Reply.TOP: self.top,
            Reply.MESSAGE: self.message,
        }[reply]
