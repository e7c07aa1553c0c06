"""What docker-compose.yml promises about who reaches whom, and about the rights of each container."""

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.integration.images import COMPOSE, ROOT

SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DEPLOYED = sorted(name for name, described in SERVICES.items() if "profiles" not in described)
LEAVES_THE_HOST = {
    name for name, options in COMPOSE["networks"].items() if not (options or {}).get("internal")
}


def _on(network: str) -> set[str]:
    return {name for name in DEPLOYED if network in SERVICES[name]["networks"]}


def test_only_the_edge_is_published() -> None:
    """No other service has a port on the host, nor a fixed name that would forbid replicas."""
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["edge"]
    assert not any("container_name" in described for described in SERVICES.values())


def test_each_service_reaches_only_whom_it_must() -> None:
    """Mailbox alone gets to POP3, worker to SMTP, directory to LDAP, the edge to the gateway's front."""
    assert {"public", "pop", "smtp", "ldap"} == LEAVES_THE_HOST
    assert _on("public") == {"edge"}
    assert _on("pop") == {"mailbox"}
    assert _on("smtp") == {"worker"}
    assert _on("ldap") == {"directory"}
    assert _on("web") == {"edge", "gateway"}
    assert _on("services") == {"gateway", "auth", "mailbox", "sender", "directory"}
    assert _on("state") == {"redis-state", "auth", "mailbox", "sender", "worker"}
    assert _on("cache") == {"redis-cache", "mailbox"}


@pytest.mark.parametrize("service", DEPLOYED)
def test_a_container_has_no_right_it_does_not_need(service: str) -> None:
    """Read-only root, no capabilities (but the one the edge must have), no gain of any, bounded memory."""
    described = SERVICES[service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described.get("cap_add", []) == (["NET_BIND_SERVICE"] if service == "edge" else [])
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+[mg]", described["mem_limit"])


@pytest.mark.parametrize("service", ["auth", "mailbox", "sender", "directory", "gateway"])
def test_every_setting_of_a_service_can_be_given(service: str) -> None:
    """What a service reads is passed to its container, as a variable or as a secret."""
    settings = import_module(f"{service}_service.settings").Settings
    given = {name.lower() for name in SERVICES[service]["environment"]} | set(SERVICES[service]["secrets"])
    assert set(settings.model_fields) - given == set()


def test_the_secrets_script_writes_every_secret_once(tmp_path: Path) -> None:
    """deploy/secrets makes each file that is mounted, for its owner alone, and a second run changes none."""
    (tmp_path / "deploy").mkdir()
    script = shutil.copy(ROOT / "deploy/secrets", tmp_path / "deploy")
    folder = tmp_path / ".secrets"

    def run() -> dict[str, str]:
        subprocess.run([script], check=True)  # noqa: S603 — a copy of our own script
        return {file.name: file.read_text() for file in folder.iterdir()}

    first = run()
    assert set(first) == set(COMPOSE["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert run() == first
