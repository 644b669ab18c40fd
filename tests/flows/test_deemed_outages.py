"""The law approves nothing past a recorded outage unless a person decides, whatever happens in which order."""

import json
import random
import threading
from datetime import datetime

import pytest

from ptsp.domain import deadlines, outages
from ptsp.flows.decide_deemed import decide_deemed
from ptsp.flows.declare_outage import declare_outage
from ptsp.flows.deem_approved import deem_approved
from ptsp.flows.deemed_radar import deemed_radar
from ptsp.flows.end_outage import end_outage
from ptsp.flows.follow_outages import follow_outages
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.specs import StopReason
from ptsp.main.demo.orders import FOUR_PERMITS
from ptsp.main.year.endings import Ending, end_tasks
from tests.flows.acts import SIUP, view
from tests.flows.silence import (
    application,
    at,
    differences,
    finish,
    follow,
    lodged,
    silent,
    sweep,
    told,
)

GROUND = "Gangguan hanya satu jam dan tidak menghambat pemeriksaan."
NO_OUTAGE = frozenset({StopReason.CLARIFICATION, StopReason.PAYMENT})


def declared(office, days, agency):
    with at(office, days, "operator") as work:
        return declare_outage(work, agency, "Jaringan putus.")


def ended(office, days, ident):
    with at(office, days, "operator") as work:
        end_outage(work, ident)


def decide(office, days, reference, service, *, approve_it, ground=GROUND):
    with at(office, days, "head") as work:
        decide_deemed(work, office.tools.book, reference, service, approve_it=approve_it, ground=ground)


def complete(office, **clock):
    """SIUP, complete on Tuesday; the law approves it after Friday, on day 5."""
    office = silent(office, "siup", **clock)
    accepted = lodged(office, SIUP)
    finish(office, "file_check", 1)
    return office, accepted


@pytest.mark.parametrize("agency", [outages.CENTRAL, "trade", "head"])
def test_an_outage_that_lasts_holds_the_approval_once_and_for_all(office, agency):
    office, accepted = complete(office)
    ident = declared(office, 4.7, agency)  # on Saturday, when the limit is over
    follow(office, 4.7)
    assert sweep(office, 5) == (0, 1)
    assert sweep(office, 5) == (0, 0)
    (held,) = told(office, "application.deemed_held")
    assert [one["id"] for one in held["outages"]] == [str(ident)]
    ended(office, 6, ident)
    follow(office, 6)
    assert sweep(office, 30) == (0, 0)  # it still waits for a person
    assert application(office, "siup").deemed_on is None
    with at(office, 6) as work:
        (row,) = deemed_radar(work, office.tools.book, days=1)
    assert row.waits_for_person
    texts = [
        event.text["id"] for event in view(office, accepted).events if event.type == "application.deemed_held"
    ]
    assert "gangguan" in texts[0]
    assert differences(office) == ()


def test_an_outage_at_an_agency_that_it_does_not_need_is_not_in_the_way(office):
    office, _ = complete(office)
    declared(office, 4.7, "fire") if "fire" in office.tenant.pack.agencies else declared(
        office, 4.7, "front_office"
    )
    assert sweep(office, 5) == (1, 0)


def test_an_outage_that_the_clock_stood_for_is_not_in_the_way(office):
    office, _ = complete(office)
    ident = declared(office, 2, "trade")
    follow(office, 2)
    ended(office, 3, ident)
    follow(office, 3)
    assert sweep(office, 5) == (0, 0)  # one day later than without it
    assert sweep(office, 7.7) == (1, 0)
    (evidence,) = told(office, "application.deemed")[0]["applications"]
    assert [one["reason"] for one in evidence["stops"]] == ["outage"]
    assert differences(office) == ()


def test_an_outage_that_the_clock_did_not_stand_for_needs_a_person(office):
    office, accepted = complete(office, stops=NO_OUTAGE)
    ident = declared(office, 2, "trade")
    follow(office, 2)
    ended(office, 3, ident)
    follow(office, 3)
    assert sweep(office, 5) == (0, 1)
    decide(office, 7, accepted.reference, "siup", approve_it=True)
    (event,) = told(office, "application.deemed")
    (evidence,) = event["applications"]
    assert (evidence["ground"], evidence["outages"]) == (GROUND, [str(ident)])
    assert application(office, "siup").deemed_on is not None
    office.drain()
    seen = view(office, accepted)
    assert seen.outcome == "approved"
    assert differences(office) == ()


