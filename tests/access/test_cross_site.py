"""No other site makes a browser do something here: all routes that may change something, each way a browser says so."""

import pytest

from tests.access.callers import DESKS
from tests.access.table import ask, is_refusal, outcome, read_matrix, state_of

ROWS = [row for row in read_matrix().rows if row.writes]
PAGES = [row for row in ROWS if not row.is_for_machines]
MACHINES = [row for row in ROWS if row.is_for_machines]
FOREIGN = (
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://lain.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    {"Origin": "https://lain.example"},
    {"Origin": "http://localhost.lain.example"},
    {"Origin": "null"},
    {},
)

pytestmark = pytest.mark.xdist_group("access")


def welcome(row, callers):
    """Somebody for whom the table says that it is done; else anybody who is not refused with our 403 anyway."""
    done = [name for name, cell in row.cells.items() if not is_refusal(cell)]
    return callers[[*done, *(name for name, cell in row.cells.items() if cell != "403"), "nobody"][0]]


@pytest.mark.parametrize("rule", dict.fromkeys(row.rule for row in PAGES))
def test_a_page_does_nothing_for_another_site(scene, callers, rule):
    accepted = []
    for row in (row for row in PAGES if row.rule == rule):
        state = state_of(scene.states, row)
        for method, headers in ((method, headers) for method in row.methods for headers in FOREIGN):
            scene.undoing.start()
            answer = ask(scene.app, row, method, welcome(row, callers), state, headers)
            if answer.status_code != 403 or scene.undoing.written:
                accepted.append((str(row), method, headers, answer.status_code))
    assert accepted == []


@pytest.mark.parametrize("rule", dict.fromkeys(row.rule for row in MACHINES))
def test_the_api_takes_nothing_that_a_browser_adds_by_itself(scene, callers, rule):
    """A cookie opens nothing: with it alone every officer is nobody."""
    accepted = []
    for row in (row for row in MACHINES if row.rule == rule):
        state = state_of(scene.states, row)
        for method, name in ((method, name) for method in row.methods for name in DESKS):
            caller = callers[name].by_cookie_alone()
            found = outcome(ask(scene.app, row, method, caller, state, FOREIGN[0]), caller)
            if found != row.cells["nobody"]:
                accepted.append((str(row), method, name, found))
    assert accepted == []


def test_the_figures(tell):
    """Of routes that may change something; a rule that stands in several rows is one."""
    pages = {f"{method} {row.rule}" for row in PAGES for method in row.methods}
    machines = {f"{method} {row.rule}" for row in MACHINES for method in row.methods}
    ways = f"{len(pages)} routes of pages in {len(FOREIGN)} ways, {len(machines)} of machines by cookie alone"
    tell(f"cross-site: {ways}")
    assert pages
    assert machines
