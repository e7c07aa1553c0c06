"""Every caller picks the same replica, and few mailboxes move when one comes or goes."""

from hypothesis import given
from hypothesis import strategies as st

from courriel_web.routing import hint_of_token, rank_replicas, routing_hint

REPLICAS = [f"10.0.0.{n}" for n in range(1, 6)]


@given(mailbox=st.text(), order=st.permutations(REPLICAS))
def test_the_order_of_resolution_does_not_matter(mailbox: str, order: list[str]) -> None:
    """DNS answers in any order; the choice is the same."""
    assert rank_replicas(mailbox, order) == rank_replicas(mailbox, REPLICAS)


@given(mailbox=st.text(), gone=st.sampled_from(REPLICAS))
def test_only_the_mailboxes_of_a_lost_replica_move(mailbox: str, gone: str) -> None:
    """The others keep their order (the point of rendezvous hashing)."""
    before = rank_replicas(mailbox, REPLICAS)
    after = rank_replicas(mailbox, [replica for replica in REPLICAS if replica != gone])
    assert after == [replica for replica in before if replica != gone]


def test_mailboxes_spread_evenly() -> None:
    """Of 5,000 mailboxes each of five replicas serves between 900 and 1,100."""
    firsts = [rank_replicas(routing_hint(f"agent.{n}"), REPLICAS)[0] for n in range(5000)]
    assert all(900 < firsts.count(replica) < 1100 for replica in REPLICAS)


def test_a_token_carries_its_mailboxs_hint() -> None:
    """The gateway routes by the token as auth does by the mailbox."""
    assert hint_of_token(f"{routing_hint('jean.dupont')}.secret") == routing_hint("jean.dupont")