def test_refusing_gives_the_days_back_and_the_law_may_approve_it_then(office):
    office, accepted = complete(office, stops=NO_OUTAGE)
    ident = declared(office, 2, "trade")  # Wednesday and Thursday
    follow(office, 2)
    ended(office, 3, ident)
    follow(office, 3)
    before = application(office, "siup").due_at
    assert sweep(office, 5) == (0, 1)
    decide(office, 5, accepted.reference, "siup", approve_it=False)
    (refused,) = told(office, "application.deemed_refused")
    assert (refused["days"], refused["ground"]) == (2, GROUND)
    after = application(office, "siup").due_at
    assert office.tenant.calendar.working_days_between(before.date(), after.date()) == 2
    assert sweep(office, 8) == (0, 0)
    assert sweep(office, 9) == (1, 0)  # Wednesday: Tuesday was the last day
    (evidence,) = told(office, "application.deemed")[0]["applications"]
    assert [one["by"] for one in evidence["marks"]] == [[2, "working_days", False]]
    assert differences(office) == ()


def test_what_a_person_cannot_decide(office):
    office, accepted = complete(office)
    with pytest.raises(Conflict):
        decide(office, 5, accepted.reference, "siup", approve_it=True)
    with pytest.raises(NotFound):
        decide(office, 5, "SDA-000000-XXXXXXX", "siup", approve_it=True)
    with pytest.raises(NotFound):
        decide(office, 5, accepted.reference, "imb", approve_it=True)
    declared(office, 4.7, "trade")
    assert sweep(office, 5) == (0, 1)
    with pytest.raises(Invalid) as refused:
        decide(office, 5, accepted.reference, "siup", approve_it=True, ground="  ")
    assert [one.field for one in refused.value.faults] == ["ground"]
    decide(office, 5, accepted.reference, "siup", approve_it=True)
    with pytest.raises(Conflict):
        decide(office, 6, accepted.reference, "siup", approve_it=False)


def test_a_declaration_waits_for_an_approval_that_is_under_way(office):
    office, _ = complete(office)
    declared_at = threading.Event()

    def declaring():
        declared(office, 5, "trade")
        declared_at.set()

    with at(office, 5, "worker") as work:
        assert deem_approved(work, office.tools.book).approved == 1
        other = threading.Thread(target=declaring)
        other.start()
        assert not declared_at.wait(0.5)
    other.join(10)
    assert declared_at.is_set()
    assert differences(office) == ()


class History:
    """Days of one office, as they come: answers, outages, sweeps, crashes, in any order."""

    def __init__(self, office, seed):
        self.office, self.chance = office, random.Random(seed)
        self.open = {}  # agency -> outage
        self.references = {}
        self.day = 0.0

    def lodge(self):
        wanted = self.chance.choice(
            [SIUP, {code: FOUR_PERMITS[code] for code in ("rekomendasi_lokasi", "imb")}]
        )
        accepted = lodged(self.office, wanted, self.day)
        self.references[accepted.reference] = tuple(wanted)

    def answer(self):
        rows = self.office.rows(
            "SELECT id, bundle_id, seq, kind FROM app.task WHERE state IN ('ready', 'asked') ORDER BY planned_on, seq"
        )
        if rows:
            one = self.chance.choice(rows)
            is_no = one.kind in ("ask", "desk") and self.chance.random() < 0.05
            with at(self.office, self.day) as work:
                ending = Ending(one.id, one.bundle_id, one.seq, one.kind, not is_no)
                end_tasks(work, self.office.tools.book, [ending])

    def fail(self):
        agency = self.chance.choice(
            [outages.CENTRAL, "trade", "population", "public_works", "front_office", "head"]
        )
        if agency in self.office.tenant.pack.agencies or agency == outages.CENTRAL:
            if agency not in self.open:
                self.open[agency] = declared(self.office, self.day, agency)
            self.follow()

    def mend(self):
        if self.open:
            agency = self.chance.choice(sorted(self.open))
            ended(self.office, self.day, self.open.pop(agency))
            self.follow()

    def follow(self):
        """Sometimes the command dies half way, and the workers do the rest later."""
        if self.chance.random() < 0.7:
            follow(self.office, self.day)
        else:
            with at(self.office, self.day) as work:
                follow_outages(work, limit=1)

    def sweep(self):
        sweep(self.office, self.day)

    def decide(self):
        rows = self.office.rows(
            """SELECT b.reference, a.service FROM app.deemed_hold h JOIN app.bundle b ON b.id = h.bundle_id
                 JOIN app.application a ON a.bundle_id = b.id AND a.position = h.position
                WHERE h.decided_at IS NULL AND a.state = 'open' ORDER BY 1, 2"""
        )
        if rows and self.chance.random() < 0.3:
            one = self.chance.choice(rows)
            try:
                approve_it = self.chance.random() < 0.5
                decide(self.office, self.day, one.reference, one.service, approve_it=approve_it)
            except Conflict:
                pass  # something of it was rejected meanwhile

    def run(self, steps):
        self.lodge()
        for _ in range(steps):
            self.day += self.chance.random() * 1.5
            moves = [
                self.lodge,
                self.answer,
                self.answer,
                self.fail,
                self.mend,
                self.sweep,
                self.sweep,
                self.decide,
            ]
            self.chance.choice(moves)()


