"""Central systems are told what happened: in order, once, whatever the line does, and only of what concerns them."""

import threading
from uuid import uuid4

import pytest

from ptsp.domain import tellings
from ptsp.domain.tellings import TellingState, Told
from ptsp.flows.claim_tellings import claim_tellings, record_tellings
from ptsp.flows.hand_over_complaint import hand_over_complaint
from ptsp.flows.replay_telling import replay_telling
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.flows.withdraw_application import withdraw_application
from ptsp.infra.work import begin
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from tests.flows.acts import HO, lodge, work_on
from tests.flows.telling import HO_FROM_OSS, LICENCE, NIB, centre, from_oss


@pytest.fixture
def here(office, tmp_path):
    with centre(office, tmp_path) as made:
        yield made


def told_all(here):
    """Work until nothing moves, and until nothing is owed to anybody."""
    for _ in range(12):
        work_on(here.office)
        if all(state in ("sent", "dead") for _, state, _ in here.states()):
            return
        here.let_come_due()
    pytest.fail(f"it never rests: {here.states()}")


WHOLE = ["09", "10", "30", "33", "IZINFINAL", "50"]


def test_a_licence_of_oss_is_told_from_lodging_to_the_permit_in_order(here):
    lodge(here.office, HO_FROM_OSS)
    lodge(here.office, HO)  # did not come from OSS
    told_all(here)
    assert here.told() == WHOLE
    assert here.oss.desk.books.doubled() == []
    assert {state for _, state, _ in here.states()} == {"sent"}
    (clear,) = here.office.rows(
        "SELECT count(*) FROM app.telling WHERE position(convert_to(:nib, 'UTF8') IN body) > 0", nib=NIB
    )
    assert clear[0] == 0


@pytest.mark.parametrize("fault", ["cut_after_effect", "html", "429"])
def test_whatever_the_line_does_each_is_told_once(here, fault):
    here.follow({"do": fault, "every": 3})
    lodge(here.office, HO_FROM_OSS)
    told_all(here)
    assert here.told() == WHOLE
    assert here.oss.desk.books.doubled() == []
    if fault == "html":
        (kept,) = here.office.rows("SELECT count(*) FROM app.telling WHERE raw IS NOT NULL")
        assert kept[0]


def test_a_refused_one_is_dead_does_not_hold_up_the_others_and_is_not_told_too_late(here):
    here.follow({"do": "422", "first": 1})
    lodge(here.office, from_oss())
    here.office.drain()
    (dead,) = here.office.rows("SELECT id, cause FROM app.telling WHERE state = 'dead'")
    assert dead.cause == "refused"
    told_all(here)
    assert "09" not in here.told()
    assert here.told()[-1] == "50"
    with here.office.work() as work, pytest.raises(Conflict, match="turn it back"):
        replay_telling(work, dead.id)
    with here.office.work() as work, pytest.raises(NotFound):
        replay_telling(work, uuid4())


def test_a_dead_one_that_nothing_has_overtaken_is_told_again_under_its_key(here):
    here.follow({"do": "422", "every": 1})
    lodge(here.office, from_oss())
    here.office.drain()
    ((ident, seq),) = here.office.rows(
        "SELECT id, seq FROM app.telling WHERE state = 'dead' ORDER BY seq DESC LIMIT 1"
    )
    here.follow()
    with here.office.work() as work:
        replay_telling(work, ident)
    here.office.drain()
    (row,) = here.office.rows("SELECT state, seq FROM app.telling WHERE id = :id", id=ident)
    assert (row.state, row.seq) == ("sent", seq)


def test_what_is_undone_is_owed_to_nobody(here):
    """The debt is a row of the same transaction: a lodging that is rolled back leaves none."""
    with here.office.work() as work:
        submit_bundle(work, here.office.order(from_oss()))
        assert tellings.counts(work.connection) == {TellingState.OWED: 1}
        work.connection.rollback()
    assert here.states() == []


def test_a_withdrawal_is_told(here):
    accepted = lodge(here.office, from_oss())
    with here.office.work() as work:
        withdraw_application(work, here.office.tools.book, accepted.reference, accepted.key, ["siup"], "")
    told_all(here)
    assert here.told()[-1] == "90"


