"""Subjects of replies and forwards."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courriel_message import forward_subject, reply_subject


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Réunion", "Réunion"),
        ("RE: Réunion", "Réunion"),
        ("Re: RE : re:Réunion", "Réunion"),
        ("Re[2]: Réunion", "Réunion"),
        ("Re(3): Réunion", "Réunion"),
        ("RÉP\u00a0: TR\u202f: Réunion", "Réunion"),
        ("AW: WG: Fwd: Réunion", "Réunion"),
        ("Retour : Réunion", "Retour : Réunion"),
        ("Re : ", ""),
        ("", ""),
        ("Remise: TR: x", "Remise: TR: x"),
        ("Rép. : RE^4: Réunion", "Réunion"),
        ("回复：转发：Réunion", "Réunion"),
        ("[equipe] Re: [equipe-b]  TR: Réunion", "[equipe] [equipe-b]  Réunion"),
        ("RE: [EXTERNE] RE: Réunion [salle 2]", "[EXTERNE] Réunion [salle 2]"),
        ("[Fwd: Re: Réunion]", "Réunion"),
        ("[Fwd: [Fwd: Réunion ] ]", "Réunion"),
        ("[Fwd: Réunion", "[Fwd: Réunion"),
        ("[Travaux] Réunion", "[Travaux] Réunion"),
    ],
)
def test_prefixes_never_pile_up(subject: str, bare: str) -> None:
    """Earlier prefixes of any usual language go; words that only look like one stay."""
    assert reply_subject(subject) == f"RE: {bare}".rstrip()
    assert forward_subject(subject) == f"TR: {bare}".rstrip()


PIECES = st.sampled_from(["RE: ", "TR : ", "[Fwd: ", "]", "[a] ", " ", "Rép.:", "x", "[2]", ":", "["])


@given(st.text() | st.lists(PIECES).map("".join))
def test_a_second_answer_has_the_subject_of_the_first(subject: str) -> None:
    """Answering an answer changes nothing."""
    assert reply_subject(reply_subject(subject)) == reply_subject(subject)
    assert forward_subject(reply_subject(subject)) == forward_subject(subject)


@pytest.mark.parametrize("piece", ["RE:", "[a]", "[a]RE:", "[Fwd: ", " ", "[", "RE[1]"])
def test_time_is_linear(piece: str) -> None:
    """No subject makes an answer slow."""
    started = time.process_time()
    reply_subject(piece * (300_000 // len(piece)))
    assert time.process_time() - started < 1
