"""Uploads in Redis: sealed chunks with a time to live, and a quota a mailbox.

Every chunk prolongs an unfinished upload by minutes only, so that a crash in the middle leaves nothing for
long.
"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from redis.asyncio import Redis

from courriel_seal import KeyRing, SealBroken
from sender_service import redis_keys
from sender_service.uploads import StoredUpload, UnknownUpload, UploadQuotaExceeded

if TYPE_CHECKING:
    from collections.abc import Awaitable

UNFINISHED_SECONDS = 300
UPLOADS_AT_ONCE = 200
CHUNKS_AT_ONCE = 4
_DESCRIPTION = "upload-description"
_CHUNK = "upload-chunk"

APPEND = """#!lua
local record, chunks, quota = unpack(KEYS)
local id, owner, index, chunk, total = unpack(ARGV, 1, 5)
local limit, uploads, unfinished, kept, prefix = unpack(ARGV, 6, 10)
local octets, count = tonumber(total), 1
local held = redis.call('HGETALL', quota)
for i = 1, #held, 2 do
  if held[i] ~= id then
    if redis.call('EXISTS', prefix .. held[i]) == 1 then
      octets, count = octets + held[i + 1], count + 1
    else
      redis.call('HDEL', quota, held[i])
    end
  end
end
if octets > tonumber(limit) or count > tonumber(uploads) then return 0 end
redis.call('HSET', quota, id, total)
redis.call('EXPIRE', quota, kept + unfinished)
redis.call('HSET', record, 'owner', owner)
redis.call('EXPIRE', record, unfinished)
redis.call('HSET', chunks, index, chunk)
redis.call('EXPIRE', chunks, unfinished)
return 1
"""
"""KEYS upload chunks quota · ARGV id owner index sealed-chunk octets-so-far quota-octets quota-count
unfinished-seconds kept-seconds upload-prefix → 1, or 0 where the quota is used up"""

FINISH = """#!lua
local record, chunks = unpack(KEYS)
local sealed, count, kept = unpack(ARGV)
if redis.call('EXISTS', record) == 0 or redis.call('HLEN', chunks) ~= tonumber(count) then return 0 end
redis.call('HSET', record, 'sealed', sealed)
redis.call('EXPIRE', record, kept)
redis.call('EXPIRE', chunks, kept)
return 1
"""
"""KEYS upload chunks · ARGV sealed-description chunk-count kept-seconds → 1, or 0 where it expired"""

DISCARD = """#!lua flags=allow-oom
local record, chunks, quota = unpack(KEYS)
if redis.call('HGET', record, 'owner') ~= ARGV[2] then return 0 end
redis.call('UNLINK', record, chunks)
redis.call('HDEL', quota, ARGV[1])
return 1
"""
"""KEYS upload chunks quota · ARGV id owner → 1, or 0 where this mailbox has no such upload"""


class RedisUploads:
    """Implements `sender_service.uploads.Uploads`."""

    def __init__(self, redis: Redis, keys: KeyRing, *, quota_octets: int, kept_seconds: int) -> None:
        self._redis = redis
        self._keys = keys
        self._quota_octets = quota_octets
        self._kept_seconds = kept_seconds
        self._append = redis.register_script(APPEND)
        self._finish = redis.register_script(FINISH)
        self._discard = redis.register_script(DISCARD)

    async def append(self, mailbox: str, upload_id: str, index: int, chunk: bytes, total: int) -> None:
        """See `Uploads.append`."""
        kept = await self._append(
            keys=_keys(mailbox, upload_id),
            args=[
                upload_id,
                redis_keys.owner(mailbox),
                index,
                self._keys.seal(chunk, purpose=_CHUNK, context=f"{upload_id}:{index}".encode()),
                total,
                self._quota_octets,
                UPLOADS_AT_ONCE,
                UNFINISHED_SECONDS,
                self._kept_seconds,
                redis_keys.UPLOAD_PREFIX,
            ],
        )
        if not kept:
            raise UploadQuotaExceeded(self._quota_octets)

    async def finish(self, upload: StoredUpload) -> None:
        """See `Uploads.finish`."""
        sealed = self._keys.seal(
            json.dumps(asdict(upload)).encode(), purpose=_DESCRIPTION, context=upload.id.encode()
        )
        finished = await self._finish(
            keys=_keys(upload.mailbox, upload.id)[:2], args=[sealed, upload.chunks, self._kept_seconds]
        )
        if not finished:
            raise UnknownUpload

    async def discard(self, mailbox: str, upload_id: str) -> bool:
        """See `Uploads.discard`."""
        return bool(
            await self._discard(keys=_keys(mailbox, upload_id), args=[upload_id, redis_keys.owner(mailbox)])
        )

    async def find(self, mailbox: str, upload_id: str) -> StoredUpload:
        """See `Uploads.find`."""
        owner, sealed = await cast(
            "Awaitable[list[bytes | None]]",
            self._redis.hmget(redis_keys.upload(upload_id), ["owner", "sealed"]),
        )
        if owner != redis_keys.owner(mailbox).encode() or sealed is None:
            raise UnknownUpload
        plain = self._keys.open(sealed, purpose=_DESCRIPTION, context=upload_id.encode())
        return StoredUpload(**json.loads(plain))

    async def content(self, upload: StoredUpload) -> bytes:
        """See `Uploads.content`."""
        key = redis_keys.upload_chunks(upload.id)
        plain = bytearray()
        for first in range(0, upload.chunks, CHUNKS_AT_ONCE):
            indices = range(first, min(first + CHUNKS_AT_ONCE, upload.chunks))
            sealed = await cast(
                "Awaitable[list[bytes | None]]", self._redis.hmget(key, list(map(str, indices)))
            )
            for index, chunk in zip(indices, sealed, strict=True):
                try:
                    plain += self._keys.open(
                        chunk or b"", purpose=_CHUNK, context=f"{upload.id}:{index}".encode()
                    )
                except SealBroken as error:
                    raise UnknownUpload from error
        return bytes(plain)


def _keys(mailbox: str, upload_id: str) -> list[str]:
    return [
        redis_keys.upload(upload_id),
        redis_keys.upload_chunks(upload_id),
        redis_keys.upload_quota(mailbox),
    ]
