"""`make demo`: the whole product on this machine, without root and without Docker.

Exit codes: 0 after Ctrl-C or SIGTERM, 1 where a part does not come up, 2 where a choice cannot work (a
setting, a taken port, a demo that runs already).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace

from courriel_demo.console import say, welcome
from courriel_demo.folder_lock import FolderInUseError, lock_folder
from courriel_demo.parts import PORTS_NEEDED, Part, Ports, plan, write_people_file, write_valkey_files
from courriel_demo.ports import free_ports, is_free
from courriel_demo.processes import Warden
from courriel_demo.secret_file import keep_secrets
from courriel_demo.settings import Settings, SettingsError, read_settings
from courriel_demo.supervisor import PartFailedError, Supervisor


def main() -> int:
    """Check the choices, then run the demo until it is told to end."""
    try:
        settings = read_settings(os.environ)
        settings = replace(settings, folder=settings.folder.resolve())
        settings.folder.mkdir(mode=0o700, exist_ok=True)
        lock = lock_folder(settings.folder, f"{settings.address}, process {os.getpid()}")
        _check_port(settings)
        ports = Ports(*free_ports(PORTS_NEEDED))
        parts = _prepare(settings, ports)
    except (SettingsError, FolderInUseError) as error:
        say(_advice(error))
        return 2
    guard = Warden(lock)
    try:
        asyncio.run(_run(settings, ports, parts, guard))
    except PartFailedError as error:
        say(f"The demo could not start: {error}")
        return 1
    finally:
        guard.close()
    say("Everything has ended.")
    return 0


def _prepare(settings: Settings, ports: Ports) -> tuple[Part, ...]:
    secrets = keep_secrets(settings.folder / "secrets")
    parts = plan(settings, ports, secrets, os.environ)
    write_valkey_files(settings, ports, secrets)
    write_people_file(settings)
    return parts


async def _run(settings: Settings, ports: Ports, parts: tuple[Part, ...], guard: Warden) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    logs = settings.folder / "log"
    logs.mkdir(exist_ok=True)
    say(f"Starting {', '.join(part.name for part in parts)}…")
    await Supervisor(parts, logs, guard, say).run(stop, lambda: say(welcome(settings, ports)))


def _check_port(settings: Settings) -> None:
    try:
        free = is_free(settings.port)
    except PermissionError:
        raise SettingsError(f"Port {settings.port} is reserved for root; {_other_port(settings)}") from None
    if not free:
        raise SettingsError(f"Port {settings.port} is taken by another program; {_other_port(settings)}")


def _other_port(settings: Settings) -> str:
    other = 8080 if settings.port < 1024 else settings.port + 1  # noqa: PLR2004 - below are root's ports
    return f"choose another one, as in: PORT={other} make demo"


def _advice(error: SettingsError | FolderInUseError) -> str:
    if isinstance(error, FolderInUseError):
        return f"The demo runs already from this folder ({error.holder}). End it with Ctrl-C there first."
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
