"""The page of a signer on the real platform, in a real browser at phone and desk width."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.flows.acts import SIUP
from tests.flows.signing import CANARY, HOME, SIGNER, Hall, hall
from tests.web.browsing import DESK, PHONE, grave, overflow

__all__ = ["hall"]  # a fixture


@pytest.fixture
def page(hall: Hall, browser: Browser) -> Iterator[Page]:
    server = make_server("127.0.0.1", 0, hall.client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    context = browser.new_context(base_url=f"http://127.0.0.1:{server.server_port}")
    yield context.new_page()
    context.close()
    server.shutdown()
    thread.join()
    server.server_close()


def looks_right(page: Page) -> None:
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == 0
        assert grave(page) == []


def test_the_head_signs_in_a_browser(hall: Hall, page: Page) -> None:
    hall.ask(SIUP)
    page.goto("/sidoarjo/desk")
    page.get_by_text("Masuk dengan kunci meja").click()
    page.fill("input[name=token]", hall.token)
    page.click("main details button[type=submit]")
    page.get_by_role("link", name="Tanda tangan elektronik").click()
    expect(page.locator("h1")).to_have_text("Menunggu tanda tangan")
    looks_right(page)
    for passphrase, told in ((f"salah {CANARY}", "Passphrase salah"), (CANARY, "Ditandatangani dan terbit")):
        page.locator("input[name=tasks]").first.check()
        page.fill("#nik", SIGNER)
        page.fill("#passphrase", passphrase)
        page.get_by_role("button", name="Tanda tangani yang dicentang").click()
        expect(page.locator("section[role=status]")).to_contain_text(told)
        looks_right(page)
        assert CANARY not in page.content() + page.url
    assert page.url.endswith(HOME)
    assert page.locator("input[name=tasks]").count() == 0
    assert hall.issued() == 1
    page.goto(f"{HOME}?lang=en")
    expect(page.locator("main")).to_contain_text("No decision waits for a signature.")
    assert page.context.cookies()
    assert CANARY not in str(page.context.cookies())
