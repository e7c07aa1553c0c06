"""The directory's settings. Built by `main.py` only."""

import re
from typing import Annotated, Self

from pydantic import Field, FilePath, SecretStr, model_validator

from courriel_web.settings import ServiceSettings
from directory_service.attributes import AttributeMap

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
AttributeNames = Annotated[str, Field(min_length=1, max_length=1000)]


class Settings(ServiceSettings):
    """Frozen; a docstring under each field is its line in docs/configuration.md."""

    auth_url: str = "http://127.0.0.1:8101"
    """Where the auth service answers."""
    directory_secret: SecretStr
    """Our service credential towards auth."""
    directory_ldif_file: FilePath
    """The directory's entries as LDIF (RFC 2849), read once at the start."""
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
    def _attributes_are_named(self) -> Self:
        self.attribute_map()
        return self

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
