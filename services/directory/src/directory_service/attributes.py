"""From a directory's attributes to an entry of the address book, by a map that ops may change.

It knows neither LDIF nor LDAP: any source that gives attributes with their values can use it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from courriel_wire import EntryKind
from directory_service.people import Entry

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+")
FULL_NAME = ("givenname", "sn")
Attributes = Mapping[str, Sequence[bytes]]
"""Values by lower-case attribute name."""


class UnusableEntry(ValueError):
    """The values of an entry are no text, or its address is none."""


@dataclass(frozen=True, slots=True)
class AttributeMap:
    """Which attributes hold what, the preferred first; names are lower case.

    `services` are pairs of an attribute and a lower-case value that make an entry a service; everybody else
    is a person.
    """

    name: tuple[str, ...] = ("displayname", "cn")
    address: tuple[str, ...] = ("mail",)
    unit: tuple[str, ...] = ("ou", "departmentnumber")
    phone: tuple[str, ...] = ("telephonenumber",)
    services: frozenset[tuple[str, str]] = frozenset(
        {("objectclass", "groupofnames"), ("objectclass", "organizationalrole")}
    )

    def attributes(self) -> list[str]:
        """Return the names of all attributes that ``entry`` looks at."""
        named = (*self.name, *self.address, *self.unit, *self.phone, *FULL_NAME)
        return sorted({*named, *(attribute for attribute, _ in self.services)})

    def entry(self, attributes: Attributes) -> Entry | None:
        """Make the entry; None where there is no address, as in a branch of the tree.

        A person without a name of the map is named by givenName and sn, or else by the address. Raises
        UnusableEntry.
        """
        addresses = _values(attributes, self.address)
        if not addresses:
            return None
        if not all(_ADDRESS.fullmatch(address) for address in addresses):
            raise UnusableEntry("an address that is none")
        parts = [part for name in FULL_NAME for part in _values(attributes, (name,))[:1]]
        names = [*_values(attributes, self.name), *filter(None, [" ".join(parts)]), addresses[0]]
        units, phones = _values(attributes, self.unit), _values(attributes, self.phone)
        others = names[1:-1] + addresses[1:] + units[1:] + phones[1:]
        return Entry(
            name=names[0],
            address=addresses[0],
            kind=EntryKind.SERVICE if self._is_service(attributes) else EntryKind.PERSON,
            unit=units[0] if units else "",
            phone=phones[0] if phones else "",
            also=tuple(dict.fromkeys(other for other in others if other != names[0])),
        )

    def _is_service(self, attributes: Attributes) -> bool:
        return any(
            value.casefold() == wanted
            for attribute, wanted in self.services
            for value in _values(attributes, (attribute,))
        )


def _values(attributes: Attributes, names: Sequence[str]) -> list[str]:
    """List the values of these attributes that are not blank, on one line each. Raises UnusableEntry."""
    return [text for name in names for value in attributes.get(name, ()) if (text := _one_line(value))]


def _one_line(value: bytes) -> str:
    """Decode; a control character, which could break a header, becomes a space. Raises UnusableEntry."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise UnusableEntry("a value that is no UTF-8") from None
    return " ".join((text if text.isprintable() else "".join(_visible(text))).split())


def _visible(text: str) -> Iterator[str]:
    for sign in text:
        yield " " if unicodedata.category(sign) == "Cc" else sign
