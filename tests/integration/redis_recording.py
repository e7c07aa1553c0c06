"""Everything that Redis was told while a test ran: what came and went counts as much as what stayed."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import redis


@contextmanager
def recording(store: redis.Redis) -> Iterator[list[str]]:
    """Collect every command the server gets (MONITOR, which leaves AUTH out itself); complete at the end."""
    commands: list[str] = []
    last_word = secrets.token_hex(8)
    with store.monitor() as monitor:

        def listen() -> None:
            for told in monitor.listen():
                if last_word in told["command"]:
                    return
                commands.append(told["command"])

        listener = Thread(target=listen)
        listener.start()
        try:
            yield commands
        finally:
            store.echo(last_word)
            listener.join()


def dump(store: redis.Redis) -> Iterator[bytes]:
    """Yield every key and, serialised, every value that the server holds."""
    for key in store.scan_iter(count=1000):
        yield key
        yield from _values(store, key)


def _values(store: redis.Redis, key: bytes) -> Iterator[bytes]:
    kind = store.type(key)
    if kind == b"string":
        yield store.get(key) or b""
    elif kind == b"list":
        yield from store.lrange(key, 0, -1)
    elif kind == b"set":
        yield from store.smembers(key)
    elif kind == b"zset":
        yield from store.zrange(key, 0, -1)
    elif kind == b"hash":
        for name, value in store.hgetall(key).items():
            yield name
            yield value
    elif kind == b"stream":
        yield from (repr(entry).encode() for entry in store.xrange(key))
    elif kind != b"none":  # it expired meanwhile
        raise AssertionError(f"a kind of value this test cannot look into: {kind!r}")
