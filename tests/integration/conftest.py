"""One running product, and one Dovecot, for all tests of this folder; each has mailboxes of its own."""

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # read when testcontainers is imported

from tests.integration.dovecot_run import Dovecot, running_dovecot
from tests.integration.images import build_images
from tests.integration.stack import Stack, running_stack

IN_CONTAINERS = {"stack", "ldap", "dovecot", "pop3_server", "small_disk"}
"""The fixtures that start containers."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a container engine where tests/run has found none (and says so at its end)."""
    if os.environ.get("TESTS_WITHOUT_CONTAINERS"):
        needing = [item for item in items if IN_CONTAINERS & set(getattr(item, "fixturenames", ()))]
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start the product's own images beside Dovecot, Postfix and Redis, and wait until all are healthy."""
    build_images()
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Start a Dovecot alone, for tests that run the services as processes beside it."""
    build_images(["dovecot"])
    with running_dovecot() as dovecot:
        yield dovecot