def test_a_worker_that_ends_leaves_it_unknown_and_a_stale_one_is_refused(here, monkeypatch):
    lodge(here.office, from_oss())
    with here.office.work() as work:
        first = claim_tellings(work, lease_s=0.0, limit=20)
        assert [one.held.was for one in first] == [TellingState.OWED]  # of one case the oldest alone
        assert first[0].telling.payload["answers"] == LICENCE  # and none of the other answers
        again = claim_tellings(work, lease_s=60.0, limit=20)
        assert [one.held.was for one in again] == [TellingState.SENDING]
        held = first[0].held
        assert record_tellings(work, [Told(held.id, TellingState.SENT, held.lease)]) == []
        late = again[0].held
        assert record_tellings(work, [Told(late.id, TellingState.SENT, late.lease)]) == [late.id]


def test_two_workers_never_hold_the_same(here):
    for _ in range(6):
        lodge(here.office, from_oss())
    seen, gate = [], threading.Barrier(4)

    def take():
        gate.wait()
        with begin(here.office.tools.engine, here.office.tenant, actor="test") as work:
            seen.extend(one.held.id for one in claim_tellings(work, lease_s=60.0, limit=20))

    workers = [threading.Thread(target=take) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(seen) == len(set(seen))
    assert len(seen) == 6


def test_an_office_without_central_systems_owes_nothing(offices):
    there = offices("bontang")
    (row,) = there.rows("SELECT count(*) FROM app.telling")
    assert row[0] == 0


REPORTER = {"name": "Pelapor Contoh", "email": "pelapor@example.org", "phone": "0800"}
COMPLAINT = "Izin <belum> terbit & tidak ada kabar."


def complain(here, **given):
    told = {"is_secret": True, "is_anonymous": False, "reporter": REPORTER, **given}
    with here.office.work() as work:
        return hand_over_complaint(work, told.pop("text", COMPLAINT), **told)


def test_a_complaint_is_handed_over_and_its_number_kept(here):
    ident = complain(here)
    here.office.drain()
    (case,) = here.lapor.desk.books.effects()
    assert "Pelapor" in case.body
    assert 'rahasia="1" anonim="0"' in case.body
    (row,) = here.office.rows("SELECT state, agency_ref, said FROM app.telling WHERE id = :id", id=ident)
    assert (row.state, row.agency_ref) == ("sent", case.number)
    assert case.key in row.said


def test_of_an_anonymous_complaint_nobody_is_kept_or_sent(here):
    ident = complain(here, is_anonymous=True, is_secret=False)
    with here.office.work() as work:
        (opened,) = claim_tellings(work, lease_s=0.0, limit=5)
        assert "applicant" not in opened.telling.payload
        record_tellings(work, [Told(ident, TellingState.OWED, opened.held.lease, again_s=0.0, is_try=False)])
    here.office.drain()
    (case,) = here.lapor.desk.books.effects()
    assert "pelapor>" not in case.body
    assert 'rahasia="0" anonim="1"' in case.body


def test_a_complaint_that_may_have_arrived_waits_for_a_person(here):
    here.follow({"do": "cut_after_effect", "first": 1}, lapor=True)
    ident = complain(here)
    here.office.drain()
    here.let_come_due()
    here.office.drain()
    assert here.states() == [("complaint", "dead", "needs_check")]
    assert len(here.lapor.desk.books.effects()) == 1  # it had arrived
    with here.office.work() as work, pytest.raises(Conflict, match="look there first"):
        replay_telling(work, ident)
    with here.office.work() as work:
        replay_telling(work, ident, is_checked=True)
    here.office.drain()
    assert here.states() == [("complaint", "sent", None)]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"text": " "}, "text"), ({"reporter": None}, "reporter.name"), ({"text": "a\x00b"}, "text")],
)
def test_a_complaint_that_cannot_be_kept_names_the_field(here, given, field):
    with pytest.raises(Invalid) as caught:
        complain(here, **given)
    assert [one.field for one in caught.value.faults] == [field]


def test_an_office_without_lapor_hands_nothing_over(office):
    with office.work() as work, pytest.raises(Invalid) as caught:
        hand_over_complaint(work, COMPLAINT, is_secret=True, is_anonymous=True, reporter=None)
    assert caught.value.faults[0].field == "agency"


def test_a_system_that_is_away_is_owed_for_ever_and_one_that_breaks_us_is_not(here, monkeypatch):
    here.follow({"do": "503", "every": 1})
    lodge(here.office, from_oss())
    for _ in range(10):
        here.office.drain()
        here.let_come_due()
    assert {state for _, state, _ in here.states()} <= {"owed", "unknown"}
    monkeypatch.setattr("ptsp.jobs.tell._disclosed", lambda *_: 1 / 0)
    here.office.drain()
    assert here.states()[0] == ("bundle.submitted", "dead", "fault")
