"""Sign-in, refusals, exclusive use and sign-out, as a person meets them."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import httpx2
import pytest
from gateway_fakes import FakeAuth, FakeMailbox, problem

from courriel_web.service_client import UpstreamUnavailable
from courriel_wire import Code, LastSignIn
from gateway_service.app import create_app
from gateway_service.settings import Settings

GOOD = {"username": "jean.dupont", "password": "demo"}
REFUSED = (
    "La connexion est refusée. Il est probable que votre nom d&#39;utilisateur "
    "ou votre mot de passe ait été mal saisi."
)


async def test_form_has_the_guide_s_fields(visitor: httpx2.AsyncClient) -> None:
    """The first page asks for user name, password and mode, under the guide's words."""
    page = (await visitor.get("/sign-in")).text
    for words in ("Nom d&#39;utilisateur", "Mot de passe", "Mode", "Automatique", "Basique", "Connexion"):
        assert words in page.replace("d'utilisateur", "d&#39;utilisateur")
    assert "Mobile (Smartphone/Tablet)" in page
    assert "Vue Smartphone" in page


async def test_imap_line_links_the_webmail(settings: Settings, auth: FakeAuth) -> None:
    """A constant line says where an IMAP mailbox is read, with the configured link."""
    app = create_app(settings.model_copy(update={"webmail_url": "https://webmail.example/"}), auth=auth)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://t") as browser:
        assert '<a href="https://webmail.example/">Webmail</a>' in (await browser.get("/sign-in")).text


