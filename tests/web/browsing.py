"""A visit to the pages in a real browser, and what is wrong with a page there."""

from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request

from tests.web.fakes import FakeOffice

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESK = 360, 1280


@dataclass
class Visit:
    """A page at the fake office, and what the browser said of it."""

    url: str
    page: Page
    office: FakeOffice
    said: list[str] = field(default_factory=list)
    abroad: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        answer = self.page.goto(self.url + path)
        assert answer is not None

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.said.append(message.text)

    def asked(self, request: Request) -> None:
        if not request.url.startswith(self.url + "/"):
            self.abroad.append(request.url)


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window, once it is there."""
    page.wait_for_load_state()  # a condition in JavaScript would be an `eval`, which our pages forbid
    found: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(found, 0)


def grave(page: Page) -> list[str]:
    """Serious and critical findings of axe, each with where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:150]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
