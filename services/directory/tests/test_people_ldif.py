"""Reading the file: what is left out is counted, and never quoted."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from directory_service.attributes import AttributeMap
from directory_service.people import Query
from directory_service.people_ldif import read_people

FILE = b"""\
dn: dc=demo,dc=example
dc: demo

dn: cn=Jean
cn: Jean
mail: jean@demo.example

dn: cn=hidden
cn:: !
mail: hidden@demo.example

dn: cn=hidden
mail: hidden

dn: cn=hidden
changetype: add
mail: hidden@demo.example

dn: cn=Marie
cn: Marie
mail: marie@demo.example
"""


async def test_bad_records_are_left_out_and_counted(tmp_path: Path) -> None:
    """One line says how many were read, and how many were not and why; no value stands in it."""
    file = tmp_path / "people.ldif"
    file.write_bytes(FILE)
    with capture_logs() as logs:
        people = read_people(file, AttributeMap())
    found = await people.search(Query("demo example"))
    assert [entry.name for entry in found.entries] == ["Jean", "Marie"]
    (line,) = logs
    assert (line["log_level"], line["entries"], line["without_address"]) == ("warning", 2, 1)
    assert sorted(line["skipped"].values()) == [1, 1, 1]
    assert "hidden" not in str(line)


def test_a_good_file_is_told_too(tmp_path: Path) -> None:
    """Without a warning."""
    file = tmp_path / "people.ldif"
    file.write_bytes(b"dn: x\nmail: a@b\n")
    with capture_logs() as logs:
        read_people(file, AttributeMap())
    (line,) = logs
    assert (line["event"], line["log_level"], line["entries"]) == ("directory read", "info", 1)
    assert (line["without_address"], line["skipped"], line["complete"]) == (0, {}, True)


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """Never an empty directory."""
    with pytest.raises(FileNotFoundError):
        read_people(tmp_path / "gone.ldif", AttributeMap())
