"""LDIF as RFC 2849 writes it, and as files get broken."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory_service.ldif import Malformed, Record, read_ldif

TWO = b"""\
version: 1
# A comment
#  that is folded
 over two lines
dn: cn=Barbara Jensen,dc=demo,dc=example
objectclass: top
objectclass: person
CN: Barbara
  Jensen
cn;lang-fr:: QmFyYmFyYQ==
description:
jpegPhoto:< file:///etc/passwd


dn:: Y249R2Vybg==
# in the midst
cn:Gern
2.5.4.4: Jensen
"""


def read(text: bytes) -> list[Any]:
    """Read a file of this content."""
    return list(read_ldif(text.splitlines(keepends=True)))


def test_a_file_of_every_form() -> None:
    """Folds, comments, base64, several values, options, empty values, several empty lines; no URL is read."""
    assert read(TWO) == [
        Record(
            {
                "dn": (b"cn=Barbara Jensen,dc=demo,dc=example",),
                "objectclass": (b"top", b"person"),
                "cn": (b"Barbara Jensen", b"Barbara"),
                "description": (b"",),
            }
        ),
        Record({"dn": (b"cn=Gern",), "cn": (b"Gern",), "2.5.4.4": (b"Jensen",)}),
    ]


@pytest.mark.parametrize("changed", [TWO.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + TWO, TWO.rstrip()])
def test_line_ends_and_marks_change_nothing(changed: bytes) -> None:
    """CR LF, a byte order mark, no line end after the last line."""
    assert read(changed) == read(TWO)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"cn: no dn", "one dn"),
        (b"dn: a\ndn: b", "one dn"),
        (b"dn: a\nno colon", "colon"),
        (b"dn: a\n: no name", "colon"),
        (b"dn: a\nc n: x", "colon"),
        (b"dn: a\ncn:: no base64!", "base64"),
        (b"dn: a\nchangetype: delete", "change record"),
        (b" begins with a fold", "colon"),
    ],
)
def test_a_bad_record_spoils_no_other(record: bytes, reason: str) -> None:
    """It is told with the line where it begins, and quotes nothing; those around it are read."""
    first, bad, last = read(b"dn: 1\n\n" + record + b"\n\ndn: 2\n")
    assert isinstance(bad, Malformed)
    assert (bad.line, reason in bad.reason) == (3, True)
    assert (first, last) == (Record({"dn": (b"1",)}), Record({"dn": (b"2",)}))


@given(st.binary())
def test_any_octets_are_read_without_an_error(text: bytes) -> None:
    """Whatever the file is, each record is read or told."""
    assert all(isinstance(each, Record | Malformed) for each in read(text))


@given(st.lists(st.binary(), min_size=1), st.integers(1, 80))
def test_what_was_written_in_base64_is_read(values: list[bytes], width: int) -> None:
    """Each value comes back, wherever its line is folded."""
    lines = [b"dn: x", *(b"cn:: " + base64.b64encode(value) for value in values)]
    folded = [
        b"\n ".join([line[:5], *(line[at : at + width] for at in range(5, len(line), width))])
        for line in lines
    ]
    (record,) = read(b"\n".join(folded))
    assert record.attributes["cn"] == tuple(values)
