"""A place in the list survives its URLs, and leads to others."""

from urllib.parse import parse_qs, urlsplit

from courriel_wire import Sort
from gateway_service.list_place import Place


def query(url: str) -> dict[str, list[str]]:
    """Return what a URL of the list asks for."""
    assert urlsplit(url).path == "/messages"
    return parse_qs(urlsplit(url).query)


def test_a_url_says_what_differs_from_the_usual() -> None:
    """The first page in the order of arrival is short; everything else is told, and escaped."""
    assert Place().url() == "/messages?page=1"
    assert query(Place(2, Sort.FROM, "à & b=c").url(("open", "m1"))) == {
        "page": ["2"],
        "sort": ["from"],
        "q": ["à & b=c"],
        "open": ["m1"],
    }


def test_paging_keeps_order_and_search() -> None:
    """Forwards and backwards; a refresh starts with the first page."""
    place = Place(2, Sort.SIZE_DOWN, "budget")
    assert query(place.turned(1)) == {"page": ["3"], "sort": ["-size"], "q": ["budget"]}
    assert query(place.turned(-1))["page"] == ["1"]
    assert query(place.refreshed()) == {"page": ["1"], "sort": ["-size"], "q": ["budget"], "refresh": ["1"]}
    assert place.everything() == "/messages?page=1"


def test_a_column_is_turned_around_by_its_second_click() -> None:
    """Names from A, dates from the newest, sizes from the largest; on the first page, within the search."""
    assert query(Place(4, q="budget").sorted_by("from")) == {"page": ["1"], "sort": ["from"], "q": ["budget"]}
    assert query(Place(sort=Sort.FROM).sorted_by("from"))["sort"] == ["-from"]
    assert query(Place(sort=Sort.FROM_DOWN).sorted_by("from"))["sort"] == ["from"]
    assert query(Place().sorted_by("date"))["sort"] == ["-date"]
    assert query(Place(sort=Sort.DATE_DOWN).sorted_by("date"))["sort"] == ["date"]


def test_direction_is_told_of_the_column_that_orders() -> None:
    """In the words of aria-sort."""
    assert [Place(sort=Sort.SUBJECT_DOWN).direction(name) for name in ("subject", "from")] == [
        "descending",
        "",
    ]
    assert Place(sort=Sort.DATE).direction("date") == "ascending"


def test_what_only_the_index_can_tell() -> None:
    """A search or any order but the server's."""
    assert [Place(q="  ").needs_index, Place(q="a").needs_index, Place(sort=Sort.SIZE).needs_index] == [
        False,
        True,
        True,
    ]
