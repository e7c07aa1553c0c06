"""What every Uploads must do; run against the double and against Redis."""

import pytest
from sender_port_suites import OutboxBench, upload

from sender_service.uploads import StoredUpload, UnknownUpload, UploadQuotaExceeded


class UploadsSuite:
    """The promises of `sender_service.uploads.Uploads`."""

    async def test_chunks_come_back_in_order(self, bench: OutboxBench) -> None:
        """What was appended in many chunks is one content."""
        stored = StoredUpload("u", "jean", "é.txt", "text/plain", 9, 3)
        for index, chunk in enumerate((b"abc", b"def", b"ghi")):
            await bench.uploads.append("jean", "u", index, chunk, 3 * (index + 1))
        with pytest.raises(UnknownUpload):
            await bench.uploads.find("jean", "u")
        await bench.uploads.finish(stored)
        assert await bench.uploads.find("jean", "u") == stored
        assert await bench.uploads.content(stored) == b"abcdefghi"

    async def test_an_upload_is_its_mailboxs_own(self, bench: OutboxBench) -> None:
        """Another mailbox neither finds nor discards it."""
        stored = await upload(bench)
        with pytest.raises(UnknownUpload):
            await bench.uploads.find("marie", stored.id)
        assert not await bench.uploads.discard("marie", stored.id)
        assert await bench.uploads.discard("jean", stored.id)
        assert not await bench.uploads.discard("jean", stored.id)
        with pytest.raises(UnknownUpload):
            await bench.uploads.content(stored)

    async def test_the_quota_is_the_sum(self, bench: OutboxBench) -> None:
        """600 and 600 are more than 1000; another mailbox has its own; what is discarded counts no more."""
        first = await upload(bench, b"x" * 600)
        with pytest.raises(UploadQuotaExceeded):
            await upload(bench, b"x" * 600)
        await upload(bench, b"x" * 600, mailbox="marie")
        await bench.uploads.discard("jean", first.id)
        await upload(bench, b"x" * 600)

    async def test_the_same_chunk_twice_is_one(self, bench: OutboxBench) -> None:
        """A step repeated because its answer was lost does nothing twice."""
        stored = StoredUpload("u", "jean", "a", "text/plain", 600, 1)
        for _ in range(3):
            await bench.uploads.append("jean", "u", 0, b"x" * 600, 600)
        await bench.uploads.finish(stored)
        assert await bench.uploads.content(stored) == b"x" * 600
