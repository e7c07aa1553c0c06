"""Recipients are counted by mailbox, whatever the field and the spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courriel_wire import Submission
from sender_service.limits import (
    FileTypeNotAllowed,
    Limits,
    NoRecipient,
    RecipientNotAllowed,
    TooManyRecipients,
    read_recipients,
)

LOCALS = st.sampled_from([f"p{n}" for n in range(12)] + ["P1", "jean.dupont"])
DOMAINS = st.sampled_from(["demo.example", "other.example", "été.example"])


@st.composite
def spelling(draw: st.DrawFn) -> tuple[tuple[str, str], str]:
    """Draw a mailbox (local part, domain), and one way of typing it."""
    local, domain = draw(LOCALS), draw(DOMAINS)
    typed = draw(st.sampled_from([domain, domain.upper(), domain.title()]))
    address = f"{local}@{typed}"
    return (local, domain), draw(st.sampled_from([address, f"Nom <{address}>", f" {address} "]))


FIELD = st.lists(st.tuples(spelling(), st.sampled_from([", ", ";", "\n"])), max_size=12)


@given(to=FIELD, cc=FIELD, bcc=FIELD, limit=st.integers(1, 20))
def test_a_mailbox_counts_once(
    to: list[tuple[tuple[tuple[str, str], str], str]],
    cc: list[tuple[tuple[tuple[str, str], str], str]],
    bcc: list[tuple[tuple[tuple[str, str], str], str]],
    limit: int,
) -> None:
    """The count is of the set of (local part as it is, domain whatever its case), over the three fields."""
    mailboxes = {mailbox for field in (to, cc, bcc) for (mailbox, _), _ in field}
    submission = Submission(
        to=["".join(typed + separator for (_, typed), separator in to)],
        cc=[typed for (_, typed), _ in cc],
        bcc=["".join(typed + separator for (_, typed), separator in bcc)],
    )
    limits = Limits(recipients=limit, message_octets=1, attachments=1, attachment_octets=1)
    if not mailboxes:
        with pytest.raises(NoRecipient):
            read_recipients(submission, limits)
    elif len(mailboxes) > limit:
        with pytest.raises(TooManyRecipients) as refused:
            read_recipients(submission, limits)
        assert (refused.value.limit, refused.value.count) == (limit, len(mailboxes))
    else:
        assert len(read_recipients(submission, limits).unique()) == len(mailboxes)


def limits(**changes: tuple[str, ...]) -> Limits:
    """Make limits with a policy."""
    return Limits(recipients=5, message_octets=1, attachments=1, attachment_octets=1, **changes)


@pytest.mark.parametrize("name", ["setup.exe", "SETUP.EXE", "facture.pdf.exe", "setup.exe. ", "exe"])
def test_a_forbidden_file_is_known_by_its_last_extension(name: str) -> None:
    """Whatever its case, and whatever stands before it; other files pass."""
    policy = limits(forbidden_file_types=("exe",))
    with pytest.raises(FileTypeNotAllowed) as refused:
        policy.check_file(name, "application/pdf")
    assert refused.value.file_type == "exe"
    policy.check_file("exe.pdf", "application/pdf")


def test_a_forbidden_file_is_known_by_its_media_type() -> None:
    """Where the type is named instead of an extension."""
    with pytest.raises(FileTypeNotAllowed):
        limits(forbidden_file_types=("application/x-dosexec",)).check_file("a", "application/x-DOSexec")


@pytest.mark.parametrize(
    ("policy", "allowed", "refused"),
    [
        ({"forbidden_domains": ("x.test",)}, "a@notx.test", "a@X.test"),
        ({"forbidden_domains": ("x.test",)}, "a@example", "a@sub.x.test"),
        ({"allowed_domains": ("x.test",)}, "a@sub.x.test", "a@notx.test"),
        (
            {"allowed_domains": ("x.test",), "forbidden_domains": ("b.x.test",)},
            "a@x.test",
            "a@b.x.test",
        ),
    ],
)
def test_domains_are_allowed_or_not(policy: dict[str, tuple[str, ...]], allowed: str, refused: str) -> None:
    """With their subdomains, whatever the case; forbidden counts more than allowed."""
    limits(**policy).check_recipients([allowed])
    with pytest.raises(RecipientNotAllowed) as told:
        limits(**policy).check_recipients([allowed, refused])
    assert told.value.address == refused
