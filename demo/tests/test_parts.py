"""The plan: which parts there are, and what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from courriel_demo.accounts import ACCOUNTS
from courriel_demo.console import welcome
from courriel_demo.parts import Part, Ports, plan, write_people_file, write_valkey_files
from courriel_demo.secret_file import keep_secrets
from courriel_demo.settings import Settings

PORTS = Ports(state=1, cache=2, pop3=3, smtp=4, auth=5, mailbox=6, sender=7, directory=8)
SECRETS = {"VALKEY_PASSWORD": "pw", "AUTH_SECRET": "made"}
OWN_MAIL = Settings(pop3_url="pop3://u:hush@pop.example.org:110", smtp_url="smtps://smtp.example.org")


def planned(settings: Settings, **environment: str) -> dict[str, Part]:
    """Plan with the fixed ports and secrets."""
    return {part.name: part for part in plan(settings, PORTS, SECRETS, environment)}


def test_the_parts_come_in_the_order_of_their_stages() -> None:
    """Stores first, the gateway last."""
    parts = list(planned(Settings()).values())
    assert [part.name for part in parts] == [
        "valkey-state",
        "valkey-cache",
        "mail",
        "auth",
        "mailbox",
        "sender",
        "directory",
        "sender-worker",
        "gateway",
    ]
    assert [part.stage for part in parts] == sorted(part.stage for part in parts)


@pytest.mark.parametrize(
    ("settings", "absent"),
    [
        (OWN_MAIL, {"mail"}),
        (Settings(redis_url="redis://r"), {"valkey-state", "valkey-cache"}),
    ],
)
def test_a_replaced_part_is_not_started(settings: Settings, absent: set[str]) -> None:
    """A server that the person brings is not brought by the demo."""
    assert set(planned(Settings())) - set(planned(settings)) == absent


def test_services_are_wired_to_each_other() -> None:
    """Every service gets the same addresses, and knows where the pages are."""
    parts = planned(Settings(port=8081, mail_domain="ville.fr"))
    for name in ("auth", "mailbox", "sender", "directory", "sender-worker", "gateway"):
        environment = parts[name].environment
        assert environment["REDIS_STATE_URL"] == "redis://:pw@127.0.0.1:1/0"
        assert environment["REDIS_CACHE_URL"] == "redis://:pw@127.0.0.1:2/0"
        assert environment["POP3_URL"] == "pop3://127.0.0.1:3"
        assert environment["SMTP_URL"] == "smtp://127.0.0.1:4"
        assert environment["AUTH_URL"] == "http://127.0.0.1:5"
        assert environment["DIRECTORY_URL"] == "http://127.0.0.1:8"
        assert environment["MAIL_DOMAIN"] == "ville.fr"
        assert environment["PUBLIC_URL"] == "http://127.0.0.1:8081"
    assert parts["gateway"].command[-5:-3] == ("--port", "8081")
    assert parts["mail"].command[-2:] == ("--domain", "ville.fr")


def test_one_redis_serves_both_roles() -> None:
    """REDIS_URL stands for state and cache."""
    environment = planned(Settings(redis_url="redis://r"))["auth"].environment
    assert (environment["REDIS_STATE_URL"], environment["REDIS_CACHE_URL"]) == ("redis://r", "redis://r")


def test_the_persons_environment_passes_through() -> None:
    """Settings of the services and own keys reach them; a stale AUTH_URL or an empty name does not."""
    given = {"SENDER_MAX_RECIPIENTS": "3", "AUTH_SECRET": "mine", "AUTH_URL": "http://old", "MAIL_DOMAIN": ""}
    environment = planned(Settings(), **given)["sender"].environment
    assert environment["SENDER_MAX_RECIPIENTS"] == "3"
    assert environment["AUTH_SECRET"] == "mine"
    assert environment["AUTH_URL"] == "http://127.0.0.1:5"
    assert environment["MAIL_DOMAIN"] == "demo.example"


def test_neither_command_lines_nor_repr_hold_secrets() -> None:
    """Whoever lists processes or reads a log learns nothing."""
    for part in planned(Settings()).values():
        assert "pw" not in " ".join(part.command).split()
        assert "made" not in repr(part)


def test_the_valkey_files_are_the_owners(tmp_path: Path) -> None:
    """State is on disk at once and never evicted, the cache is neither; the password is the owner's."""
    write_valkey_files(Settings(folder=tmp_path), PORTS, SECRETS)
    state, cache = (tmp_path / "valkey" / f"{role}.conf" for role in ("state", "cache"))
    durable, volatile = (set(file.read_text().splitlines()) for file in (state, cache))
    assert {"appendonly yes", "appendfsync always", "maxmemory-policy noeviction"} <= durable
    assert {"appendonly no", "maxmemory-policy allkeys-lru", "bind 127.0.0.1"} <= volatile
    assert state.stat().st_mode & 0o777 == cache.stat().st_mode & 0o777 == 0o600


def test_the_directory_is_of_the_mailboxes_domain(tmp_path: Path) -> None:
    """Every account stands in it, at the domain that was chosen."""
    settings = Settings(folder=tmp_path, mail_domain="ville.fr")
    write_people_file(settings)
    file = planned(settings)["directory"].environment["DIRECTORY_LDIF_FILE"]
    lines = Path(file).read_text().splitlines()
    assert {f"mail: {account.name}@ville.fr" for account in ACCOUNTS} <= set(lines)
    assert not [line for line in lines if "@demo.example" in line]


def test_the_persons_own_directory_goes_before_the_demos() -> None:
    """An empty name is none."""
    assert (
        planned(Settings(), DIRECTORY_LDIF_FILE="/my.ldif")["directory"].environment["DIRECTORY_LDIF_FILE"]
        == "/my.ldif"
    )
    assert planned(Settings(), DIRECTORY_LDIF_FILE="")["directory"].environment["DIRECTORY_LDIF_FILE"] == str(
        Path(".demo/people.ldif")
    )


def test_secrets_are_made_once(tmp_path: Path) -> None:
    """A second start finds the same secrets, a later version adds what it needs, only the owner reads."""
    file = tmp_path / "secrets"
    made = keep_secrets(file)
    assert keep_secrets(file) == made
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("AUTH_SECRET=old\n")
    assert keep_secrets(file)["AUTH_SECRET"] == "old"
    assert keep_secrets(file).keys() == made.keys()
    assert made["AUTH_KEYS"].startswith("demo:")


def test_the_welcome_names_the_demo_accounts() -> None:
    """Whoever starts the demo reads the address, the accounts and the password."""
    box = welcome(Settings(folder=Path(".demo")), PORTS)
    for words in (
        "http://127.0.0.1:8080",
        "jean.dupont",
        "balf-de-mon.service",
        "password is demo",
        ".demo/log",
    ):
        assert words in box
    assert len({len(line) for line in box.splitlines()}) == 1


def test_the_welcome_keeps_demo_accounts_to_the_demo_server() -> None:
    """With the person's own servers no demo account is advertised, and no credential shown."""
    box = welcome(OWN_MAIL, PORTS)
    assert "jean.dupont" not in box
    assert "hush" not in box
    assert "pop.example.org:110" in box
