"""What is measured of one person: the steps, done by turns over a bare socket and through the public API.

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
from tests.bench.product import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.figures import Figures
    from tests.bench.product import Product

ROUNDS = 30
"""At each distance."""
MANY = 50
"""Messages deleted at once."""
SENDS = 25
UNSEEN_PAGE = 2
"""Its messages are opened cold: what is read ahead is on the page before."""

LISTED = (
    Mailbox("cent.messages", 100),
    Mailbox("mille.messages", 1000),
    Mailbox("cinq.mille.messages", 5000),
)
HUGE = Mailbox("vingt.mille.messages", 20_000)
"""Only signed in to and refreshed: what grows with the maildrop shows there."""
EMPTIED = Mailbox("a.supprimer", 400 + 4 * (ROUNDS + 1) * (MANY + 1))
"""Loses messages in each round, as many to one side as to the other."""
RECEIVER = Mailbox("destinataire", 0)
MAILBOXES = (*LISTED, HUGE, EMPTIED, RECEIVER)
LETTER = {
    "to": [f"{RECEIVER.name}@{DOMAIN}"],
    "subject": "Vingt mille octets",
    "text": "Une ligne de soixante-quatre octets, répétée jusqu'à vingt ko.\n" * 312,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the mail server is for both sides, and how far: `distance` is the heading's words."""

    distance: str
    host: str
    port: int


class Scenarios:
    """Measures one product beside the Dovecot at `place`."""

    def __init__(self, product: Product, place: Place, figures: Figures) -> None:
        self._product = product
        self._place = place
        self._figures = figures

    def run(self, seconds: float) -> int:
        """Measure for that long; return how many rounds there were after the first, which warms up."""
        self._round(0)
        self._figures.forget()
        deadline = time.monotonic() + seconds
        rounds = 0
        while rounds < ROUNDS and time.monotonic() < deadline:
            rounds += 1
            self._round(rounds)
        return rounds

    def send(self) -> None:
        """Time the acceptance of a message; its floor is one durable write of as many octets."""
        what = "accept a message of 20 kB"
        with signed_in(self._product, RECEIVER) as client, self._product.store("state") as state:
            for _ in range(SENDS):
                with self._figures.floor(what):
                    state.set("bench:floor", LETTER["text"])
                with self._figures.product(what):
                    client.send(LETTER)
            state.delete("bench:floor")

    def _round(self, number: int) -> None:
        for mailbox in LISTED:
            self._floor_reads(mailbox, number)
            self._product_reads(mailbox, number)
            self._product_comes_back(mailbox)
        self._refresh_huge()
        for count, what in ((1, "delete one, listed before"), (MANY, f"delete {MANY}, listed before")):
            self._floor_deletes(count, what)
            self._product_deletes(count, what)

    def _floor_reads(self, mailbox: Mailbox, number: int) -> None:
        floor, label = self._figures.floor, f"{mailbox.count:,} messages"
        with floor(f"sign-in → list, cold, {label}"):
            with floor(f"sign-in alone, {label}"):
                pop = self._log_in(mailbox)
            pop.list_all()
            pop.headers(1)
        with pop:
            with floor(f"page 2, {label}"):
                pop.headers(UNSEEN_PAGE)
            with floor(f"open cold, {label}"), floor(f"open prefetched, {label}"):
                pop.retrieve(pop.count - number)
            with floor(f"refresh, {label}"):
                pop.delete_and_quit(())
                again = self._log_in(mailbox)
                again.list_all()
        with again, floor(f"sign-out, {label}"):
            again.delete_and_quit(())
        with floor(f"sign-in → list, second opening, {label}"):
            pop = self._log_in(mailbox)
            pop.list_all()
        pop.delete_and_quit(())

    def _product_reads(self, mailbox: Mailbox, number: int) -> None:
        self._product.forget()
        product, label = self._figures.product, f"{mailbox.count:,} messages"
        client = Client(self._product)
        with product(f"sign-in → list, cold, {label}"):
            with product(f"sign-in alone, {label}"):
                client.sign_in(mailbox.name)
            client.messages()
        uid = client.uids(UNSEEN_PAGE)[number]
        with product(f"open cold, {label}"):
            client.open(uid)
        client.settle()
        with product(f"page 2, {label}"):
            client.messages(UNSEEN_PAGE)
        with product(f"refresh, {label}"):
            client.messages(refresh=True)
        with product(f"sign-out, {label}"):
            client.sign_out()
        client.close()

    def _product_comes_back(self, mailbox: Mailbox) -> None:
        product, label = self._figures.product, f"{mailbox.count:,} messages"
        client = Client(self._product)
        with product(f"sign-in → list, second opening, {label}"):
            client.sign_in(mailbox.name)
            client.messages()
        uids = client.uids()
        with product(f"open prefetched, {label}"):
            client.open(uids[0])
        client.sign_out()
        client.close()

    def _refresh_huge(self) -> None:
        label = f"{HUGE.count:,} messages"
        with self._log_in(HUGE) as pop, self._figures.floor(f"refresh, {label}"):
            pop.delete_and_quit(())
            again = self._log_in(HUGE)
            with self._figures.floor(f"UIDL and LIST alone, {label}"):
                again.list_all()
            again.delete_and_quit(())
        with signed_in(self._product, HUGE) as client:
            client.messages()
            with self._figures.product(f"refresh, {label}"):
                client.messages(refresh=True)

    def _floor_deletes(self, count: int, what: str) -> None:
        with self._log_in(EMPTIED) as pop:
            pop.list_all()
            with self._figures.floor(what):
                pop.delete_and_quit(range(pop.count - count + 1, pop.count + 1))

    def _product_deletes(self, count: int, what: str) -> None:
        with signed_in(self._product, EMPTIED) as client:
            uids = client.uids()[:count]
            with self._figures.product(what):
                client.delete(uids)

    def _log_in(self, mailbox: Mailbox) -> Pop3Floor:
        return Pop3Floor(self._place.host, self._place.port, mailbox.name, PASSWORD)


@contextmanager
def signed_in(product: Product, mailbox: Mailbox) -> Iterator[Client]:
    """Lend a client with a session of its own."""
    client = Client(product)
    client.sign_in(mailbox.name)
    try:
        yield client
    finally:
        client.close()  # an HTTP connection that waited long is cut off
        client.sign_out()
        client.close()
