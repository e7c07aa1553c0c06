"""No contract changes unseen."""

import pytest
from tests.contract.snapshots import FOLDER, PROVIDERS, document


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_openapi_document_is_the_committed_one(provider: str) -> None:
    """A change of contract is written by `make docs`, and reviewed."""
    assert document(provider) == (FOLDER / f"{provider}.json").read_text()
