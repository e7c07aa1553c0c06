"""Attributes become entries of the address book."""

import pytest

from courriel_wire import EntryKind
from directory_service.attributes import AttributeMap, UnusableEntry
from directory_service.people import Entry

PERSON = {
    "objectclass": ["top", "inetOrgPerson"],
    "cn": ["Dupont Jean"],
    "displayname": ["Jean Dupont"],
    "givenname": ["Jean"],
    "sn": ["Dupont"],
    "mail": ["jean.dupont@demo.example", "jd@demo.example"],
    "ou": ["Bureau du budget"],
    "departmentnumber": ["BB/2"],
    "telephonenumber": ["+33 1 40 00 12 34", "+33 6 00 00 00 00"],
}


def entry(changes: dict[str, list[str]], attribute_map: AttributeMap | None = None) -> Entry | None:
    """Map a person with some attributes changed."""
    attributes = {name: [value.encode() for value in values] for name, values in (PERSON | changes).items()}
    return (attribute_map or AttributeMap()).entry(attributes)


def test_the_preferred_value_is_shown_and_the_others_are_found() -> None:
    """The first of each, and the rest once."""
    assert entry({}) == Entry(
        name="Jean Dupont",
        address="jean.dupont@demo.example",
        kind=EntryKind.PERSON,
        unit="Bureau du budget",
        phone="+33 1 40 00 12 34",
        also=("Dupont Jean", "jd@demo.example", "BB/2", "+33 6 00 00 00 00"),
    )


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"displayname": []}, "Dupont Jean"),
        ({"displayname": [" "], "cn": []}, "Jean Dupont"),
        ({"displayname": [], "cn": [], "givenname": []}, "Dupont"),
        ({"displayname": [], "cn": [], "givenname": [], "sn": []}, "jean.dupont@demo.example"),
        ({"displayname": ["Jean\r\nBcc: x@y.example\x00\tDupont "]}, "Jean Bcc: x@y.example Dupont"),
    ],
)
def test_everybody_has_a_name_of_one_line(changes: dict[str, list[str]], name: str) -> None:
    """By displayName, cn, givenName and sn, or the address; it cannot break a header."""
    found = entry(changes)
    assert found
    assert found.name == name


@pytest.mark.parametrize("name", ["organizationalRole", "GROUPOFNAMES"])
def test_a_service_is_told_by_its_class(name: str) -> None:
    """In any case of letters."""
    found = entry({"objectclass": ["top", name]})
    assert found
    assert found.kind is EntryKind.SERVICE


def test_the_map_says_what_is_where() -> None:
    """Another directory has other attributes, and marks its services another way."""
    other = AttributeMap(
        name=("uid",),
        address=("mailaddress",),
        unit=("o",),
        phone=("mobile",),
        services=frozenset({("employeetype", "bal fonctionnelle")}),
    )
    changes = {
        "uid": ["u"],
        "mailaddress": ["u@demo.example"],
        "o": ["O"],
        "mobile": ["06"],
        "employeetype": ["BAL fonctionnelle"],
        "objectclass": ["groupOfNames"],
    }
    found = Entry("u", "u@demo.example", EntryKind.SERVICE, "O", "06", ("Jean Dupont",))
    assert entry(changes, other) == found
    assert entry(changes | {"employeetype": []}, other) == Entry(
        "u", "u@demo.example", EntryKind.PERSON, "O", "06", ("Jean Dupont",)
    )


def test_without_an_address_there_is_nothing_to_write_to() -> None:
    """A branch of the tree is no entry, and no mistake."""
    assert entry({"mail": []}) is None


@pytest.mark.parametrize("address", ["jean", "a@b@c", "<a@b>", "a b@c", "a,b@c", "Jean <a@b>"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """It would be refused when the message is sent, or be two."""
    with pytest.raises(UnusableEntry, match="address"):
        entry({"mail": [address]})


def test_a_value_that_is_no_text_is_refused() -> None:
    """Where it would be shown; a photograph is not looked at."""
    with pytest.raises(UnusableEntry, match="UTF-8"):
        AttributeMap().entry({"mail": [b"a@b"], "cn": [b"\xe9"]})
    assert AttributeMap().entry({"mail": [b"a@b"], "jpegphoto": [b"\xff\xd8"]})
