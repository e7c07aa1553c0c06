"""What in a message asks for caution: codes, for people to judge by. It accuses nobody and blocks nothing.

First contact is not among them: a maildrop has no history to tell it by.
"""

import re
from collections.abc import Iterator
from typing import Final

from courriel_message.addresses import Address
from courriel_message.hosts import is_mixed
from courriel_message.parsing import Message

_ADDRESS: Final = re.compile(r"[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63})")
_DANGEROUS_NAMES: Final = """
ade adp app appinstaller application appx bat cab chm cmd com cpl dll dmg docm dotm exe hlp hta htm html img
inf ins iqy iso jar jnlp js jse lib lnk mde msc msi msix msp mst one pif potm ppam ppsm pptm ps1 psm1 py pyw
rdp reg scf scr sct settingcontent-ms sh shtml slk svg sys url vb vbe vbs vhd vhdx website ws wsc wsf wsh xht
xhtml xlam xll xlsb xlsm xltm
"""
_DANGEROUS: Final = frozenset(_DANGEROUS_NAMES.split())


def cautions(message: Message) -> tuple[str, ...]:
    """Return the codes that apply.

    `name-imitates-address`: the sender's name looks like an address of another domain. `reply-to-elsewhere`:
    answers go to another domain. `mixed-script-address`: the sender's domain mixes scripts. `dangerous-file`:
    an attachment is of a type that runs (see `is_dangerous`).
    """
    return tuple(dict.fromkeys(_cautions(message)))


def _cautions(message: Message) -> Iterator[str]:
    for sender in message.from_:
        imitated = _ADDRESS.search(sender.name)
        if imitated and not _related(imitated[1].lower(), _domain(sender)):
            yield "name-imitates-address"
        if is_mixed(_domain(sender)):
            yield "mixed-script-address"
    domains = {_domain(sender) for sender in message.from_}
    for address in message.reply_to:
        if domains and not any(_related(_domain(address), domain) for domain in domains):
            yield "reply-to-elsewhere"
    if any(is_dangerous(part.filename or "") for part in message.parts):
        yield "dangerous-file"


def is_dangerous(filename: str) -> bool:
    """Whether a file of this name runs, or makes others run, when it is opened on a usual workstation."""
    return filename.rpartition(".")[2].strip().lower() in _DANGEROUS and "." in filename


def _domain(address: Address) -> str:
    return address.address.rpartition("@")[2].lower().rstrip(".")


def _related(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
