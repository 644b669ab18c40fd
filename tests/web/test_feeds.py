"""Calendars to subscribe to, read again as a calendar program does: what they say, and how a date moves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar

from ptsp.flows.views import BundleView
from tests.web import fakes
from tests.web.bundles import BUNDLES
from tests.web.fakes import KEY, NAMES, FakeOffice, make_app

REFERENCE = "SDA-2026-000001"
PROMISE = f"/sidoarjo/bundles/{REFERENCE}/promise.ics?key={KEY}"
HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")


@pytest.fixture
def office() -> FakeOffice:
    return FakeOffice()


@pytest.fixture
def client(office: FakeOffice) -> Iterator[FlaskClient]:
    app = make_app(office)
    app.testing = True
    with app.test_client() as client:
        yield client


def feed(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    found = Calendar.from_ical(answer.data)
    for event in found.events:
        assert event.errors == []
        assert event["DTSTART"].params["VALUE"] == "DATE"
        assert event.end - event.start == timedelta(days=1)
    assert len({event.uid for event in found.events}) == len(found.events)
    return found


def moved(bundle: BundleView, **changes: Any) -> BundleView:
    """The bundle after one more event."""
    last = bundle.events[-1]
    after = replace(last, seq=last.seq + 1, at=last.at + timedelta(hours=1))
    return replace(bundle, events=(*bundle.events, after), **changes)


def test_the_days_of_an_office_are_events_of_whole_days(client: FlaskClient) -> None:
    found = feed(client, "/sidoarjo/calendar.ics?lang=en")
    assert {event.start: str(event["SUMMARY"]) for event in found.events} == {
        date(2026, 12, 25): f"Day off: {NAMES[date(2026, 12, 25)]}",
        date(2026, 12, 26): "Make-up day: Pengganti 24 Desember",
        date(2028, 1, 1): "Day off: Tahun Baru Masehi",
    }
    assert [event.status for event in found.events] == ["CONFIRMED", "CONFIRMED", "TENTATIVE"]
    assert {event.sequence for event in found.events} == {3}
    assert "The collective leave of 2028 is not decreed yet" in found.events[2]["DESCRIPTION"]
    for prop in ("DESCRIPTION", "X-WR-CALDESC"):
        assert "Days off, collective leave" in found[prop].replace("\\,", ",")
        assert "2028" in found[prop]
    assert found["NAME"] == found["X-WR-CALNAME"]
    assert "Libur: " in feed(client, "/sidoarjo/calendar.ics?lang=id").events[0]["SUMMARY"]


def test_an_event_of_a_day_keeps_its_name_in_later_versions(client: FlaskClient, office: FakeOffice) -> None:
    before = feed(client, "/sidoarjo/calendar.ics")
    office.version = 4
    after = feed(client, "/sidoarjo/calendar.ics")
    assert [event.uid for event in before.events] == [event.uid for event in after.events]
    assert {event.sequence for event in after.events} == {4}


def test_offices_and_agencies_never_share_an_event(client: FlaskClient) -> None:
    paths = ("/sidoarjo/calendar.ics", "/sidoarjo/calendar.ics?agency=land", "/bontang/calendar.ics")
    names = [{event.uid for event in feed(client, path).events} for path in paths]
    assert len(set.union(*names)) == sum(map(len, names))


def test_a_feed_that_did_not_change_is_not_sent_again(client: FlaskClient, office: FakeOffice) -> None:
    tag = client.get("/sidoarjo/calendar.ics").headers["ETag"]
    again = client.get("/sidoarjo/calendar.ics", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    office.version = 4
    assert client.get("/sidoarjo/calendar.ics", headers={"If-None-Match": tag}).status_code == 200


def test_a_case_has_its_promised_date_and_each_applications(client: FlaskClient) -> None:
    bundle = BUNDLES[REFERENCE]
    whole, *applications = feed(client, f"{PROMISE}&lang=en").events
    assert whole.start == bundle.promised_on
    assert REFERENCE in whole["SUMMARY"]
    assert [event.start for event in applications] == [one.promised_on for one in bundle.applications]
    assert [
        one.name["en"] in event["SUMMARY"]
        for one, event in zip(bundle.applications, applications, strict=True)
    ]
    assert whole.sequence == bundle.events[-1].seq
    assert bundle.events[-1].at == whole.DTSTAMP


def test_a_promise_that_moved_replaces_its_event(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = BUNDLES[REFERENCE]
    before = feed(client, PROMISE).events
    later = moved(bundle, promised_on=bundle.promised_on + timedelta(days=9))
    monkeypatch.setitem(fakes.BUNDLES, REFERENCE, later)
    after = feed(client, PROMISE).events
    assert [event.uid for event in before] == [event.uid for event in after]
    assert after[0].start == later.promised_on
    assert all(new.sequence > old.sequence for old, new in zip(before, after, strict=True))
    assert all(new.DTSTAMP > old.DTSTAMP for old, new in zip(before, after, strict=True))


def test_a_held_and_a_provisional_date_say_so(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = BUNDLES[REFERENCE]
    whole = feed(client, f"{PROMISE}&lang=en").events[0]
    assert whole.status == "CONFIRMED"
    assert "payment" not in whole["DESCRIPTION"]
    held = moved(bundle, held_by=("payment", "outage"), is_provisional=True)
    monkeypatch.setitem(fakes.BUNDLES, REFERENCE, held)
    whole = feed(client, f"{PROMISE}&lang=en").events[0]
    assert whole.status == "TENTATIVE"
    assert "your payment is awaited, an agency's system is down" in whole["DESCRIPTION"]
    assert "not decreed" in whole["DESCRIPTION"]


def test_a_withdrawn_application_is_cancelled(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = BUNDLES[REFERENCE]
    first, *others = bundle.applications
    gone = moved(bundle, applications=(replace(first, state="withdrawn"), *others))
    monkeypatch.setitem(fakes.BUNDLES, REFERENCE, gone)
    assert [event.status for event in feed(client, PROMISE).events][:3] == [
        "CONFIRMED",
        "CANCELLED",
        "CONFIRMED",
    ]


def test_no_personal_data_and_no_key_stand_in_a_feed(client: FlaskClient) -> None:
    text = client.get(PROMISE).text.replace("\r\n ", "")
    bundle = BUNDLES[REFERENCE]
    assert KEY not in text
    assert bundle.applicant_nik not in text
    assert bundle.applicant_name not in text


@pytest.mark.parametrize(("path", "kept"), [("/sidoarjo/calendar.ics", "no-cache"), (PROMISE, "no-store")])
def test_feeds_are_guarded_like_pages(client: FlaskClient, path: str, kept: str) -> None:
    answer = client.get(path)
    page = client.get("/sidoarjo/")
    for name in HEADERS:
        assert answer.headers[name] == page.headers[name]
    assert answer.headers["Cache-Control"] == kept
    assert answer.headers["Vary"] == "Cookie"


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/calendar.ics",
        "/sidoarjo/calendar.ics?agency=nobody",
        f"/sidoarjo/bundles/{REFERENCE}/promise.ics",
        f"/sidoarjo/bundles/{REFERENCE}/promise.ics?key=wrong",
        f"/bontang/bundles/{REFERENCE}/promise.ics?key={KEY}",
    ],
)
def test_what_is_not_there_is_our_own_404(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Halaman tidak ditemukan" in answer.text


def test_pages_name_their_feeds(client: FlaskClient) -> None:
    assert 'href="/sidoarjo/calendar.ics?lang=id"' in client.get("/sidoarjo/").text
    page = client.get(f"/sidoarjo/bundles/{REFERENCE}?key={KEY}").text
    assert f'href="/sidoarjo/bundles/{REFERENCE}/promise.ics?key={KEY}&amp;lang=id"' in page
