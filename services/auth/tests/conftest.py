"""Unit tests of auth: no sockets; doubles and port suites can be imported by name."""

import sys
from pathlib import Path

import pytest
from pytest_socket import disable_socket

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite(
    "auth_session_suite", "auth_throttle_suite", "auth_lock_suite", "auth_lock_walk", "auth_lock_machine"
)


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Refuse internet sockets; an event loop's own pair is a Unix one."""
    disable_socket(allow_unix_socket=True)
