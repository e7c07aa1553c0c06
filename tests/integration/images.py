"""Builds the project's images as its users do: the base images' stand-ins first, where needed, then ours.

It refuses to pull or push anything by itself. A build that changes nothing costs a second.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = ("auth", "mailbox", "sender", "directory", "gateway", "dovecot", "postfix")
LEGACY_BUILDER = {**os.environ, "DOCKER_BUILDKIT": "0"}


def build_images(services: Sequence[str] = SERVICES) -> None:
    """Build the images of these services, two at a time; the builder's last words are in the error."""
    build_bases()
    with ThreadPoolExecutor(2) as builders:
        list(builders.map(_build, services))


def build_image(tag: str, context: Path) -> None:
    """Build one image of the tests' own."""
    build_bases()
    _run("docker", "build", "--tag", tag, str(context))


@cache
def build_bases() -> None:
    """Make the stand-ins for the base images, where they may be needed and can be made."""
    if os.geteuid() == 0 and shutil.which("debootstrap"):
        _run(str(ROOT / "deploy/airgap/build"))


def _build(service: str) -> None:
    described = COMPOSE["services"][service]
    build = described["build"]
    context = ROOT / (build["context"] if isinstance(build, dict) else build)
    dockerfile = ROOT / build["dockerfile"] if isinstance(build, dict) else context / "Dockerfile"
    _run("docker", "build", "--tag", described["image"], "--file", str(dockerfile), str(context))


def _run(*command: str) -> None:
    done = subprocess.run(  # noqa: S603 — our own scripts and docker, with arguments from this repository
        command, env=LEGACY_BUILDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed ({command[-1]}):\n{done.stdout[-4000:]}")
