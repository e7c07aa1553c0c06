"""The directory over a real OpenLDAP: the port's promises, and every way in which the server lets it down."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.integration.openldap_server import ACCOUNTS, SUFFIX, OpenLdap, Record, openldap

pytest.importorskip("bonsai", reason="requirements/ldap.txt is not installed")  # tests/run does, or says so
sys.path.append(str(Path(__file__).parents[2] / "services" / "directory" / "tests"))
pytest.register_assert_rewrite("directory_port_suite")

from directory_port_suite import ENTRIES, PeopleSuite  # noqa: E402

from courriel_wire import EntryKind  # noqa: E402
from directory_service.attributes import AttributeMap  # noqa: E402
from directory_service.errors import DirectoryUnavailable  # noqa: E402
from directory_service.ldap_server import LdapServer, Tls  # noqa: E402
from directory_service.people import Entry, Query  # noqa: E402
from directory_service.people_ldap import LdapPeople  # noqa: E402

NEWCOMER = Entry("Zoé Neuve", "zoe@demo.example", EntryKind.PERSON)


def record(entry: Entry) -> Record:
    """Write an entry as OpenLDAP's standard schema has it, services in a branch of their own."""
    service = entry.kind is EntryKind.SERVICE
    attributes = {
        "objectClass": ["organizationalRole", "extensibleObject"] if service else ["inetOrgPerson"],
        "cn": [entry.name],
        "mail": [entry.address],
        **({} if service else {"sn": [entry.name]}),
        **({"ou": [entry.unit]} if entry.unit else {}),
        **({"telephoneNumber": [entry.phone]} if entry.phone else {}),
    }
    return f"cn={entry.name},ou={'services' if service else 'people'},{SUFFIX}", attributes


RECORDS = [
    *map(record, ENTRIES),
    (f"cn=elsewhere,ou=people,{SUFFIX}", {
        "objectClass": ["referral", "extensibleObject"], "ref": ["ldap://192.0.2.1/dc=elsewhere"],
    }),
]  # fmt: skip


@pytest.fixture(scope="module")
def ldap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenLdap]:
    """Start OpenLDAP over the suite's entries, and a referral that nobody may follow."""
    with openldap(tmp_path_factory.mktemp("openldap"), RECORDS) as server:
        yield server


def server_of(ldap: OpenLdap, account: str = "reader", **other: object) -> LdapServer:
    """Describe the container as ops would: two bases, StartTLS, the authority."""
    described = LdapServer(
        host=ldap.host,
        port=ldap.port(),
        tls=Tls.STARTTLS,
        bases=(f"ou=people,{SUFFIX}", f"ou=services,{SUFFIX}"),
        bind_dn=f"cn={account},{SUFFIX}",
        password=ACCOUNTS[account],
        ca_file=ldap.ca_file,
        seconds=2.0,
    )
    return replace(described, **other)  # type: ignore[arg-type]


def people_of(server: LdapServer) -> LdapPeople:
    """Make the adapter."""
    return LdapPeople(server, AttributeMap(), refresh_seconds=3600)


class TestLdapPeople(PeopleSuite):
    """OpenLDAP over StartTLS."""

    @pytest.fixture
    async def people(self, ldap: OpenLdap) -> LdapPeople:
        """Copy the directory."""
        people = people_of(server_of(ldap))
        assert await people.read()
        return people


async def names(people: LdapPeople, text: str = "demo") -> list[str]:
    """Search."""
    return [entry.name for entry in (await people.search(Query(text))).entries]


async def test_implicit_tls_is_verified(ldap: OpenLdap) -> None:
    """ldaps:// reads as StartTLS does."""
    people = people_of(server_of(ldap, tls=Tls.IMPLICIT, port=ldap.port(636)))
    assert await people.read()
    assert len(await names(people)) == len(ENTRIES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ca_file": None},
        {"tls": Tls.IMPLICIT, "ca_file": None},
        {"password": "s3same"},
        {"bind_dn": "", "password": ""},
        {"bases": (f"ou=nowhere,{SUFFIX}",)},
        {"record_filter": "(&(mail=*)"},
        {"host": "127.0.0.1", "port": 9},
    ],
    ids=["untrusted", "untrusted-ldaps", "password", "anonymous", "base", "filter", "nobody-there"],
)
async def test_what_cannot_be_read_leaves_no_directory(ldap: OpenLdap, wrong: dict[str, object]) -> None:
    """It is told as unavailable, and logged without anything secret."""
    server = server_of(ldap, **wrong)
    if wrong.get("port") == 636:
        server = replace(server, port=ldap.port(636))
    people = people_of(server)
    with capture_logs() as logs:
        assert not await people.read()
    assert [line["event"] for line in logs] == ["directory not read"]
    assert server.password not in str(logs) or not server.password
    for asking in (people.search(Query("jean")), people.check()):
        with pytest.raises(DirectoryUnavailable):
            await asking


async def test_a_size_limit_is_told_and_not_hidden(ldap: OpenLdap) -> None:
    """What the account may read is there, and every answer says that there is more."""
    people = people_of(server_of(ldap, "limited"))
    with capture_logs() as logs:
        assert await people.read()
    found = await people.search(Query("demo"))
    assert (0 < len(found.entries) < len(ENTRIES), found.truncated) == (True, True)
    assert (logs[0]["log_level"], logs[0]["complete"]) == ("warning", False)


async def test_a_server_that_hangs_is_given_up(ldap: OpenLdap) -> None:
    """Within the silence it is allowed."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = server_of(ldap, host="127.0.0.1", port=silent.getsockname()[1], seconds=0.5)
        async with asyncio.timeout(5):
            assert not await people_of(server).read()


async def test_the_copy_outlives_the_server_and_follows_it(ldap: OpenLdap) -> None:
    """While the server is away the last copy answers; the next reading shows what has changed."""
    people = people_of(server_of(ldap))
    assert await people.read()
    ldap.container.get_wrapped_container().stop(timeout=1)
    assert not await people.read()
    assert len(await names(people)) == len(ENTRIES)
    try:
        ldap.restart([*RECORDS[1:], record(NEWCOMER)])
        people = people_of(server_of(ldap))
        assert await people.read()
        assert await names(people, "helene") == []
        assert await names(people, "zoe") == ["Zoé Neuve"]
    finally:
        ldap.restart(RECORDS)


async def test_it_keeps_itself_current(ldap: OpenLdap) -> None:
    """As long as the application runs, and not one reading longer."""
    people = LdapPeople(server_of(ldap), AttributeMap(), refresh_seconds=0.05)
    with capture_logs() as logs:
        async with asyncio.timeout(10), people.kept():
            while len(logs) < 3:  # noqa: ASYNC110 — a log has no event
                await asyncio.sleep(0.01)
        told = len(logs)
    assert {line["event"] for line in logs} == {"directory read"}
    assert told >= 3
    await people.check()
