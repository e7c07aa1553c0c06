"""What is known of a message's sender: by the receiving server's word alone, and only where it is trusted."""

from typing import Literal

from courriel_message import authentication_results
from courriel_wire import Address, MessageView


def verdict(message: MessageView, server: str) -> Literal["pass", "fail"] | None:
    """Return DMARC's (RFC 7489) result as ``server`` (an authserv-id) gave it, None where it gave none."""
    result = authentication_results(message.headers, server).get("dmarc") if server else None
    return "pass" if result == "pass" else "fail" if result == "fail" else None


def is_colleague(message: MessageView, identity: Address, server: str) -> bool:
    """Whether the sender is of the mailbox's own domain, and proved to be: anybody can write that name."""
    own = identity.address.rpartition("@")[2].lower()
    domains = {each.address.rpartition("@")[2].lower() for each in message.from_}
    return domains == {own} and verdict(message, server) == "pass"
