"""Subjects of replies and forwards."""

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
    ],
)
def test_prefixes_never_pile_up(subject: str, bare: str) -> None:
    """Earlier prefixes of any usual language go; words that only look like one stay."""
    assert reply_subject(subject) == f"RE: {bare}".rstrip()
    assert forward_subject(subject) == f"TR: {bare}".rstrip()


@given(st.text())
def test_a_second_answer_has_the_subject_of_the_first(subject: str) -> None:
    """Answering an answer changes nothing."""
    assert reply_subject(reply_subject(subject)) == reply_subject(subject)
    assert forward_subject(reply_subject(subject)) == forward_subject(subject)
