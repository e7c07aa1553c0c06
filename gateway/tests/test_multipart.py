"""Forms with files, read as they arrive."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message

from gateway_service import multipart
from gateway_service.errors import MalformedForm
from gateway_service.multipart import Body, Field, File, read_form

KIND = "multipart/form-data; boundary=line"
FORM = (
    b'--line\r\nContent-Disposition: form-data; name="subject"\r\n\r\nR\xc3\xa9union\r\n'
    b'--line\r\nContent-Disposition: form-data; name="file"; filename="\xc3\xa9 %22a%22.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nabc\r\n--lin\r\n\r\n"
    b'--line\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n'
    b'--line\r\nContent-Disposition: form-data; name="action"\r\n\r\nsend\r\n--line--\r\nepilogue'
)
ITEMS = [
    ("subject", "Réunion"),
    ("file", 'é "a".txt', "text/plain", b"abc\r\n--lin\r\n"),
    ("file", "", "application/octet-stream", b""),
    ("action", "send"),
]


def body_of(chunks: list[bytes], *, broken_off: bool = False) -> Body:
    """Make a request body that arrives in these chunks."""
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": broken_off or number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]
    arriving = iter([*messages, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(arriving)

    return Body(receive)


async def read_all(form: AsyncIterator[Field | File]) -> list[tuple[object, ...]]:
    """Read a form whole."""
    items: list[tuple[object, ...]] = []
    async for item in form:
        if isinstance(item, File):
            content = b"".join([chunk async for chunk in item.chunks])
            items.append((item.name, item.filename, item.content_type, content))
        else:
            items.append((item.name, item.value))
    return items


@given(st.lists(st.integers(1, len(FORM)), max_size=8))
def test_chunks_make_no_difference(cuts: list[int]) -> None:
    """However the octets arrive, the items are the same."""
    edges = [0, *sorted(cuts), len(FORM)]
    chunks = [FORM[start:end] for start, end in pairwise(edges)]
    assert asyncio.run(read_all(read_form(KIND, body_of(chunks)))) == ITEMS


async def test_octet_by_octet() -> None:
    """The same holds for single octets."""
    chunks = [FORM[at : at + 1] for at in range(len(FORM))]
    assert await read_all(read_form(KIND, body_of(chunks))) == ITEMS


async def test_file_passes_through_before_the_form_ended() -> None:
    """A file's first chunk can be had while the rest is still on its way: nothing is held whole."""
    head = b"--line\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nbegin"
    form = read_form(KIND, body_of([head, b"middle"], broken_off=True))
    item = await anext(form)
    assert isinstance(item, File)
    assert b"begin".startswith(await anext(item.chunks))
    with pytest.raises(ClientDisconnect):
        await read_all(form)


async def test_file_that_is_not_read_is_passed_over() -> None:
    """Who does not want a file, or stopped in the middle of it, gets the next item all the same."""
    names = [item.name async for item in read_form(KIND, body_of([FORM[:200], FORM[200:]]))]
    assert names == ["subject", "file", "file", "action"]


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("text/plain", FORM),
        ("multipart/form-data", FORM),
        ("multipart/form-data; boundary=" + "x" * 300, FORM),
        (KIND, b""),
        (KIND, b"nonsense"),
        (KIND, FORM[:-20]),
        (KIND, FORM.replace(b"Content-Type:", b"Content(Type:")),
    ],
)
async def test_what_is_no_form_is_malformed(kind: str, form: bytes) -> None:
    """Other types, a missing or endless boundary, and a form that breaks off are refused."""
    with pytest.raises(MalformedForm):
        await read_all(read_form(kind, body_of([form])))


async def test_fields_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields are held in memory, so their number and their octets are limited."""
    monkeypatch.setattr(multipart, "MAX_FIELDS_OCTETS", 10)
    with pytest.raises(HTTPException):
        await read_all(read_form(KIND, body_of([FORM])))
    monkeypatch.setattr(multipart, "MAX_FIELDS_OCTETS", 100)
    monkeypatch.setattr(multipart, "MAX_ITEMS", 1)
    with pytest.raises(HTTPException):
        await read_all(read_form(KIND, body_of([FORM])))


async def test_files_are_counted_as_fields_are() -> None:
    """A thousand items and one are refused, though each of them is an empty file."""
    empty = b'--line\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n'
    assert len(await read_all(read_form(KIND, body_of([empty * 1000 + b"--line--\r\n"])))) == 1000
    with pytest.raises(HTTPException):
        await read_all(read_form(KIND, body_of([empty * 1001 + b"--line--\r\n"])))
