"""Recipients are counted by mailbox, whatever the field and the spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courriel_wire import Submission
from sender_service.limits import NoRecipient, TooManyRecipients, read_recipients

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
    if not mailboxes:
        with pytest.raises(NoRecipient):
            read_recipients(submission, limit)
    elif len(mailboxes) > limit:
        with pytest.raises(TooManyRecipients) as refused:
            read_recipients(submission, limit)
        assert (refused.value.limit, refused.value.count) == (limit, len(mailboxes))
    else:
        assert len(read_recipients(submission, limit).unique()) == len(mailboxes)