async def test_sign_in_leads_to_the_inbox_with_a_guarded_cookie(visitor: httpx2.AsyncClient) -> None:
    """The token goes into a cookie that scripts and other sites cannot use, and into no page or URL."""
    answer = await visitor.post("/sign-in", data=GOOD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/messages")
    cookie = answer.headers.get_list("set-cookie")[0]
    assert cookie.startswith("session=0123456789abcdef.token0;")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age" not in cookie
    assert "expires" not in cookie.lower()


async def test_https_binds_the_cookie_to_the_host(settings: Settings, auth: FakeAuth) -> None:
    """Where PUBLIC_URL is https the cookie is Secure and has the __Host- prefix, and HSTS is sent."""
    app = create_app(
        settings.model_copy(update={"public_url": "https://courriel.test"}), auth=auth, mailbox=FakeMailbox()
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="https://courriel.test"
    ) as browser:
        answer = await browser.post("/sign-in", data=GOOD, headers={"Origin": "https://courriel.test"})
    assert answer.headers["set-cookie"].startswith("__Host-session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age=" in answer.headers["strict-transport-security"]


async def test_refusal_has_one_wording_and_keeps_the_name(visitor: httpx2.AsyncClient) -> None:
    """A wrong password shows the guide's banner, keeps the user name typed, and forgets the password."""
    answer = await visitor.post("/sign-in", data={"username": "jean.dupont", "password": "s3cret-typo"})
    assert answer.status_code == 401
    assert REFUSED in answer.text.replace("nom d'utilisateur", "nom d&#39;utilisateur")
    assert 'value="jean.dupont"' in answer.text
    assert "s3cret-typo" not in answer.text


@pytest.mark.parametrize(("username", "password"), [("", "demo"), ("jean.dupont", ""), ("x" * 321, "demo")])
async def test_incomplete_form_asks_no_service(
    visitor: httpx2.AsyncClient, auth: FakeAuth, username: str, password: str
) -> None:
    """A form without name or password is told so at once."""
    answer = await visitor.post("/sign-in", data={"username": username, "password": password})
    assert answer.status_code == 422
    assert "Saisissez votre nom d’utilisateur" in answer.text
    assert not auth.requests


async def test_open_elsewhere_says_where_and_since_when(visitor: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """A mailbox in use tells application, time and « quitter », and offers to close the other session."""
    auth.in_use = problem(
        Code.MAILBOX_IN_USE, 409, application="webmail", since="2026-03-01T08:05:00Z", takeover=True
    )
    answer = await visitor.post("/sign-in", data=GOOD)
    assert answer.status_code == 409
    assert "dans le Webmail depuis dimanche 1er mars 2026 à 09:05" in answer.text
    assert "«\u00a0quitter\u00a0»" in answer.text
    assert 'name="takeover" value="true"' in answer.text
    assert "demo" not in answer.text


async def test_open_elsewhere_is_told_in_english_too(visitor: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """The same in the other language, with its form of the date."""
    auth.in_use = problem(
        Code.MAILBOX_IN_USE, 409, application="webmail", since="2026-07-01T08:05:00Z", takeover=True
    )
    answer = await visitor.post("/sign-in", data=GOOD, headers={"Accept-Language": "en"})
    assert "has been open in the Webmail since Wednesday 1 July 2026 at 10:05" in answer.text
    assert "sign out in the other window" in answer.text
    assert 'name="takeover" value="true"' in answer.text


@pytest.mark.parametrize(
    ("application", "words"),
    [
        ("courriel-leger", "dans le Courriel léger."),
        ("webmail", "dans le Webmail."),
        ("Bureau.virtuel-2", "dans Bureau.virtuel-2."),
        ("", "dans une autre application."),
    ],
)
async def test_the_application_that_has_the_mailbox_is_named(
    visitor: httpx2.AsyncClient, auth: FakeAuth, application: str, words: str
) -> None:
    """Ours and the Webmail by their usual names, any other as ops named it; no time where none is known."""
    auth.in_use = problem(Code.MAILBOX_IN_USE, 409, application=application, takeover=False)
    answer = await visitor.post("/sign-in", data=GOOD)
    assert "Cette boîte aux lettres est déjà ouverte " + words in answer.text


async def test_take_over_needs_the_password_again(visitor: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """The button that closes the other session sends the form, with a password typed anew."""
    auth.in_use = problem(Code.MAILBOX_IN_USE, 409, application="webmail", takeover=True)
    answer = await visitor.post("/sign-in", data={**GOOD, "takeover": "true"})
    assert answer.status_code == 303
    assert auth.requests[-1].takeover


async def test_no_take_over_where_policy_forbids(visitor: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """Without the right to take over there is no button for it."""
    auth.in_use = problem(Code.MAILBOX_IN_USE, 409, application="<autre>", takeover=False)
    answer = await visitor.post("/sign-in", data=GOOD)
    assert 'name="takeover"' not in answer.text
    assert "fermer l’autre session" not in answer.text
    assert "«\u00a0quitter\u00a0»" in answer.text
    assert "&lt;autre&gt;" in answer.text


async def test_own_earlier_session_gives_way(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """Signing in again in the same browser replaces its own session and is not refused by it."""
    answer = await browser.post("/sign-in", data=GOOD)
    assert answer.status_code == 303
    assert len(auth.sessions) == 1
    assert auth.revoked == ["0123456789abcdef.token0"]


async def test_wrong_password_leaves_own_session_alone(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """A refusal in a browser that is signed in ends nothing."""
    assert (await browser.post("/sign-in", data={**GOOD, "password": "no"})).status_code == 401
    assert not auth.revoked


@pytest.mark.parametrize(
    ("failure", "status", "words", "retry"),
    [
        (problem(Code.TOO_MANY_ATTEMPTS, 429, 90), 429, "Patientez 2\u00a0min", "90"),
        (problem(Code.MAIL_SERVER_UNAVAILABLE, 503, 10), 503, "Le serveur de messagerie ne répond pas", "10"),
        (problem(Code.MAILDROP_BUSY, 503, 5), 503, "La boîte aux lettres est occupée", "5"),
        (problem(Code.STATE_UNAVAILABLE, 503, 5), 503, "Le service est momentanément indisponible", "5"),
        (UpstreamUnavailable(), 503, "Une partie du service ne répond pas", "5"),
    ],
)
async def test_trouble_is_told_in_plain_words(
    *, visitor: httpx2.AsyncClient, auth: FakeAuth, failure: Exception, status: int, words: str, retry: str
) -> None:
    """Throttling and outages keep the form, say what is the matter and when to try again."""
    auth.failure = failure
    answer = await visitor.post("/sign-in", data=GOOD)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, retry)
    assert words in answer.text
    assert 'value="jean.dupont"' in answer.text


async def test_last_sign_in_is_told_once(visitor: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """The page after sign-in tells the sign-in before; the page after that does not."""
    auth.last = LastSignIn(at=datetime(2026, 2, 28, 9, 30, tzinfo=UTC), client_address="192.0.2.7")
    await visitor.post("/sign-in", data=GOOD)
    words = "Dernière connexion\u00a0: samedi 28 février 2026 à 10:30 à partir de 192.0.2.7."
    assert words in (await visitor.get("/messages")).text
    assert "Dernière connexion" not in (await visitor.get("/messages")).text


@pytest.mark.parametrize(
    "forged",
    ["éé", *(f'{{"at": "{at}"}}' for at in ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"))],
)
async def test_forged_last_sign_in_is_ignored(browser: httpx2.AsyncClient, forged: str) -> None:
    """A cookie that cannot be read, or not be shown in every time zone, is left out and breaks nothing."""
    browser.cookies.set("last-sign-in", urlsafe_b64encode(forged.encode()).decode(), path="/messages")
    answer = await browser.get("/messages")
    assert answer.status_code == 200
    assert "Dernière connexion" not in answer.text


async def test_sign_out_frees_and_forgets(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """Sign-out ends the session, takes the cookie, clears what the browser kept, and says so."""
    answer = await browser.post("/sign-out")
    assert not auth.sessions
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert 'session=""' in answer.headers["set-cookie"]
    assert "Vous avez été déconnecté." in (await browser.get(answer.headers["location"])).text
    assert (await browser.get("/messages")).headers["location"] == "/sign-in"


async def test_sign_out_needs_a_post(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """A link or image cannot sign anybody out."""
    assert (await browser.get("/sign-out")).status_code == 405
    assert auth.sessions


@pytest.mark.parametrize(
    ("reason", "words"),
    [("unknown", "Votre session a pris fin"), ("taken-over", "la boîte aux lettres a été ouverte ailleurs")],
)
async def test_ended_session_leads_back_to_the_form(
    browser: httpx2.AsyncClient, auth: FakeAuth, reason: str, words: str
) -> None:
    """A session that ended or was taken over says so over the sign-in form, and the cookie goes."""
    auth.sessions.clear()
    auth.reason = reason
    answer = await browser.get("/messages")
    assert answer.status_code == 303
    assert 'session=""' in answer.headers["set-cookie"]
    assert words in (await browser.get(answer.headers["location"])).text


async def test_form_is_skipped_while_signed_in(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """The sign-in page leads to the inbox while the session lives, which is no activity."""
    assert (await browser.get("/sign-in")).headers["location"] == "/messages"
    assert auth.activity == [False]


async def test_form_shows_while_auth_is_away(browser: httpx2.AsyncClient, auth: FakeAuth) -> None:
    """The sign-in page itself needs no service."""
    auth.failure = UpstreamUnavailable()
    assert (await browser.get("/sign-in")).status_code == 200


async def test_home_leads_to_the_inbox(visitor: httpx2.AsyncClient) -> None:
    """The bare address leads on."""
    assert (await visitor.get("/")).headers["location"] == "/messages"
