"""docs/configuration.md tells every setting."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_configuration_md_is_what_the_settings_classes_say() -> None:
    """`make docs` was run after the last change of a setting."""
    written = runpy.run_path(str(DOCS / "write_configuration.py"))["configuration"]()
    assert (DOCS / "configuration.md").read_text() == written


def test_every_setting_has_a_sentence() -> None:
    """A row without a description tells nobody anything."""
    rows = [line for line in (DOCS / "configuration.md").read_text().splitlines() if line.startswith("| `")]
    assert rows
    assert [row for row in rows if row.endswith("|  |")] == []
