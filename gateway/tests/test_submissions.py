"""The identifiers that an answer carries, so that mail readers put it under what it answers."""

from gateway_fakes import letter

from gateway_service.submissions import thread_of


def test_answer_carries_the_thread() -> None:
    """References are the message's own and its identifier; In-Reply-To is that identifier."""
    message = letter("m", references=["<a@x>", "<b@x>"], message_id="<c@x>")
    assert thread_of(message) == ("<c@x>", ("<a@x>", "<b@x>", "<c@x>"))


def test_without_references_in_reply_to_stands_in() -> None:
    """RFC 5322 section 3.6.4: a message without References passes its In-Reply-To on."""
    message = letter("m", in_reply_to=["<a@x>"], message_id="<c@x>")
    assert thread_of(message) == ("<c@x>", ("<a@x>", "<c@x>"))


def test_what_is_no_identifier_is_left_out() -> None:
    """A message without a sound identifier can still be answered."""
    assert thread_of(letter("m", message_id=None)) == (None, ())
    assert thread_of(letter("m", message_id="<a b@x>", references=["<a@x>", "x"])) == (None, ("<a@x>",))


def test_endless_threads_are_cut() -> None:
    """The first and the newest identifiers are kept."""
    message = letter("m", references=[f"<{number}@x>" for number in range(500)], message_id="<last@x>")
    _, references = thread_of(message)
    assert len(references) == 100
    assert (references[0], references[-1]) == ("<0@x>", "<last@x>")
