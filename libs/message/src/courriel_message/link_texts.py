"""What the links of sanitised HTML show, against where they lead. Reads what nh3 wrote, and nothing else."""

from html.parser import HTMLParser

from courriel_message.hosts import true_host

_MAX_TEXT = 1000  # characters of one link that are looked at


def deceptive_links(html: str) -> list[str | None]:
    """Return, for each link with a target in order, the host that must be named beside it, or None."""
    reader = _Links()
    reader.feed(html)
    reader.close()
    return reader.finish()


class _Links(HTMLParser):
    """Collects targets and texts. Links do not nest: nh3 closes one before the next."""

    def __init__(self) -> None:
        super().__init__()
        self._links: list[tuple[str, list[str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a link."""
        if tag == "a":
            target = dict(attrs).get("href")
            self._inside = target is not None
            if target is not None:
                self._links.append((target, []))

    def handle_endtag(self, tag: str) -> None:
        """End a link."""
        if tag == "a":
            self._inside = False

    def handle_data(self, data: str) -> None:
        """Take the text of a link."""
        if self._inside:
            self._links[-1][1].append(data[:_MAX_TEXT])

    def finish(self) -> list[str | None]:
        """Return what was found."""
        return [true_host(target, "".join(texts)[:_MAX_TEXT]) for target, texts in self._links]
