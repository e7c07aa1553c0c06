"""What the server of ``misbehaving_pop3.py`` may do instead of answering: the vocabulary of its scripts."""

import asyncio
import socket

from tests.integration.misbehaving_pop3 import Act, HangUpError, Talk


async def hang(talk: Talk, _line: str) -> bytes:
    """Say nothing any more, until the client is gone."""
    while True:
        await talk.read()


async def hang_up(_talk: Talk, _line: str) -> bytes:
    """End the connection without a word."""
    raise HangUpError


async def reset(talk: Talk, _line: str) -> bytes:
    """End the connection with a RST."""
    sock: socket.socket = talk.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    raise HangUpError


def commit_then(act: Act) -> Act:
    """Delete what is marked, then do ``act`` instead of saying so."""

    async def both(talk: Talk, line: str) -> bytes:
        talk.commit()
        return await act(talk, line)

    return both


def say_then(octets: bytes, act: Act) -> Act:
    """Say the beginning of an answer, then do ``act``."""

    async def both(talk: Talk, line: str) -> bytes:
        await talk.say(octets)
        return await act(talk, line)

    return both


def drip(octets: bytes, seconds: float) -> Act:
    """Say octets one by one, ``seconds`` apart, ever again."""

    async def slowly(talk: Talk, _line: str) -> bytes:
        while True:
            for octet in octets:
                await talk.say(bytes([octet]))
                await asyncio.sleep(seconds)

    return slowly


def endless(octets: bytes) -> Act:
    """Say the same for ever, as fast as it is taken."""

    async def forever(talk: Talk, _line: str) -> bytes:
        while True:
            await talk.say(octets)

    return forever


def first(count: int, act: bytes | Act) -> Act:
    """Do ``act`` the first ``count`` times, and as one should from then on."""
    left = count

    async def sometimes(talk: Talk, line: str) -> bytes:
        nonlocal left
        if left == 0:
            return await talk.sane(line)
        left -= 1
        return act if isinstance(act, bytes) else await act(talk, line)

    return sometimes
