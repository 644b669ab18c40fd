"""A decree changes a calendar: open cases follow, closed ones do not, and what was promised stays in the ledger."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from icalendar import Calendar, Event

from ptsp.flows.change_calendar import Changed, change_calendar
from ptsp.flows.refold import recompute
from ptsp.flows.show_calendar import show_calendar
from ptsp.infra.calendars import DecreedDay, decrees, versions
from ptsp.infra.tenants import Tenant
from ptsp.jobs import drain, rounds
from ptsp.jobs.follow_calendars import follow_calendars
from ptsp.jobs.tools import Tools
from ptsp.kernel.errors import Invalid, NotFound
from ptsp.main.cli import cli
from ptsp.main.connections import engine_for
from ptsp.main.migrate_cli import apply_packs
from tests.flows.acts import SIUP, lodge, now_in_force, view, work_on
from tests.offices import Office

DECREE = "Keputusan Bupati 188/45/2027"
Change = Callable[..., Changed]
Run = Callable[..., Result]


@pytest.fixture
def change(office: Office) -> Iterator[Change]:
    """`change("off", day, agency="land")`, as the command does it."""
    owner = engine_for(office.settings, "ptsp_owner", pool_size=4)

    def made(
        kind: str, on: date, *, agency: str = "", name: str = "Hari jadi", decree: str = DECREE
    ) -> Changed:
        day = DecreedDay(agency, on, kind, "" if kind == "none" else name)
        return change_calendar(owner, office.tenant.id, day, decree=decree, by="test")

    yield made
    owner.dispose()


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(cli, ["calendar", *words])


def differences(office: Office) -> tuple[str, ...]:
    office = now_in_force(office)
    with office.work() as work:
        return recompute(work.connection, office.tenant).differences


def workday(office: Office, *, after: date) -> date:
    return office.tenant.calendar.add_working_days(after, 1)


def moves(office: Office) -> list[dict[str, Any]]:
    """What was said of each promised date that a decree moved."""
    rows = office.rows("SELECT type, body FROM app.event ORDER BY bundle_id, seq")
    return [
        json.loads(row.body)["data"]
        for before, row in pairwise(rows)
        if (before.type, row.type) == ("calendar.changed", "promise.moved")
    ]


def test_a_decreed_day_makes_a_version_and_says_why(office: Office, change: Change) -> None:
    before = office.tenant.calendars.version
    day = workday(office, after=date(2027, 3, 1))
    assert change("off", day) == Changed(before + 1, is_new=True)
    now = now_in_force(office)
    assert now.tenant.calendar.names[day] == "Hari jadi"
    assert not now.tenant.calendar.is_working(day)
    assert office.tenant.calendar.is_working(day)  # a version never changes
    with now.work() as work:
        assert (versions(work.connection)[-1].number, versions(work.connection)[-1].decree) == (
            before + 1,
            DECREE,
        )
        assert [one.day.on for one in decrees(work.connection)] == [day]
        assert show_calendar(work).decree == DECREE


def test_the_same_again_changes_nothing_and_leaves_no_second_row(office: Office, change: Change) -> None:
    day = workday(office, after=date(2027, 3, 1))
    first = change("off", day)
    assert change("off", day) == Changed(first.version, is_new=False)
    assert len(office.rows("SELECT 1 FROM app.decreed_day")) == 1


def test_a_later_decree_replaces_an_earlier_one_and_one_can_be_taken_back(
    office: Office, change: Change
) -> None:
    saturday = date(2027, 3, 6)
    change("off", saturday, name="Libur")
    change("worked", saturday, name="Hari pengganti")
    assert now_in_force(office).tenant.calendar.is_working(saturday)
    change("none", saturday)
    calendar = now_in_force(office).tenant.calendar
    assert not calendar.is_working(saturday)
    assert saturday not in calendar.off | calendar.worked
    assert [row.kind for row in office.rows("SELECT kind FROM app.decreed_day ORDER BY id")] == [
        "off",
        "worked",
        "none",
    ]


def test_a_national_day_can_be_moved_by_decree(office: Office, change: Change) -> None:
    christmas = date(2026, 12, 25)
    assert not office.tenant.calendar.is_working(christmas)
    change("none", christmas)
    assert now_in_force(office).tenant.calendar.is_working(christmas)


@pytest.mark.parametrize(
    ("kind", "on", "more", "field"),
    [
        ("off", date(1999, 12, 31), {}, "date"),
        ("off", date(2100, 1, 1), {}, "date"),
        ("none", date(2027, 3, 2), {}, "date"),
        ("worked", date(2027, 3, 2), {}, "date"),
        ("off", date(2027, 3, 2), {"agency": "nobody"}, "agency"),
        ("off", date(2027, 3, 2), {"agency": "front_office"}, "agency"),
        ("off", date(2027, 3, 2), {"name": " "}, "name"),
        ("off", date(2027, 3, 2), {"name": "x\ny"}, "name"),
        ("off", date(2027, 3, 2), {"decree": ""}, "decree"),
        ("none", date(2026, 12, 25), {"decree": "x" * 201}, "decree"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(
    office: Office, change: Change, kind: str, on: date, more: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        change(kind, on, **more)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert office.rows("SELECT 1 FROM app.decreed_day") == []


def test_every_fault_is_named_at_once(change: Change) -> None:
    with pytest.raises(Invalid) as refused:
        change("off", date(1999, 1, 1), agency="nobody", name="", decree="")
    assert {fault.field for fault in refused.value.faults} == {"date", "agency", "name", "decree"}


def test_two_decrees_at_once_are_both_in_the_last_version(office: Office, change: Change) -> None:
    days = [date(2027, 6, 1) + timedelta(days=7 * number) for number in range(6)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda day: change("off", day), days))
    assert len({one.version for one in made}) == len(days)
    assert set(days) <= now_in_force(office).tenant.calendar.off


def test_a_decree_moves_open_cases_with_its_name_and_leaves_ended_ones(office: Office, run: Run) -> None:
    ended = lodge(office, SIUP)
    work_on(office)
    still = lodge(office, SIUP)
    first = view(office, ended)
    promised = view(office, still).promised_on
    done = run("add", "sidoarjo", promised.isoformat(), "--name", "Hari jadi kabupaten", "--decree", DECREE)
    assert done.exit_code == 0, done.output
    (moved,) = moves(office)
    assert moved["old"] == promised.isoformat()
    assert moved["new"] == office.tenant.calendar.add_working_days(promised, 1).isoformat()
    assert moved["causes"] == [{"kind": "calendar.changed", "legal_basis": DECREE}]
    office = now_in_force(office)
    assert view(office, still).promised_on.isoformat() == moved["new"]
    assert view(office, ended).promised_on == first.promised_on
    assert f"{promised} is a {promised:%A} on which people do not work, version 2" in done.output
    assert "open deadlines moved, in 1 open bundles" in done.output
    assert not done.output.splitlines()[-1].startswith("sidoarjo: 0 open deadlines")
    assert differences(office) == ()
    again = run("add", "sidoarjo", promised.isoformat(), "--name", "Hari jadi kabupaten", "--decree", DECREE)
    assert "version 2 says so already" in again.output
    assert "0 open deadlines moved, in 0 open bundles" in again.output


def test_calendars_that_are_subscribed_to_follow_a_decree(
    office: Office, client: FlaskClient, run: Run
) -> None:
    accepted = lodge(office, SIUP)
    promised = view(office, accepted).promised_on
    case = f"/sidoarjo/bundles/{accepted.reference}/promise.ics?key={accepted.key}"

    def read(path: str) -> list[Event]:
        return Calendar.from_ical(client.get(path).data).events

    before = read(case)
    assert before[0].start == promised
    assert promised not in [event.start for event in read("/sidoarjo/calendar.ics")]
    run("add", "sidoarjo", promised.isoformat(), "--name", "Libur", "--decree", DECREE)
    after = read(case)
    assert [event.uid for event in after] == [event.uid for event in before]
    assert after[0].start > promised
    assert after[0].sequence > before[0].sequence
    assert promised in [event.start for event in read("/sidoarjo/calendar.ics")]


def test_taking_a_day_back_brings_the_first_date_back(office: Office, run: Run) -> None:
    accepted = lodge(office, SIUP)
    promised = view(office, accepted).promised_on
    run("add", "sidoarjo", promised.isoformat(), "--name", "Libur", "--decree", DECREE)
    assert view(now_in_force(office), accepted).promised_on > promised
    done = run("remove", "sidoarjo", promised.isoformat(), "--decree", "Ralat")
    assert done.exit_code == 0, done.output
    assert "on which people work" in done.output
    assert view(now_in_force(office), accepted).promised_on == promised
    assert differences(office) == ()


def test_a_decree_of_one_office_moves_nothing_of_another(offices: Callable[[str], Office], run: Run) -> None:
    here, there = offices("sidoarjo"), offices("bontang")
    day = workday(here, after=date(2027, 3, 1))
    assert run("add", "sidoarjo", day.isoformat(), "--name", "Libur", "--decree", DECREE).exit_code == 0
    assert there.rows("SELECT 1 FROM app.decreed_day") == []
    assert now_in_force(there).tenant.calendars.version == there.tenant.calendars.version
    assert now_in_force(there).tenant.calendar.is_working(day)


def test_a_calendar_is_shown_with_names_and_what_is_provisional(office: Office, run: Run) -> None:
    shown = run("show", "sidoarjo", "--year", "2026")
    assert shown.exit_code == 0, shown.output
    assert "sidoarjo: version 1 of the calendars, by pack " in shown.output
    assert "  2026-12-25 Friday: Hari Raya Natal" in shown.output
    with office.work() as work:
        years = show_calendar(work).provisional_years
    assert years
    assert (
        f"provisional, since no collective leave is decreed yet: {', '.join(map(str, years))}" in shown.output
    )
    assert "may still move" not in shown.output
    assert f"dates in {years[-1]} may still move" in run("show", "sidoarjo", "--year", str(years[-1])).output
    run("add", "sidoarjo", "2026-12-12", "--worked", "--name", "Pengganti", "--decree", DECREE)
    assert (
        "make-up days in 2026: 1\n  2026-12-12 Saturday: Pengganti"
        in run("show", "sidoarjo", "--year", "2026").output
    )


def test_an_agency_without_a_calendar_keeps_the_offices(office: Office, run: Run) -> None:
    assert (
        "this agency keeps the office's calendar"
        in run("show", "sidoarjo", "--agency", "front_office").output
    )
    refused = run("show", "sidoarjo", "--agency", "nobody")
    assert refused.exit_code == 1
    assert "has no agency 'nobody'" in refused.output
    with office.work() as work, pytest.raises(NotFound):
        show_calendar(work, "nobody")


def test_the_history_lists_versions_and_decrees(office: Office, run: Run) -> None:
    del office
    run("add", "sidoarjo", "2027-03-02", "--name", "Libur", "--decree", DECREE)
    run("remove", "sidoarjo", "2027-03-02", "--decree", "Ralat")
    told = run("history", "sidoarjo").output
    assert "by test: pack " in told
    assert f"by ptsp calendar: {DECREE}" in told
    assert f"2027-03-02 day off (Libur), {DECREE}" in told
    assert "2027-03-02 neither off nor made up, Ralat" in told


@pytest.mark.parametrize(
    "words",
    [("add", "sidoarjo", "2027-02-30", "--name", "x", "--decree", "y"), ("add", "sidoarjo", "2027-03-02")],
)
def test_a_command_that_is_not_complete_is_refused(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


def test_applying_packs_carries_open_cases_over(office: Office, change: Change) -> None:
    accepted = lodge(office, SIUP)
    promised = view(office, accepted).promised_on
    change("off", promised)
    assert view(now_in_force(office), accepted).promised_on == promised
    apply_packs(office.settings)
    assert view(now_in_force(office), accepted).promised_on > promised
    assert differences(office) == ()


def test_a_worker_carries_over_what_was_lodged_by_whoever_had_not_heard(
    office: Office, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = lodge(office, SIUP)
    promised = view(office, accepted).promised_on
    change("off", promised)
    looks: list[str] = []

    def look(tools: Tools, tenant: Tenant) -> int:
        looks.append(tenant.code)
        return follow_calendars(tools, tenant)

    monkeypatch.setattr(drain, "ROUND", (look,))
    monkeypatch.setattr(rounds, "_next_round", [0.0])
    monkeypatch.setattr(drain, "_equipped", [office.tools])
    drain.run()
    assert view(now_in_force(office), accepted).promised_on > promised
    assert differences(office) == ()
    offices = len(office.tools.book.all())
    assert len(looks) == 2 * offices  # one that found something, and one that did not
    drain.run()
    assert len(looks) == 2 * offices  # not again for a while
