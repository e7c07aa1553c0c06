"""The main job on real servers: what a visit through the public API leaves behind at Dovecot and Postfix."""

import pytest
from tests.integration.journey import Journey, travel
from tests.integration.stack import DOMAIN, Stack


@pytest.fixture(scope="module")
def journey(stack: Stack) -> Journey:
    """Make one visit, from sign-in to sign-out."""
    return travel(stack, "jean.dupont", "marie.martin")


def test_sign_in_gives_a_token_for_the_mailbox(journey: Journey) -> None:
    """The right password gives a bearer token with its life in seconds."""
    answer = journey.answers["sign in"]
    assert answer.status == 200
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["mailbox"] == "jean.dupont"
    assert answer.json["expires_in"] > 0


def test_the_list_shows_what_is_in_the_maildrop(journey: Journey) -> None:
    """A message that came by SMTP stands in the list, with attachment mark and the size as POP3 counts it."""
    page = journey.answers["list"].json
    (line,) = [each for each in page["messages"] if each["subject"] == journey.subject_in]
    assert line["from"] == [{"name": "", "address": f"marie.martin@{DOMAIN}"}]
    assert line["has_attachments"] is True
    assert line["size"] == len(journey.answers["raw"].body)
    assert page["total"] == len(page["messages"]) == 1


def test_a_message_opens_with_its_text_and_its_parts(journey: Journey) -> None:
    """The text is decoded, and the attachment comes back octet by octet."""
    assert journey.marker in journey.answers["open"].json["text"]
    assert journey.answers["part"].body == journey.attachment
    assert journey.answers["part"].status == 200


def test_the_source_is_the_message_as_it_was_delivered(journey: Journey) -> None:
    """The raw message carries the server's own trace fields, untouched."""
    assert journey.answers["raw"].status == 200
    assert b"\r\nReceived: from " in b"\r\n" + journey.answers["raw"].body


def test_what_was_accepted_is_delivered(journey: Journey) -> None:
    """The outbox accepts with 202, says « sent », and the colleague has the message with its attachment."""
    assert journey.answers["upload"].status == 201
    assert journey.answers["send"].status == 202
    assert journey.outbox_entry["state"] == "sent", journey.outbox_entry
    assert journey.delivered is not None
    assert journey.delivered["From"].addresses[0].addr_spec == f"jean.dupont@{DOMAIN}"
    (attachment,) = journey.delivered.iter_attachments()
    assert attachment.get_filename() == "notes.bin"
    assert attachment.get_content() == journey.attachment


def test_a_deleted_message_is_gone_from_the_server(journey: Journey) -> None:
    """When the deletion is answered, the message is no longer in Dovecot's maildrop."""
    assert journey.answers["delete"].status == 200
    (result,) = journey.answers["delete"].json["results"]
    assert result["outcome"] == "deleted"
    assert journey.left_in_maildrop == []


def test_the_token_dies_at_sign_out(journey: Journey) -> None:
    """After 204 the same token is refused at once."""
    assert journey.answers["sign out"].status == 204
    assert journey.answers["after sign-out"].status == 401
