"""A container that runs as docker-compose.yml says: image, command, user, rights, secrets, health check.

What differs: the values of the environment, one network instead of eight, health looked at every second.
"""

from pathlib import Path
from typing import Any

from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HealthcheckWaitStrategy
from tests.integration.images import COMPOSE

_SECOND = 1_000_000_000  # nanoseconds, Docker's unit
START_SECONDS = 90
_RIGHTS = (
    "cap_add",
    "cap_drop",
    "init",
    "mem_limit",
    "pids_limit",
    "read_only",
    "security_opt",
    "user",
)


def deployed_container(
    service: str, network: Network, secrets: Path, environment: dict[str, str]
) -> DockerContainer:
    """Describe the container of ``service``, not started; ``secrets`` is the folder that holds them all."""
    described: dict[str, Any] = COMPOSE["services"][service]
    aliases = {service}
    if isinstance(described["networks"], dict):
        for options in described["networks"].values():
            aliases.update((options or {}).get("aliases", ()))
    container = (
        DockerContainer(described["image"])
        .with_network(network)
        .with_network_aliases(*sorted(aliases))
        .with_envs(**environment)
    )
    for secret in described.get("secrets", ()):
        container = container.with_volume_mapping(secrets / secret, f"/run/secrets/{secret}")
    if "command" in described:
        container = container.with_command([_unescaped(word) for word in described["command"]])
    for path in described.get("tmpfs", ()):
        container = container.with_tmpfs_mount(path)
    options = {key: described[key] for key in _RIGHTS if key in described}
    return container.with_kwargs(healthcheck=_health(described), **options)


def wait_until_healthy(container: DockerContainer) -> None:
    """Wait for the container's own health check; its log is in the error when it does not come."""
    try:
        HealthcheckWaitStrategy().with_startup_timeout(START_SECONDS).wait_until_ready(container)
    except (RuntimeError, TimeoutError) as error:
        error.add_note(log_of(container)[-4000:])
        raise


def log_of(container: DockerContainer) -> str:
    """Return everything that the container wrote, both streams."""
    out, err = container.get_logs()
    return (out + err).decode(errors="replace")


def _health(described: dict[str, Any]) -> dict[str, Any]:
    """Check each second, so that a start is noticed at once; the worker's check costs a second itself."""
    own = described.get("healthcheck", {})
    interval = 10 if own.get("interval") == "30s" else 1
    check: dict[str, Any] = {
        "interval": interval * _SECOND,
        "timeout": 15 * _SECOND,
        "retries": START_SECONDS,
    }
    if test := own.get("test"):
        check["test"] = [_unescaped(word) for word in test]
    return check


def _unescaped(word: str) -> str:
    """Undo Compose's escape of a dollar."""
    return word.replace("$$", "$")
