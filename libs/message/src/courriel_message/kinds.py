"""What kind of message it is, where people must be told: signed, encrypted, incomplete. Codes for `notes`.

Recognises and says so. It verifies no signature and decrypts nothing: the keys are on the person's own
workstation.
"""

from collections.abc import Iterator
from typing import Final

from courriel_message.entities import Entity

_PGP_BEGINNINGS: Final = {
    "-----BEGIN PGP MESSAGE-----": "pgp-encrypted",
    "-----BEGIN PGP SIGNED MESSAGE-----": "pgp-signed",
}
_PKCS7: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIMPLE: Final = {"message/partial": "partial-message", "message/external-body": "external-body"}


def kinds_of(root: Entity, text: str) -> Iterator[str]:
    """Yield codes; `text` is the readable text, where OpenPGP may stand by itself (RFC 9580, section 6.2)."""
    for beginning, code in _PGP_BEGINNINGS.items():
        if beginning in text[:2000]:
            yield code
    yield from _kinds(root)


def _kinds(entity: Entity) -> Iterator[str]:
    kind, parameters = entity.content_type, entity.kind.parameters
    protocol = parameters.get("protocol", "").lower()
    if kind in _SIMPLE:
        yield _SIMPLE[kind]
    elif kind in _PKCS7:
        signed = parameters.get("smime-type", "").lower() in {"signed-data", "certs-only"}
        yield "smime-sealed" if signed else "smime-encrypted"
    elif kind == "multipart/encrypted":
        yield "pgp-encrypted"
    elif kind == "multipart/signed":
        yield "pgp-signed" if "pgp" in protocol else "smime-signed"
    for child in entity.children:
        yield from _kinds(child)