def violations(office, *, is_counted):
    """Approvals without a person that an outage on record forbids, read from the tables alone."""
    down = office.rows("SELECT id, agency, began_at, ended_at FROM app.outage")
    tasks = {}
    for row in office.rows("SELECT bundle_id, seq, agency, kind, started_at, ended_at FROM app.task"):
        tasks.setdefault(row.bundle_id, []).append(row)
    wrong, approved = [], 0
    for row in office.rows(
        """SELECT e.bundle_id, e.at, e.body, b.shape FROM app.event e JOIN app.bundle b ON b.id = e.bundle_id
            WHERE e.type = 'application.deemed'"""
    ):
        steps = deadlines.shape_from_text(row.shape).steps
        for one in json.loads(row.body)["data"]["applications"]:
            approved += 1
            if "ground" in one:
                continue
            own = [task for task in tasks[row.bundle_id] if one["position"] in steps[task.seq].members]
            started = datetime.fromisoformat(one["started"])
            assert datetime.fromisoformat(one["due"]) < row.at
            for outage in down:
                lasts = outage.began_at <= row.at and (outage.ended_at is None or row.at < outage.ended_at)
                needed = {task.agency for task in own if task.ended_at is None or task.ended_at >= row.at}
                if lasts and (not outage.agency or outage.agency in needed):
                    wrong.append(("lasted", row.bundle_id, outage.agency))
                over = outage.ended_at or row.at
                held_up = any(
                    task.started_at
                    and task.kind in ("ask", "desk")
                    and task.agency == (outage.agency or task.agency)
                    and max(task.started_at, started, outage.began_at)
                    < min(task.ended_at or row.at, over, row.at)
                    for task in own
                )
                if not is_counted and held_up and outage.ended_at and not _decided(office, row, one, outage):
                    wrong.append(("uncounted", row.bundle_id, outage.agency))
    return wrong, approved


def _decided(office, row, one, outage):
    return office.rows(
        """SELECT 1 FROM app.deemed_hold
            WHERE bundle_id = :bundle AND position = :position AND :outage = ANY(outages) AND decided_at >= :ended""",
        bundle=row.bundle_id,
        position=one["position"],
        outage=outage.id,
        ended=outage.ended_at,
    )


@pytest.mark.parametrize("seed", range(11, 19))
def test_never_during_an_outage_without_a_person(office, seed, tell):
    is_counted = seed % 2 == 0
    clock = {} if is_counted else {"stops": NO_OUTAGE}
    office = silent(office, "siup", "imb", "rekomendasi_lokasi", **clock)
    history = History(office, seed)
    history.run(120)
    wrong, approved = violations(office, is_counted=is_counted)
    holds = len(office.rows("SELECT 1 FROM app.deemed_hold"))
    tell(
        f"seed {seed}: {len(history.references)} bundles, {len(office.rows('SELECT 1 FROM app.outage'))} outages,"
        f" {approved} approved by silence, {holds} held, violations {len(wrong)}"
    )
    assert wrong == []
    assert approved + holds
    assert differences(office) == ()
