"""Worker processes read mail, are killed when late, and do not take the service with them."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from mailbox_bad_tasks import die, eat, loop_for_ever, recurse
from mailbox_doubles import letter

from mailbox_service import rendering
from mailbox_service.errors import MessageUnreadable
from mailbox_service.reading_pebble import ProcessReader


@pytest_asyncio.fixture
async def reader() -> AsyncIterator[ProcessReader]:
    """One worker with a short limit."""
    async with ProcessReader(workers=1, seconds=1, max_octets=10_000_000) as reader:
        yield reader


async def test_a_worker_reads_as_this_process_would(reader: ProcessReader) -> None:
    """Values come back whole over the process boundary."""
    raw = letter("Bonjour", body="<b>")
    assert await reader.render(raw) == rendering.render(raw)
    assert await reader.summarise([raw]) == rendering.summarise_all([raw])
    assert await reader.extract(raw, "99") is None
    assert (await reader.archive(raw)).startswith(b"PK")


@pytest.mark.parametrize("destroy", [loop_for_ever, die, recurse, eat])
async def test_what_takes_too_much_or_dies_is_unreadable_and_the_next_is_read(
    reader: ProcessReader, destroy: Callable[[], None]
) -> None:
    """The worker is killed and replaced."""
    with pytest.raises(MessageUnreadable):
        await reader._run(destroy)
    assert len(await reader.summarise([letter("Après")])) == 1
