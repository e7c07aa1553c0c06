"""What is measured: the person's steps, done by turns over a bare socket and through the public API.

Both sides of a step run within a second of each other, so that whatever else the machine does hits both. A
round is everything once; rounds are repeated until there are enough of them or their time is over.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.floor import Pop3Floor
from tests.bench.mailboxes import DOMAIN, PASSWORD, Mailbox
from tests.bench.processes import cpu_milliseconds
from tests.bench.product import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.figures import Figures
    from tests.bench.product import Product

ROUNDS = 40
ROUND_SECONDS = 75.0
"""After this long no new round begins."""
SENDS = 25
CPU_REQUESTS = 100
CPU_SIGN_INS = 20

LISTED = (Mailbox("cent.messages", 100), Mailbox("mille.messages", 1000))
EMPTIED = Mailbox("a.supprimer", 100 + 2 * (ROUNDS + 1))
"""Loses two messages a round, one to each side."""
RECEIVER = Mailbox("destinataire", 0)
MAILBOXES = (*LISTED, EMPTIED, RECEIVER)
LETTER = {
    "to": [f"{RECEIVER.name}@{DOMAIN}"],
    "subject": "Vingt mille octets",
    "text": "Une ligne de soixante-quatre octets, répétée jusqu'à vingt ko.\n" * 312,
}


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU milliseconds a request, by part."""

    what: str
    milliseconds: dict[str, float]


class Scenarios:
    """Measures one product beside the Dovecot at `dovecot`."""

    def __init__(self, product: Product, dovecot: str, figures: Figures) -> None:
        self._product = product
        self._dovecot = dovecot
        self._figures = figures

    def run(self) -> int:
        """Measure everything but CPU; return how many rounds there were after the first, which warms up."""
        self._round(0)
        self._figures.forget()
        deadline = time.monotonic() + ROUND_SECONDS
        rounds = 0
        while rounds < ROUNDS and time.monotonic() < deadline:
            rounds += 1
            self._round(rounds)
        self._send()
        return rounds

    def cpu(self) -> list[Cpu]:
        """Count CPU time a request, of one client that asks without a pause."""
        mailbox = LISTED[-1]
        with self._session(mailbox) as client:
            uids = client.uids()
            listing = self._count("list (page 1, known)", CPU_REQUESTS, lambda _: client.messages())
            opening = self._count("open", CPU_REQUESTS, lambda number: client.open(uids[number % len(uids)]))

        def sign_in(_: int) -> None:
            with self._session(mailbox) as client:
                client.messages()

        return [self._count("sign-in → list → sign-out", CPU_SIGN_INS, sign_in), listing, opening]

    def _round(self, number: int) -> None:
        for mailbox in LISTED:
            self._floor_reads(mailbox, number)
            self._product_reads(mailbox, number)
        self._floor_deletes()
        self._product_deletes()

    def _floor_reads(self, mailbox: Mailbox, number: int) -> None:
        floor, label = self._figures.floor, f"{mailbox.count:,} messages"
        with floor(f"sign-in → list, cold, {label}"):
            with floor(f"sign-in alone, {label}"):
                pop = self._log_in(mailbox)
            pop.list_all()
            pop.headers(1)
        with pop:
            with floor(f"page 2, {label}"):
                pop.headers(2)
            with floor(f"open cold, {label}"):
                pop.retrieve(pop.count - number)
            with floor(f"refresh, {label}"):
                pop.delete_and_quit(())
                again = self._log_in(mailbox)
                again.list_all()
        with again, floor(f"sign-out, {label}"):
            again.delete_and_quit(())

    def _product_reads(self, mailbox: Mailbox, number: int) -> None:
        self._product.forget()
        product, label = self._figures.product, f"{mailbox.count:,} messages"
        client = Client(self._product)
        with product(f"sign-in → list, cold, {label}"):
            with product(f"sign-in alone, {label}"):
                client.sign_in(mailbox.name)
            client.messages()
        uid = client.uids()[number]
        with product(f"page 2, {label}"):
            client.messages(2)
        with product(f"open cold, {label}"):
            client.open(uid)
        with product(f"refresh, {label}"):
            client.messages(refresh=True)
        with product(f"sign-out, {label}"):
            client.sign_out()
        client.close()

    def _floor_deletes(self) -> None:
        with self._log_in(EMPTIED) as pop:
            pop.list_all()
            with self._figures.floor("delete one, listed before"):
                pop.delete_and_quit((pop.count,))

    def _product_deletes(self) -> None:
        with self._session(EMPTIED) as client:
            uid = client.uids()[0]
            with self._figures.product("delete one, listed before"):
                client.delete(uid)

    def _send(self) -> None:
        """Time the acceptance of a message; its floor is one durable write of as many octets."""
        what = "accept a message of 20 kB"
        with self._session(EMPTIED) as client, self._product.store("state") as state:
            for _ in range(SENDS):
                with self._figures.floor(what):
                    state.set("bench:floor", LETTER["text"])
                with self._figures.product(what):
                    client.send(LETTER)
            state.delete("bench:floor")

    def _count(self, what: str, requests: int, request: Callable[[int], object]) -> Cpu:
        before = cpu_milliseconds(self._product.folder)
        for number in range(requests):
            request(number)
        spent = cpu_milliseconds(self._product.folder) - before
        return Cpu(what, {part: spent[part] / requests for part in sorted(before)})

    @contextmanager
    def _session(self, mailbox: Mailbox) -> Iterator[Client]:
        client = Client(self._product)
        client.sign_in(mailbox.name)
        try:
            yield client
        finally:
            client.sign_out()
            client.close()

    def _log_in(self, mailbox: Mailbox) -> Pop3Floor:
        return Pop3Floor(self._dovecot, 110, mailbox.name, PASSWORD)
