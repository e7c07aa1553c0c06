"""Good settings are read; each bad one is told, and no secret with it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from directory_service.attributes import AttributeMap
from directory_service.settings import Settings

GOOD: dict[str, Any] = {"directory_secret": "hush", "directory_ldif_file": __file__}


def test_the_defaults_are_those_of_the_standard_schema() -> None:
    """inetOrgPerson, groupOfNames and organizationalRole; nothing secret in its repr."""
    settings = Settings(**GOOD)
    assert settings.attribute_map() == AttributeMap()
    assert "hush" not in repr(settings)


def test_attributes_are_read_in_any_case_and_spacing() -> None:
    """The first name is the preferred one."""
    found = Settings(
        **GOOD, directory_name_attributes="CN , uid", directory_services="employeeType = BALF"
    ).attribute_map()
    assert found.name == ("cn", "uid")
    assert found.services == {("employeetype", "balf")}


LDAP: dict[str, Any] = {
    "directory_ldap_url": "ldap://ldap.example",
    "directory_ldap_bases": "ou=people,dc=example; ou=units,dc=example",
    "directory_ldap_bind_dn": "cn=reader",
    "directory_ldap_password": "hush",
}


def test_an_ldap_server_goes_before_the_file() -> None:
    """Both may be given; neither account nor password are needed."""
    server = Settings(**GOOD, **LDAP).ldap_server()
    assert server.bases == ("ou=people,dc=example", "ou=units,dc=example")
    assert (server.bind_dn, server.password) == ("cn=reader", "hush")
    without_file = Settings(
        directory_secret="hush", directory_ldap_url="ldap://ldap.example", directory_ldap_bases="dc=x"
    )
    assert without_file.ldap_server().bind_dn == ""
    assert "hush" not in repr(Settings(**LDAP, directory_secret="hush"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"directory_ldif_file": Path("gone") / "hush.ldif"},
            "directory_ldif_file\n  Path does not point to",
        ),
        ({"directory_ldif_file": Path(__file__).parent}, "Path does not point to a file"),
        ({"directory_secret": None}, "valid string"),
        ({"directory_name_attributes": "cn,,hush"}, "DIRECTORY_NAME_ATTRIBUTES must be attribute names"),
        ({"directory_address_attributes": "(hush"}, "DIRECTORY_ADDRESS_ATTRIBUTES must be"),
        ({"directory_unit_attributes": "o u"}, "DIRECTORY_UNIT_ATTRIBUTES must be"),
        ({"directory_phone_attributes": "*"}, "DIRECTORY_PHONE_ATTRIBUTES must be"),
        ({"directory_ldif_file": None}, "DIRECTORY_LDIF_FILE or DIRECTORY_LDAP_URL is needed"),
        ({**LDAP, "directory_ldap_url": "hush://x"}, "an LDAP URL starts with"),
        ({**LDAP, "directory_ldap_bases": "dc=hush;;"}, "DIRECTORY_LDAP_BASES must be DNs"),
        ({**LDAP, "directory_ldap_bases": ""}, "DIRECTORY_LDAP_BASES must be DNs"),
        (
            {**LDAP, "directory_ldap_bind_dn": ""},
            "DIRECTORY_LDAP_BIND_DN and DIRECTORY_LDAP_PASSWORD go together",
        ),
        ({**LDAP, "directory_ldap_filter": "mail=hush"}, "directory_ldap_filter"),
        ({"directory_services": "hush"}, "DIRECTORY_SERVICES must be attribute=value pairs"),
    ],
)
def test_a_bad_value_is_told(change: dict[str, Any], message: str) -> None:
    """By a sentence; never with the value."""
    with pytest.raises(ValidationError) as refused:
        Settings(**{**GOOD, **change})
    assert message in str(refused.value)
    assert "hush" not in str(refused.value)
