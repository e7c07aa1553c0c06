"""The directory's settings. Built by `main.py` only."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, FilePath, SecretStr, model_validator

from courriel_web.settings import ServiceSettings
from directory_service.attributes import AttributeMap
from directory_service.ldap_server import LdapServer, read_ldap_url

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def _ldap_url(url: str) -> str:
    read_ldap_url(url)
    return url


LdapUrl = Annotated[str, AfterValidator(_ldap_url)]
AttributeNames = Annotated[str, Field(min_length=1, max_length=1000)]


class Settings(ServiceSettings):
    """Frozen; a docstring under each field is its line in docs/configuration.md."""

    auth_url: str = "http://127.0.0.1:8101"
    """Where the auth service answers."""
    directory_secret: SecretStr
    """Our service credential towards auth."""
    directory_ldif_file: FilePath | None = None
    """The directory's entries as LDIF (RFC 2849), read once at the start. Needed without an LDAP server."""
    directory_ldap_url: LdapUrl | None = None
    """The LDAP server, instead of the file: `ldap://host[:389]` (StartTLS, required except on loopback or
    with `?tls=none`) or `ldaps://host[:636]`. Needs requirements/ldap.txt, which the image has."""
    directory_ldap_ca_file: FilePath | None = None
    """Authorities (PEM) that sign the LDAP server's certificate, instead of the system's."""
    directory_ldap_bases: str = ""
    """Where to read: base DNs with semicolons between, such as `ou=people,dc=example;ou=units,dc=example`."""
    directory_ldap_filter: Annotated[str, Field(pattern=r"^\(.+\)$", max_length=2000)] = "(mail=*)"
    """What to read below the bases (RFC 4515)."""
    directory_ldap_bind_dn: str = ""
    """The account that reads; empty reads anonymously. Its size limit must be above the directory's size."""
    directory_ldap_password: SecretStr = SecretStr("")
    """That account's password."""
    directory_ldap_seconds: Annotated[float, Field(gt=0)] = 10.0
    """The longest silence of the LDAP server."""
    directory_ldap_refresh_seconds: Annotated[float, Field(ge=1)] = 900.0
    """How often the LDAP directory is copied anew; a search asks the copy."""
    directory_name_attributes: AttributeNames = "displayName,cn"
    """Attributes of the name, the preferred first; without any, givenName and sn are the name."""
    directory_address_attributes: AttributeNames = "mail"
    """Attributes of the mail address; an entry without one is not shown."""
    directory_unit_attributes: AttributeNames = "ou,departmentNumber"
    """Attributes of the unit."""
    directory_phone_attributes: AttributeNames = "telephoneNumber"
    """Attributes of the phone number."""
    directory_services: AttributeNames = "objectClass=groupOfNames,objectClass=organizationalRole"
    """What makes an entry a service and not a person: any of these `attribute=value` pairs."""

    @model_validator(mode="after")
    def _a_source(self) -> Self:
        if self.directory_ldif_file is None and self.directory_ldap_url is None:
            raise ValueError("DIRECTORY_LDIF_FILE or DIRECTORY_LDAP_URL is needed")
        if self.directory_ldap_url is not None:
            self.ldap_server()
        return self

    @model_validator(mode="after")
    def _attributes_are_named(self) -> Self:
        self.attribute_map()
        return self

    def ldap_server(self) -> LdapServer:
        """Return the server the settings describe. Raises ValueError."""
        host, port, tls = read_ldap_url(self.directory_ldap_url or "")
        bases = tuple(base.strip() for base in self.directory_ldap_bases.split(";"))
        if not all(bases):
            raise ValueError("DIRECTORY_LDAP_BASES must be DNs with semicolons between")
        password = self.directory_ldap_password.get_secret_value()
        if bool(self.directory_ldap_bind_dn) != bool(password):
            raise ValueError("DIRECTORY_LDAP_BIND_DN and DIRECTORY_LDAP_PASSWORD go together")
        return LdapServer(
            host=host,
            port=port,
            tls=tls,
            bases=bases,
            record_filter=self.directory_ldap_filter,
            bind_dn=self.directory_ldap_bind_dn,
            password=password,
            ca_file=self.directory_ldap_ca_file,
            seconds=self.directory_ldap_seconds,
        )

    def attribute_map(self) -> AttributeMap:
        """Return the map the settings describe. Raises ValueError."""
        return AttributeMap(
            name=_names("DIRECTORY_NAME_ATTRIBUTES", self.directory_name_attributes),
            address=_names("DIRECTORY_ADDRESS_ATTRIBUTES", self.directory_address_attributes),
            unit=_names("DIRECTORY_UNIT_ATTRIBUTES", self.directory_unit_attributes),
            phone=_names("DIRECTORY_PHONE_ATTRIBUTES", self.directory_phone_attributes),
            services=_pairs("DIRECTORY_SERVICES", self.directory_services),
        )


def _names(setting: str, text: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in text.split(","))
    if not all(_NAME.fullmatch(name) for name in names):
        raise ValueError(f"{setting} must be attribute names with commas between, such as displayName,cn")
    return names


def _pairs(setting: str, text: str) -> frozenset[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in text.split(",")]
    found = frozenset((name.strip().lower(), value.strip().casefold()) for name, _, value in pairs)
    if not all(_NAME.fullmatch(name) and value for name, value in found):
        raise ValueError(f"{setting} must be attribute=value pairs with commas between")
    return found
