"""Unit tests of mailbox: no sockets; doubles and port suites can be imported by name."""

import sys
from pathlib import Path

import pytest
from pytest_socket import disable_socket

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[3] / "libs" / "message" / "tests"))  # the corpus of hostile mail
pytest.register_assert_rewrite("mailbox_port_suites")


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Refuse internet sockets; those of an event loop and of worker processes are Unix ones."""
    disable_socket(allow_unix_socket=True)
