"""Extracts what pages say, and brings each language's catalogue up to date: ``make translations``.

A msgid that no source has any more is dropped; a new one waits, empty, until it is translated: test_languages
fails meanwhile.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

SOURCES = Path(__file__).parents[1] / "src" / "gateway_service"
METHODS = [("**.py", "python"), ("templates/**", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
PER_METHOD = {"**.py": {}, "templates/**": {"newstyle_gettext": "true", "silent": "false"}}


def extracted() -> Catalog:
    """Return every msgid of the templates and of the Python sources, with the files that have it."""
    found = Catalog(project="Courriel léger", charset="utf-8")
    for file, _line, message, _comments, _context in extract_from_dir(
        SOURCES, METHODS, PER_METHOD, keywords=KEYWORDS, strip_comment_tags=True
    ):
        found.add(message, locations=[(Path(file).as_posix(), 1)])
    return found


def update(path: Path, template: Catalog) -> None:
    """Bring the catalogue at ``path`` up to date."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parents[1].name)
    catalogue.update(template, no_fuzzy_matching=True)
    with path.open("wb") as file:
        write_po(
            file, catalogue, ignore_obsolete=True, include_lineno=False, sort_output=True, omit_header=True
        )


if __name__ == "__main__":
    words = extracted()
    for each in sorted(SOURCES.glob("locale/*/LC_MESSAGES/*.po")):
        update(each, words)
        print(each)  # noqa: T201 — what this script has to say
