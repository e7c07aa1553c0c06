"""However a mailbox is typed, it has one name; what can be no mailbox is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.errors import UnusableMailboxName
from auth_service.mailbox_name import MailDomain

DOMAIN = MailDomain("demo.example")


@pytest.mark.parametrize(
    "typed",
    [
        "jean.dupont",
        "Jean.DUPONT",
        "  jean.dupont\t",
        "jean.dupont@demo.example",
        "jean.dupont@Demo.Example  ",
        " jean.dupont @ demo.example ",
        "\u00a0jean.dupont\u202f",
        "\uff2a\uff45\uff41\uff4e.dupont\uff20demo.example",
    ],
)
def test_spellings_of_one_mailbox_are_one_name(typed: str) -> None:
    """Case, width, spaces around it and our own domain do not count."""
    assert DOMAIN.mailbox(typed) == "jean.dupont"


def test_forms_of_one_letter_are_one_name() -> None:
    """An é typed on a Mac is the é of a PC; a ligature is its letters."""
    assert DOMAIN.mailbox("\ufb01lippo") == "filippo"
    assert DOMAIN.mailbox("Helene\u0301") == DOMAIN.mailbox("HELEN\u00c9") == "helen\u00e9"


@pytest.mark.parametrize("domain", ["DEMO.example", "demo.example"])
def test_the_configured_domain_may_be_written_in_any_case(domain: str) -> None:
    """The setting is folded like what is typed."""
    assert MailDomain(domain).mailbox("jean@demo.EXAMPLE") == "jean"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "@demo.example",
        "jean@elsewhere.example",
        "jean@demo.example@elsewhere.example",
        "jean@elsewhere.example@demo.example",
        "jean@sub.demo.example",
        "jean dupont",
        "jean\r\nPASS x",
        "jean\x00",
        "jean\u200b",
        "jean\u202edupont",
        "jean*admin",
        "jean\uff0aadmin",
        "%u",
        '"jean"',
        "jean,marie",
        "a" * 65,
        "é" * 33,
    ],
)
def test_what_can_be_no_mailbox_is_refused(typed: str) -> None:
    """Without a word on why."""
    with pytest.raises(UnusableMailboxName):
        DOMAIN.mailbox(typed)


def test_a_functional_mailbox_and_the_longest_name_are_accepted() -> None:
    """Dots, hyphens, and 64 octets."""
    assert DOMAIN.mailbox("balf-de-mon.service") == "balf-de-mon.service"
    assert DOMAIN.mailbox("a" * 64) == "a" * 64


def test_the_address_of_a_mailbox_has_the_domain() -> None:
    """The one address that mail of this mailbox comes from."""
    assert DOMAIN.address("jean") == "jean@demo.example"


@given(st.text(max_size=40))
def test_a_name_is_the_name_of_itself(typed: str) -> None:
    """Making a canonical name canonical again changes nothing, with and without the domain."""
    try:
        name = DOMAIN.mailbox(typed)
    except UnusableMailboxName:
        return
    assert DOMAIN.mailbox(name) == name
    assert DOMAIN.mailbox(f" {DOMAIN.address(name)} ") == name
