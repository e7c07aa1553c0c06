"""A login is known again in the same process, and cannot be read from its mark."""

from mailbox_service.connections import Login
from mailbox_service.known_logins import KnownLogins


def test_only_the_same_login_is_known_again() -> None:
    """User name and password, each as it is: neither of them runs into the other."""
    logins = KnownLogins()
    marks = [logins.mark(Login("marie", "demo")), logins.mark(Login("jean", "démo"))]
    assert logins.recognise(Login("jean", "démo"), marks)
    for other in (Login("jean", "demo"), Login("marie", "démo"), Login("jeand", "émo")):
        assert not logins.recognise(other, marks)
    assert not logins.recognise(Login("jean", "démo"), [])


def test_a_mark_is_worth_nothing_in_another_process() -> None:
    """It is keyed: nobody can try passwords on it."""
    login = Login("jean", "demo")
    assert KnownLogins().mark(login) != KnownLogins().mark(login)
    assert b"demo" not in KnownLogins().mark(login)
