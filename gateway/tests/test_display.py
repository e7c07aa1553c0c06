"""The choices that pages follow: carried by the browser, completed by the installation's own."""

import httpx2
import pytest
from gateway_fakes import FakeMailbox

from courriel_web.service_client import UpstreamUnavailable
from courriel_wire import Settings as Choices
from gateway_service.display import Display
from gateway_service.settings import Settings

GOOD = {"username": "jean.dupont", "password": "demo"}


def asked_for_settings(mailbox: FakeMailbox) -> int:
    """Count how often mailbox was asked what the person chose."""
    return sum(call[0] == "settings" for call in mailbox.asked)


def test_no_choice_is_the_installation_s(settings: Settings) -> None:
    """What the person left open follows the settings of the installation."""
    display = Display.of(Choices(), settings)
    assert (display.time_zone, display.messages_per_page, display.undo_delete_seconds) == (
        settings.time_zone,
        settings.messages_per_page,
        settings.mailbox_delete_hold_seconds,
    )


def test_zero_is_a_choice(settings: Settings) -> None:
    """Who chose not to hold deletions is not given the installation's delay."""
    assert Display.of(Choices(undo_delete_seconds=0), settings).undo_delete_seconds == 0


async def test_pages_ask_mailbox_nothing_more(visitor: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """The choices are asked for at sign-in, once; the cookie tells them to every page after."""
    await visitor.post("/sign-in", data=GOOD)
    for path in ("/messages", "/messages/m1", "/outbox"):
        assert (await visitor.get(path)).status_code == 200
    assert asked_for_settings(mailbox) == 1


async def test_the_cookie_carries_no_name_and_no_signature(
    visitor: httpx2.AsyncClient, mailbox: FakeMailbox
) -> None:
    """Only how pages look travels; it is guarded, and gone with the browser."""
    await visitor.post("/sign-in", data=GOOD)
    plain = visitor.cookies["display"]
    mailbox.chosen = Choices(display_name="Jean", signature="Bien à vous", reply_to="j@demo.example")
    answer = await visitor.post("/sign-in", data=GOOD)
    assert visitor.cookies["display"] == plain
    told = [line for line in answer.headers.get_list("set-cookie") if line.startswith("display=")]
    assert "HttpOnly" in told[0]
    assert "Max-Age" not in told[0]


@pytest.mark.parametrize("forged", ["", "!!", "W10", "bnVsbA", "eyJ0aGVtZSI6InBpbmsifQ", "x" * 5000])
async def test_a_cookie_that_cannot_be_read_is_asked_anew(
    browser: httpx2.AsyncClient, mailbox: FakeMailbox, forged: str
) -> None:
    """Rubbish breaks no page: mailbox is asked instead."""
    browser.cookies.delete("display")
    browser.cookies.set("display", forged, domain="courriel.test")
    before = asked_for_settings(mailbox)
    assert (await browser.get("/outbox")).status_code == 200
    assert asked_for_settings(mailbox) == before + 1


async def test_no_page_waits_for_the_choices(browser: httpx2.AsyncClient, mailbox: FakeMailbox) -> None:
    """While mailbox is away, a page that does not need it looks as the installation says."""
    browser.cookies.delete("display")
    mailbox.failure = UpstreamUnavailable()
    assert (await browser.get("/outbox")).status_code == 200


async def test_sign_out_forgets_choices_and_device(visitor: httpx2.AsyncClient) -> None:
    """The next person at this computer starts from nothing."""
    await visitor.post("/sign-in", data={**GOOD, "personal": "true"})
    assert visitor.cookies["device"] == "personal"
    await visitor.post("/sign-out")
    assert not {"display", "device"} & set(visitor.cookies)


async def test_the_device_is_shared_unless_ticked_each_time(visitor: httpx2.AsyncClient) -> None:
    """A sign-in without the tick takes an earlier one back."""
    await visitor.post("/sign-in", data={**GOOD, "personal": "true"})
    await visitor.post("/sign-in", data=GOOD)
    assert "device" not in visitor.cookies
