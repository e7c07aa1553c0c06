"""Several relays as one: in order, and those that were away lately last."""

from collections.abc import Mapping

from sender_service.delivery import Delivered, Envelope, Outcome, RelayAway, Temporary
from sender_service.relays import Relays

ENVELOPE = Envelope("jean@demo.example", ("a@demo.example",))


class NamedRelay:
    """Delivers, or is away; ``asked`` is shared, and records who was asked."""

    def __init__(self, name: str, asked: list[str]) -> None:
        self.name = name
        self.asked = asked
        self.is_away = False

    async def deliver(self, envelope: Envelope, _message: bytes) -> Mapping[str, Outcome]:
        """See the port."""
        self.asked.append(self.name)
        if self.is_away:
            raise RelayAway(f"{self.name} is away")
        return dict.fromkeys(envelope.recipients, Delivered(self.name))


async def test_a_relay_that_was_away_is_asked_last_for_a_while() -> None:
    """The first serves again when its time is over, or when the others are away too."""
    asked: list[str] = []
    now = [0.0]
    first, second = NamedRelay("1", asked), NamedRelay("2", asked)
    relays = Relays([first, second], clock=lambda: now[0])
    first.is_away = True
    assert await relays.deliver(ENVELOPE, b"") == {"a@demo.example": Delivered("2")}
    await relays.deliver(ENVELOPE, b"")
    assert asked == ["1", "2", "2"]
    second.is_away = True
    assert await relays.deliver(ENVELOPE, b"") == {"a@demo.example": Temporary("1 is away")}
    first.is_away, asked[:] = False, []
    await relays.deliver(ENVELOPE, b"")
    now[0] += 31
    await relays.deliver(ENVELOPE, b"")
    assert asked == ["1", "1"]
