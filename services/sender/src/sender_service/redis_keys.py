"""The names of this room's keys in Redis: ids and digests, never an address or a mailbox's name."""

import hashlib

DUE = "outbox:due"
READY = "outbox:ready"
OUTCOMES = "outbox:outcomes"
"""Hash: what attempts brought for recipients, and how often, since ever."""
ENTRY_PREFIX = "outbox:entry:"
VISIBLE_PREFIX = "outbox:visible:"
UPLOAD_PREFIX = "upload:entry:"


def owner(mailbox: str) -> str:
    """Return what stands for a mailbox in key names."""
    return hashlib.sha256(mailbox.encode()).hexdigest()[:32]


def entry(entry_id: str) -> str:
    """Hash: stage, times (ms), fence, counters, and the sealed letter."""
    return f"{ENTRY_PREFIX}{entry_id}"


def content(entry_id: str) -> str:
    """Hash: chunk number → sealed chunk of the message."""
    return f"outbox:content:{entry_id}"


def visible(mailbox: str) -> str:
    """Sorted set of a mailbox's entries, by when (ms) they disappear; infinite while not final."""
    return f"{VISIBLE_PREFIX}{owner(mailbox)}"


def recent(mailbox: str) -> str:
    """Sorted set of what a mailbox had accepted in the last day, by time (ms)."""
    return f"outbox:recent:{owner(mailbox)}"


def idempotency(mailbox: str, key: str) -> str:
    """Id of the entry that was accepted under an Idempotency-Key."""
    return f"outbox:key:{owner(mailbox)}:{hashlib.sha256(key.encode()).hexdigest()}"


def upload(upload_id: str) -> str:
    """Hash: owner, and the sealed description once the upload is complete."""
    return f"{UPLOAD_PREFIX}{upload_id}"


def upload_chunks(upload_id: str) -> str:
    """Hash: chunk number → sealed chunk."""
    return f"upload:content:{upload_id}"


def upload_quota(mailbox: str) -> str:
    """Hash: upload id → octets, of a mailbox."""
    return f"upload:quota:{owner(mailbox)}"
