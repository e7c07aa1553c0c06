"""Broken mail is still read, and says so; what is in it can be fetched; heavy mail costs bounded time."""

import time

import pytest
from hostile_messages import BROKEN, HEAVY, LISIBLE, letter, mixed, typed
from hypothesis import given, settings
from hypothesis import strategies as st
from tnef_building import winmail

from courriel_message import Excerpt, cautions, parse, part_content, summarise

NOTES = {
    "unknown charset": {"unknown-charset"},
    "charset that lies": {"wrong-charset"},
    "charset that is a codec": {"unknown-charset"},
    "utf-16 that is none": {"wrong-charset"},
    "encoded word in a boundary": set(),
    "no blank line": {"no-blank-line"},
    "only carriage returns": set(),
    "no boundary": {"no-boundary"},
    "boundary that never comes": {"no-boundary"},
    "empty boundary": {"no-boundary"},
    "no close delimiter": {"no-close-delimiter"},
    "same boundary inside": {"no-boundary"},
    "boundary that begins another": set(),
    "content type of nonsense": {"broken-content-type"},
    "broken base64": {"broken-base64"},
    "unknown transfer encoding": {"unknown-encoding"},
    "partial message": {"partial-message"},
    "external body": {"external-body"},
    "TNEF of nonsense": {"broken-tnef"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_mail_is_read_and_says_what_was_wrong(name: str) -> None:
    """The word that its sender wrote is there, with the note of what was wrong; every part can be fetched."""
    raw = BROKEN[name]()
    read = parse(raw)

    assert LISIBLE in read.text or name == "only carriage returns"
    assert NOTES.get(name, set()) <= set(read.notes)
    for part in read.parts:
        assert part_content(raw, part.id)[0] == part
        assert part.filename is None or not {"/", "\\", "\0"} & set(part.filename)
    assert summarise(raw).subject == read.subject


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_mail_costs_bounded_time(name: str) -> None:
    """No message takes over 2 s of CPU to be read."""
    raw = HEAVY[name]()
    started = time.process_time()
    parse(raw)
    assert time.process_time() - started < 2


def contents(raw: bytes) -> list[tuple[str | None, bytes]]:
    """Return the parts of a message."""
    return [(part.filename, part_content(raw, part.id)[1]) for part in parse(raw).parts]


def test_winmail_is_unpacked() -> None:
    """The files that Outlook packed are offered instead of the package, under their long names."""
    stream = winmail("NOTE~1.TXT", b"abc", long_name="Note de l’été.txt") + winmail("b.bin", b"\0\1")[6:]
    raw = mixed(typed("text/plain", b"x"), typed("application/ms-tnef; name=winmail.dat", stream))

    assert contents(raw) == [("Note de l’été.txt", b"abc"), ("b.bin", b"\0\1")]
    assert parse(raw).parts[0].content_type == "text/plain"


def test_uuencoded_files_are_taken_out_of_the_text() -> None:
    """A whole block becomes a file; one without its end stays text."""
    raw = letter(body=b"avant\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\napr\xc3\xa8s\r\n")

    assert contents(raw) == [("a.txt", b"abc")]
    assert parse(raw).text == "avant\naprès"
    assert "begin 644" in parse(BROKEN["uuencode that never ends"]()).text


INVITATION = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VTIMEZONE
DTSTART:19700101T000000
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Réunion\\, salle
  bleue
DTSTART;TZID=Europe/Paris:20260301T100000
DTEND:20260301T100000Z
ORGANIZER;CN="Marie Martin":mailto:marie@a.example
ATTENDEE:mailto:a@a.example
ATTENDEE:mailto:b@a.example
END:VEVENT
END:VCALENDAR
"""
REPORT = """Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; nobody@b.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 No such user
"""
EXCERPTS = [
    (
        "text/calendar; charset=utf-8",
        INVITATION,
        "invitation",
        (
            ("method", "request"),
            ("summary", "Réunion, salle bleue"),
            ("start", "2026-03-01T10:00:00+01:00"),
            ("end", "2026-03-01T10:00:00+00:00"),
            ("organizer", "Marie Martin <marie@a.example>"),
            ("attendees", "2"),
        ),
    ),
    (
        "text/calendar",
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260301\nDTEND;TZID=../../etc/passwd:20269999T000000\nEND:VEVENT",
        "invitation",
        (("start", "2026-03-01"), ("end", "20269999T000000")),
    ),
    (
        "text/vcard",
        "VERSION:4\nitem1.EMAIL;TYPE=work:m@a.example\nFN:Marie\\, Martin\nORG:Mairie;Voirie\nEND:VCARD\nFN:",
        "contact",
        (("email", "m@a.example"), ("name", "Marie, Martin"), ("organisation", "Mairie, Voirie")),
    ),
    (
        "message/delivery-status",
        REPORT,
        "delivery-report",
        (("recipient", "nobody@b.example"), ("action", "failed"), ("diagnostic", "550 No such user")),
    ),
    (
        "message/disposition-notification",
        "Final-Recipient: rfc822;a@b.example\nDisposition: manual-action/MDN-sent-manually; displayed\n",
        "read-receipt",
        (("recipient", "a@b.example"), ("disposition", "displayed")),
    ),
]


@pytest.mark.parametrize(("kind", "text", "expected", "said"), EXCERPTS)
def test_what_is_made_for_programs_is_said_to_people(
    kind: str, text: str, expected: str, said: tuple[tuple[str, str], ...]
) -> None:
    """Invitations, cards, delivery reports and read receipts have an excerpt, once each."""
    part = typed(kind, text.encode())
    read = parse(mixed(typed("text/plain", b"x"), part, part))

    assert read.excerpts == (Excerpt(expected, "2", said),)


KINDS = [
    ('multipart/signed; boundary=b; protocol="application/pgp-signature"', "pgp-signed"),
    ('multipart/signed; boundary=b; protocol="application/pkcs7-signature"', "smime-signed"),
    ('multipart/encrypted; boundary=b; protocol="application/pgp-encrypted"', "pgp-encrypted"),
    ("application/pkcs7-mime; smime-type=enveloped-data", "smime-encrypted"),
    ("application/x-pkcs7-mime; smime-type=signed-data", "smime-sealed"),
]


@pytest.mark.parametrize(("kind", "code"), KINDS)
def test_signed_and_encrypted_mail_is_recognised(kind: str, code: str) -> None:
    """What only the person's own workstation can verify or decrypt is told as such."""
    raw = letter(f"Content-Type: {kind}", body=b"--b\r\n\r\nx\r\n--b--\r\n")
    assert parse(raw).notes == (code,)


def test_openpgp_in_the_text_is_recognised() -> None:
    """OpenPGP may stand in the text itself."""
    assert "pgp-encrypted" in parse(letter(body=b"-----BEGIN PGP MESSAGE-----\r\n\r\nabc")).notes


CAUTIONS = {"name-imitates-address", "mixed-script-address", "reply-to-elsewhere", "dangerous-file"}
WHOLE = [build() for build in BROKEN.values()]
CUTS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2000), st.binary(max_size=6)), max_size=6)


@settings(max_examples=400)
@given(st.sampled_from(WHOLE), st.sampled_from(WHOLE), CUTS)
def test_mutated_letters_are_read(raw: bytes, other: bytes, cuts: list[tuple[int, int, bytes]]) -> None:
    """Pieces of one letter put into another, octets changed: still a message whose parts can be fetched."""
    mutated = raw
    for start, end, octets in cuts:
        mutated = mutated[:start] + octets + other[start:end] + mutated[max(start, end) :]
    read = parse(mutated)
    (read.text + read.subject).encode()
    for part in read.parts:
        assert part_content(mutated, part.id)[0] == part
    assert set(cautions(read)) <= CAUTIONS
    assert summarise(mutated).subject == read.subject
