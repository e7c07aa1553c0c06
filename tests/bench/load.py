"""What is measured of many people at once: requests a second, CPU time a request, memory a session.

Each client has a mailbox, a session and a thread of its own, and asks again as soon as it is answered.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.floor import Pop3Floor
from tests.bench.mailboxes import PASSWORD, Mailbox
from tests.bench.processes import cpu_milliseconds, memory_kilobytes
from tests.bench.scenarios import LISTED, signed_in

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from tests.bench.product import Client, Product
    from tests.bench.scenarios import Place

FEW, MANY = 8, 64
SECONDS = 3.0
"""Of each load."""
SIGN_INS = 20
IDLE_SECONDS = 33.0
"""After which a session is at rest (MAILBOX_CONNECTION_SECONDS), and a margin."""
CROWD = tuple(Mailbox(f"boite.{number:03}", 100) for number in range(MANY + 16))
Work = tuple["Callable[[int], object]", ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second of `clients` at once, and CPU milliseconds a request by part (none for the floor)."""

    what: str
    clients: int
    a_second: float
    milliseconds: dict[str, float]


class Load:
    """Measures one product beside the Dovecot at `place`."""

    def __init__(self, product: Product, place: Place) -> None:
        self._product = product
        self._place = place

    def rates(self) -> list[Rate]:
        """Measure every load, and a sign-in's CPU time."""
        rates = [self._sign_ins()]
        for clients in (FEW, MANY):
            floors: Work = tuple(self._floor_refresh(mailbox) for mailbox in CROWD[:clients])
            rates.append(Rate("refresh, floor", clients, _hammer(floors), {}))
            with ExitStack() as stack:
                crowd = [stack.enter_context(signed_in(self._product, each)) for each in CROWD[:clients]]
                for client in crowd:
                    client.messages()
                    client.close()
                crowd[-1].settle()
                rates += [
                    self._measure("refresh", tuple(map(_refresh, crowd))),
                    self._measure("list (page 1, known)", tuple(map(_listing, crowd))),
                    self._measure("open (prefetched)", tuple(map(_opening, crowd))),
                ]
        return rates

    def memory(self) -> tuple[dict[str, float], int]:
        """Return kilobytes by part of one more signed-in session that does nothing, and of how many it is."""
        warm, counted = CROWD[: len(CROWD) - MANY], CROWD[len(CROWD) - MANY :]
        with ExitStack() as stack:
            self._open_and_wait(stack, warm)
            before = memory_kilobytes(self._product.folder)
            self._open_and_wait(stack, counted)
            after = memory_kilobytes(self._product.folder)
        return {part: (after[part] - before[part]) / MANY for part in sorted(before)}, MANY

    def _open_and_wait(self, stack: ExitStack, mailboxes: tuple[Mailbox, ...]) -> None:
        for mailbox in mailboxes:
            stack.enter_context(signed_in(self._product, mailbox)).messages()
        time.sleep(IDLE_SECONDS)

    def _sign_ins(self) -> Rate:
        def once(_: int) -> None:
            with signed_in(self._product, LISTED[1]) as client:
                client.messages()

        before, begun = cpu_milliseconds(self._product.folder), time.perf_counter()
        for number in range(SIGN_INS):
            once(number)
        spent = self._spent(before, SIGN_INS)
        return Rate("sign-in → list → sign-out", 1, SIGN_INS / (time.perf_counter() - begun), spent)

    def _floor_refresh(self, mailbox: Mailbox) -> Callable[[int], object]:
        def refresh(_: int) -> None:
            with Pop3Floor(self._place.host, self._place.port, mailbox.name, PASSWORD) as pop:
                pop.list_all()
                pop.delete_and_quit(())

        return refresh

    def _measure(self, what: str, work: Work) -> Rate:
        before = cpu_milliseconds(self._product.folder)
        a_second = _hammer(work)
        return Rate(what, len(work), a_second, self._spent(before, a_second * SECONDS))

    def _spent(self, before: Counter[str], requests: float) -> dict[str, float]:
        after = cpu_milliseconds(self._product.folder)
        return {part: (after[part] - before[part]) / requests for part in sorted(before)}


def _refresh(client: Client) -> Callable[[int], object]:
    return lambda _: client.messages(refresh=True)


def _listing(client: Client) -> Callable[[int], object]:
    return lambda _: client.messages()


def _opening(client: Client) -> Callable[[int], object]:
    uids = client.uids()[:10]
    return lambda number: client.open(uids[number % len(uids)])


def _hammer(work: Work) -> float:
    """Let everybody work for ``SECONDS``; return what they did a second. Raises what one of them raised."""
    done: list[int] = []
    failures: list[BaseException] = []
    deadline = time.monotonic() + SECONDS

    def client(once: Callable[[int], object]) -> None:
        number = 0
        try:
            while time.monotonic() < deadline and not failures:
                once(number)
                number += 1
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the thread that asked
            failures.append(error)
        done.append(number)

    threads = [threading.Thread(target=client, args=(once,)) for once in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(done) / SECONDS
