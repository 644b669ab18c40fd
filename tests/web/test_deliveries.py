"""The office's page of what does not come through, on the real platform."""

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from ptsp.sdk.contract import Listed, Verdict
from ptsp.sdk.errors import RefusedByAgency, TryLater
from tests.flows.dying import about_to_ask, alerts, open_since, rows, watch, with_memory
from tests.flows.partners import Partner, asked_before
from tests.offices import Office
from tests.web.browsing import DESK, PHONE, grave, overflow
from tests.web.test_money_desk import EVERY_FORM, OWN, live_app, text_of, token_of  # noqa: F401

HOME = "/sidoarjo/desk/deliveries"


def come_in(office: Office, client: FlaskClient, agency: str) -> None:
    client.post("/sidoarjo/desk", data={"token": token_of(office, agency, "loket-1")}, headers=OWN)


def shown(client: FlaskClient, path: str = HOME) -> str:
    answer = client.get(path, query_string={"lang": "en"} if "?" not in path else None)
    assert answer.status_code == 200
    return text_of(answer.get_data(as_text=True))


def test_only_those_who_look_after_deliveries_see_them(office: Office, client: FlaskClient) -> None:
    assert client.get(HOME).location == "/sidoarjo/desk"
    come_in(office, client, "front_office")
    assert client.get(HOME).status_code == 404
    assert "deliveries" not in client.get("/sidoarjo/desk/queue").get_data(as_text=True)
    for agency in ("back_office", "head"):
        come_in(office, client, agency)
        assert "Everything comes through." in shown(client)
        assert HOME in client.get("/sidoarjo/desk/queue").get_data(as_text=True)
    assert client.get(f"{HOME}?after=x").status_code == 404


def test_what_is_dead_is_told_by_cause_sent_again_or_handed_to_a_desk(
    office: Office, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.agencies.answers["identity"] = RefusedByAgency("no <such> form")
    about_to_ask(office, 3)
    office.drain()
    come_in(office, client, "back_office")
    page = shown(client)
    assert "3 Refused by the agency&#39;s system" in page
    assert page.count("no &lt;such&gt; form") == 3
    first, second, third = (row.id for row in rows(office))
    assert client.post(f"{HOME}/{first}/hand", data={"desk": "nobody"}, headers=OWN).status_code == 409
    done = client.post(f"{HOME}/{first}/hand", data={"desk": "back_office"}, headers=OWN)
    assert "It waits at that desk now." in shown(client, f"{done.location}&lang=en")
    queue = shown(client, "/sidoarjo/desk/queue?lang=en")
    assert "In place of Population and Civil Registration Agency" in queue
    assert client.post(f"{HOME}/{second}/send", data={}, headers=OWN).status_code == 303
    assert client.post(f"{HOME}/{second}/send", data={}, headers=OWN).status_code == 409
    assert (
        client.post(f"{HOME}/{third}/send", data={}, headers={"Origin": "http://elsewhere"}).status_code
        == 403
    )
    office.drain()
    of_all = {"cause": "refused", "agency": "population"}
    assert client.post(f"{HOME}/send", data=of_all, headers=OWN).location.endswith("done=sent")
    assert [row.state for row in rows(office)] == ["asked", "ready", "ready"]

    with_memory(office, monkeypatch, knows_keys=False, finds=False)
    office.agencies.answers["identity"] = TryLater("cut", unknown=True)
    office.drain()
    assert "I have asked the agency" in shown(client)
    assert client.post(f"{HOME}/{second}/send", data={}, headers=OWN).status_code == 409
    sure = client.post(f"{HOME}/{second}/send", data={"sent_nothing": "yes"}, headers=OWN)
    assert sure.status_code == 303


def test_an_outage_that_was_noticed_is_told_to_everybody_with_its_beginning(
    office: Office, client: FlaskClient
) -> None:
    office.agencies.answers["identity"] = TryLater("away")
    about_to_ask(office, 6)
    office.drain()
    open_since(office, 20)
    watch(office)
    assert [cause for _, cause, *_ in alerts(office)] == ["circuit"]
    come_in(office, client, "head")
    assert "has not answered since" in shown(client)
    assert "An outage is on record" in shown(client)
    public = shown(client, "/sidoarjo/?lang=en")
    assert re.search(r"Outage: Population and Civil Registration Agency\. +Tidak menjawab sejak", public)
    assert "No answer since" in public
    assert "Since " in public


def test_days_with_agencies_are_shown_and_a_gap_is_ended_with_a_reason(
    office: Office, client: FlaskClient
) -> None:
    come_in(office, client, "back_office")
    assert "No day was balanced yet." in shown(client)
    partner = asked_before(office, 2)
    (case, _) = partner.books.values()
    partner.more = [replace(case, key="", number="L-1")]
    del partner.books[case.key]
    partner.balance()
    partner.balance(agency="population")
    page = shown(client)
    assert "On the agency&#39;s list, and never asked by us" in page
    assert re.search(r"L-1 +Trade Agency · .* · they say: not decided", page)
    assert page.count("Mended by itself") == 1
    assert page.count("Yes, end it") == 1
    assert re.search(r"has gaps .* has gaps 2 2 1 2", page)
    assert re.search(r"the agency offers no list 2 – – –", page)
    assert "Balances with partners" not in shown(client, f"{HOME}?agency=trade&lang=en")

    ((gap,),) = office.rows("SELECT id FROM app.balance_gap WHERE kind = 'missing_here'")
    path = f"{HOME}/gaps/{gap}/end"
    blank = client.post(f"{path}?lang=en", data={"reason": " "}, headers=OWN)
    assert (blank.status_code, "must be filled in." in text_of(blank.get_data(as_text=True))) == (422, True)
    done = client.post(path, data={"reason": "Uji sistem dinas."}, headers=OWN)
    assert "The gap has ended." in shown(client, f"{done.location}&lang=en")
    assert client.post(path, data={"reason": "Sekali lagi."}, headers=OWN).status_code == 409
    assert office.rows("SELECT ended_by, reason FROM app.balance_gap WHERE ended_how = 'by_hand'") == [
        ("desk:back_office/loket-1", "Uji sistem dinas.")
    ]
    come_in(office, client, "front_office")
    assert client.post(path, data={"reason": "Uji."}, headers=OWN).status_code == 404


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_is_sound_at_every_width(
    office: Office,
    browser: Browser,
    live_app: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    office.agencies.answers["identity"] = TryLater("away")
    about_to_ask(office, 6)
    office.drain()
    open_since(office, 20)
    watch(office)
    office.agencies.answers["business_check"] = TryLater("cut " * 40, unknown=True)
    with_memory(office, monkeypatch, knows_keys=False, finds=False)
    about_to_ask(office, 2)
    office.drain()
    partner = Partner(office)
    partner.age()
    partner.more = [Listed("", "L-" + "9" * 60, f"{partner.last_day()}T10:00:00+07:00", Verdict.APPROVED)]
    partner.balance()
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{live_app}/sidoarjo/desk")
    page.get_by_text("Masuk dengan kunci meja").click()
    page.get_by_label("Kunci meja").fill(token_of(office, "head", "kepala"))
    page.get_by_role("button", name="Buka meja").click()
    page.get_by_role("link", name="Yang tidak tersampaikan").click()
    page.evaluate(EVERY_FORM)
    assert (overflow(page), grave(page)) == (0, [])
    page.get_by_label("Meja", exact=True).first.select_option("back_office")
    page.get_by_role("button", name="Ya, serahkan").first.click()
    assert "Sekarang menunggu di meja itu." in page.inner_text("main")
    context.close()
