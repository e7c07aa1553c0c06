"""The directory from an LDIF file, read once. A changed file needs a restart."""

from pathlib import Path

from directory_service.attributes import AttributeMap
from directory_service.ldif import Malformed, read_ldif
from directory_service.people_memory import MemoryPeople, Reading


def read_people(file: Path, attribute_map: AttributeMap) -> MemoryPeople:
    """Read the file; records that cannot be used are left out, and counted in the log. Raises OSError."""
    reading = Reading(attribute_map)
    with file.open("rb") as lines:
        for record in read_ldif(lines):
            if isinstance(record, Malformed):
                reading.leave_out(record.reason)
            else:
                reading.take(record.attributes)
    return reading.people()
