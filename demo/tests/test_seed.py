"""The seeded mail: enough of it, of every sort, and readable."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from courriel_demo.maildir import Maildrops
from courriel_demo.seed import seed

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

NOW = datetime(2026, 3, 12, 11, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seed a folder as of 12 March 2026."""
    data = tmp_path_factory.mktemp("mail")
    seed(data, "demo.example", NOW)
    return data


def read(folder: Path, name: str) -> list[EmailMessage]:
    """Parse a whole maildrop."""
    return [message_from_bytes(message.read(), policy=default) for message in Maildrops(folder).take(name)]


@pytest.mark.parametrize(
    ("name", "least"),
    [("jean.dupont", 40), ("marie.martin", 15), ("balf-de-mon.service", 20), ("imap.seulement", 0)],
)
def test_every_account_has_its_mail(folder: Path, name: str, least: int) -> None:
    """Each mailbox has a full maildrop, in the order of the dates, of the last three weeks."""
    dates = [parsedate_to_datetime(message["Date"]) for message in read(folder, name)]
    assert len(dates) >= least
    assert dates == sorted(dates)
    assert all(NOW - timedelta(days=22) <= date <= NOW for date in dates)


@pytest.mark.parametrize("name", ["jean.dupont", "marie.martin", "balf-de-mon.service"])
def test_messages_parse_without_a_defect(folder: Path, name: str) -> None:
    """Every part of every message is well-formed, and its text decodes."""
    for message in read(folder, name):
        assert message["From"].addresses
        for part in message.walk():
            assert not part.defects, message["Subject"]
            if part.get_content_maintype() == "text" and part.get_content_subtype() != "rfc822-headers":
                assert "\N{REPLACEMENT CHARACTER}" not in part.get_content()


def test_jean_dupont_has_mail_of_every_sort(folder: Path) -> None:
    """The kinds of part that a webmail must show are all there."""
    messages = read(folder, "jean.dupont")
    types = {part.get_content_type() for message in messages for part in message.walk()}
    assert {
        "text/html",
        "text/calendar",
        "text/csv",
        "image/png",
        "application/pdf",
        "application/zip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "message/rfc822",
        "message/delivery-status",
        "multipart/related",
    } <= types
    charsets = {part.get_content_charset() for message in messages for part in message.walk()}
    assert {"utf-8", "iso-8859-1", "iso-8859-15", "iso-2022-jp"} <= charsets
    encodings = {part["Content-Transfer-Encoding"] for message in messages for part in message.walk()}
    assert {"quoted-printable", "base64", "8bit", "7bit"} <= encodings
    assert any(message["Subject"] is None for message in messages)
    assert any(len(message["Subject"] or "") > 250 for message in messages)
    assert any(part.get_param("format") == "flowed" for message in messages for part in message.walk())
    assert any(len(message.as_bytes()) > 3_000_000 for message in messages)


def test_the_subjects_and_file_names_keep_their_accents(folder: Path) -> None:
    """Encoded words and encoded parameters, today's and those of old programs, decode to what was meant."""
    messages = read(folder, "jean.dupont")
    names = {part.get_filename() for message in messages for part in message.walk()}
    assert {
        "budget prévisionnel été.csv",
        "résumé détaillé.txt",
        "annexe n° 1 – détail des opérations.txt",
    } <= names
    assert "Résumé des échanges d'hier" in {message["Subject"] for message in messages}


def test_threads_quote_and_refer_to_their_opening(folder: Path) -> None:
    """A long conversation has one first message, which every answer refers to and in the end quotes."""
    turns = [m for m in read(folder, "jean.dupont") if "Clôture de l’exercice" in (m["Subject"] or "")]
    assert len(turns) == 9
    opening, *answers = turns
    assert {answer["References"] for answer in answers} == {opening["Message-ID"]}
    assert len({turn["Message-ID"] for turn in turns}) == 9
    assert "> > > > > > > > Bonjour à tous," in answers[-1].get_content()


def test_attached_files_are_what_they_say(folder: Path) -> None:
    """PDF cross-references point at their objects, zips unpack, pictures begin as PNG does."""
    parts = [
        part for message in read(folder, "jean.dupont") for part in message.walk() if part.get_filename()
    ]
    for part in parts:
        content = part.get_content()
        if part.get_content_type() == "application/pdf":
            table = int(content.split(b"startxref\n")[1].split()[0])
            assert content[table:].startswith(b"xref\n")
            offsets = [int(line[:10]) for line in content[table:].split(b"\n")[3:9]]
            assert [content[offset : offset + 7] for offset in offsets] == [
                b"%d 0 obj" % n for n in range(1, 7)
            ]
        elif part.get_content_type() == "image/png":
            assert content.startswith(b"\x89PNG\r\n\x1a\n")
        elif part.get_filename().endswith((".zip", ".docx")):
            assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None


def test_the_seed_is_the_same_at_the_same_moment(folder: Path, tmp_path: Path) -> None:
    """Nothing in the content is left to chance."""
    seed(tmp_path, "demo.example", NOW)
    again = [message.read() for message in Maildrops(tmp_path).take("jean.dupont")]
    assert again == [message.read() for message in Maildrops(folder).take("jean.dupont")]


def test_seeding_happens_once(tmp_path: Path) -> None:
    """A start later leaves deleted mail deleted; one that was cut short before is done anew."""
    seed(tmp_path, "demo.example", NOW)
    Maildrops(tmp_path).take("marie.martin")[0].path.unlink()
    seed(tmp_path, "demo.example", NOW)
    kept = len(Maildrops(tmp_path).take("marie.martin"))
    (tmp_path / ".seeded").unlink()
    seed(tmp_path, "demo.example", NOW)
    assert len(Maildrops(tmp_path).take("marie.martin")) == kept + 1
