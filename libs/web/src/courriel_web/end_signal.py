"""Being told that the process is to stop, before the server waits for the answers that are on their way.

uvicorn lets requests end before it ends the application (its lifespan), so an answer that has no end by
itself, such as an event stream, must be ended when the signal comes.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def calling_at_end_signal(callback: Callable[[], None]) -> Iterator[None]:
    """Let ``callback`` be called in the running event loop at SIGTERM or SIGINT, before what is done else.

    Outside the main thread no signal arrives: then nothing is called.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
