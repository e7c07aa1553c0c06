"""What a server says it can do (CAPA, RFC 2449 §5). Reads the list; decides nothing about its use."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A server's answer to CAPA: tags in upper case to their arguments; not `known` where it has no CAPA."""

    tags: Mapping[str, tuple[str, ...]]
    known: bool = True

    @classmethod
    def parse(cls, body: bytes) -> "Capabilities":
        """Parse the lines of CAPA's reply. Lines that make no sense are passed over."""
        tags: dict[str, tuple[str, ...]] = {}
        for line in body.decode("ascii", "replace").splitlines():
            words = line.split()
            if words:
                tags[words[0].upper()] = tuple(words[1:])
        return cls(MappingProxyType(tags))

    @property
    def uidl(self) -> bool:
        """Whether UIDL is worth trying: it is announced, or the server announces nothing at all."""
        return not self.known or "UIDL" in self.tags

    @property
    def top(self) -> bool:
        """Whether TOP is worth trying: it is announced, or the server announces nothing at all."""
        return not self.known or "TOP" in self.tags

    @property
    def user(self) -> bool:
        """Whether USER/PASS is worth trying: it is announced, or the server announces nothing at all."""
        return not self.known or "USER" in self.tags

    @property
    def stls(self) -> bool:
        """Whether the link can be upgraded (RFC 2595 §4)."""
        return "STLS" in self.tags

    @property
    def pipelining(self) -> bool:
        """Whether commands may be sent ahead of answers (RFC 2449 §6.6)."""
        return "PIPELINING" in self.tags

    @property
    def utf8(self) -> bool:
        """Whether the UTF8 command is there (RFC 6856 §2.1)."""
        return "UTF8" in self.tags

    @property
    def sasl(self) -> frozenset[str]:
        """The SASL mechanisms of AUTH, in upper case (RFC 5034 §3)."""
        return frozenset(mechanism.upper() for mechanism in self.tags.get("SASL", ()))

    @property
    def login_delay(self) -> int | None:
        """Seconds the server wants between sign-ins (RFC 2449 §6.5), or None where it says nothing."""
        seconds = self.tags.get("LOGIN-DELAY", ())
        return int(seconds[0]) if seconds and seconds[0].isdecimal() else None


UNKNOWN = Capabilities(MappingProxyType({}), known=False)
