"""The adapters of `People` keep the port's promises."""

import base64
from pathlib import Path

import pytest
from directory_port_suite import ENTRIES, PeopleSuite

from courriel_wire import EntryKind
from directory_service.attributes import AttributeMap
from directory_service.people import Entry, People
from directory_service.people_ldif import read_people


def record(entry: Entry) -> str:
    """Write an entry as LDIF."""
    service = entry.kind is EntryKind.SERVICE
    values = {
        "objectClass": "organizationalRole" if service else "inetOrgPerson",
        "cn": entry.name,
        "mail": entry.address,
        "ou": entry.unit,
        "telephoneNumber": entry.phone,
    }
    lines = [f"dn: mail={entry.address},dc=demo,dc=example"]
    lines += [
        f"{name}:: {base64.b64encode(value.encode()).decode()}" for name, value in values.items() if value
    ]
    return "\n".join(lines) + "\n"


class TestLdif(PeopleSuite):
    """The file in memory."""

    @pytest.fixture
    def people(self, tmp_path: Path) -> People:
        """Write the entries, and read them."""
        file = tmp_path / "people.ldif"
        file.write_text("version: 1\n\n" + "\n".join(map(record, reversed(ENTRIES))))
        return read_people(file, AttributeMap())
