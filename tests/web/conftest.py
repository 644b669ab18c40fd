"""A browser, the pages with a fake office behind them, and a visit at phone and at desk width."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from tests.web.browsing import DESK, PHONE, SWITCHES, Visit
from tests.web.fakes import FakeOffice, make_app


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def live() -> Iterator[tuple[str, FakeOffice]]:
    office = FakeOffice()
    server = make_server("127.0.0.1", 0, make_app(office), threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="pages")
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", office
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[PHONE, DESK])
def visit(request: pytest.FixtureRequest, browser: Browser, live: tuple[str, FakeOffice]) -> Iterator[Visit]:
    url, office = live
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    page = context.new_page()
    visit = Visit(url, page, office)
    page.on("console", visit.heard)
    page.on("pageerror", lambda error: visit.said.append(str(error)))
    page.on("request", visit.asked)
    yield visit
    context.close()
    assert visit.abroad == []
