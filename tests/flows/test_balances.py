"""What an agency lists beside what we asked: gaps are found and mended under the same key, and each day is signed."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ptsp.domain import balances
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.end_gap import end_gap
from ptsp.flows.replay_deliveries import hand_to_desk
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.sdk.contract import Listed, Verdict
from ptsp.sdk.errors import RefusedByAgency
from tests.flows.acts import SIUP, approve_desks, as_admin, lodge, make_due
from tests.flows.dying import alerts, letters, rows, watch, with_memory
from tests.flows.partners import AGENCY, STEP, asked_before, counts, faults, gaps, keys, signer, statements

YES, NO = Verdict.APPROVED, Verdict.REJECTED
State = balances.State


def facts(office, task) -> list[str]:
    """What the ledger was told of one question, in order."""
    found = office.rows(
        """SELECT e.type FROM app.event e JOIN app.task t ON t.bundle_id = e.bundle_id
            WHERE t.id = :task AND CAST(e.body::json -> 'data' ->> 'seq' AS int) = t.seq ORDER BY e.seq""",
        task=task,
    )
    return [row.type for row in found]


def test_a_day_that_both_have_is_balanced_and_signed_once(office):
    partner = asked_before(office, 5)
    made = partner.balance()
    assert (made.balance.state, made.open) == (State.BALANCED, 0)
    assert counts(made.balance) == {"sent": 5, "listed": 5, "matched": 5}
    assert len(partner.windows) == 3  # pages of two
    (said,) = statements(office)
    assert (said["tenant"], said["agency"], said["state"]) == ("sidoarjo", AGENCY, "balanced")
    assert (said["seq"], said["previous"], said["gaps"]) == (1, "", [])
    lines = "".join(sorted(f"{one.key} {one.number}\n" for one in partner.books.values()))
    assert said["digest"] == hashlib.sha256(lines.encode()).hexdigest()
    partner.balance()
    assert len(statements(office)) == 1
    assert faults(office) == []
    assert partner.asked == list(partner.books)


def test_what_they_have_lost_is_put_again_under_its_key_and_has_one_effect(office):
    partner = asked_before(office, 3)
    lost = keys(office)[0]
    del partner.books[lost]
    made = partner.balance()
    assert counts(made.balance) == {"sent": 3, "listed": 2, "matched": 2, "missing_there": 1}
    assert (made.balance.state, made.found, made.open) == (State.GAPS, 1, 1)
    assert facts(office, lost)[-2:] == ["task.asked", "task.unknown"]
    office.drain()
    assert partner.asked.count(lost) == 2
    assert len(partner.books) == 3
    again = partner.balance()
    assert (again.balance.state, again.ended) == (State.BALANCED, 1)
    ((kind, _, act, how),) = gaps(office)
    assert (kind, act, how) == ("missing_there", "send_again", "gone")
    assert [said["state"] for said in statements(office)] == ["gaps", "balanced"]
    assert faults(office) == []
    assert again.balance.next_at is None


def test_what_only_their_list_leaves_out_has_no_second_effect_and_comes_to_a_person_in_the_end(office):
    partner = asked_before(office, 2)
    (left_out, _) = keys(office)
    partner.hidden.add(left_out)
    found = None
    for tries in (1, 2, 3):
        made = partner.balance()
        ((ident, seen, found_at),) = office.rows("SELECT id, tries, found_at FROM app.balance_gap")
        assert (seen, found in (None, (ident, found_at))) == (tries, True)  # it stays the same gap
        found = (ident, found_at)
        office.drain()
        assert watch(office) == 0
    assert partner.asked.count(left_out) == 4
    assert len(partner.books) == 2
    made = partner.balance()
    assert made.acts == {balances.Act.PERSON: 1}
    assert watch(office) == 1
    assert [alert[:3] for alert in alerts(office)] == [(AGENCY, "gap_missing_there", 1)]
    assert made.balance.next_at is not None
    assert made.balance.next_at - made.balance.made_at == timedelta(hours=24)


def test_an_agency_without_memory_is_not_asked_again_and_a_person_looks(office, monkeypatch):
    partner = asked_before(office, 1)
    with_memory(office, monkeypatch, knows_keys=False, finds=False)
    partner.books.clear()
    partner.balance()
    office.drain()
    (row,) = rows(office, STEP)
    assert (row.state, row.cause, row.agency_ref) == ("stuck", "needs_check", None)
    assert len(partner.asked) == 1
    partner.balance()
    assert facts(office, row.id).count("task.stuck") == 1
    assert watch(office) == 1
    assert [alert[:2] for alert in alerts(office)] == [(AGENCY, "needs_check")]


def test_a_verdict_that_did_not_come_is_looked_at_and_never_taken_from_the_list(office):
    partner = asked_before(office, 2)
    (decided, _) = keys(office)
    partner.decide(decided, NO)
    made = partner.balance()
    assert counts(made.balance) == {"sent": 2, "listed": 2, "matched": 1, "unanswered": 1}
    assert {row.state for row in rows(office, STEP)} == {"asked"}
    office.drain()
    assert partner.looked == [decided]
    states = {str(row.id): row.state for row in rows(office, STEP)}
    assert states[decided] == "rejected"
    assert partner.balance().balance.state is State.BALANCED


def test_what_nobody_can_mend_comes_to_a_person_once_a_cause_and_ends_with_a_reason(office):
    partner = asked_before(office, 3)
    first, second, _ = keys(office)
    opened = partner.books[first].opened_at
    partner.decide(first, YES)
    make_due(office)
    office.drain()  # looks, and takes the verdict
    partner.decide(first, NO)
    partner.more = [
        Listed(second, "P-99", opened),
        Listed("", "L-1", opened),
        Listed(str(uuid4()), "L-2", opened),
    ]
    made = partner.balance()
    assert counts(made.balance) == {
        "sent": 3, "listed": 6, "matched": 1, "different": 1, "doubled": 1, "missing_here": 2,
    }  # fmt: skip
    assert watch(office) == 3
    assert watch(office) == 0
    assert [alert[:3] for alert in alerts(office)] == [
        (AGENCY, "gap_different", 1),
        (AGENCY, "gap_doubled", 1),
        (AGENCY, "gap_missing_here", 2),
    ]
    assert any("tutup selisihnya" in letter.body for letter in letters(office))
    for (ident,) in office.rows("SELECT id FROM app.balance_gap ORDER BY kind"):
        with office.work("head") as work:
            end_gap(work, signer(office), ident, " Sudah ditanyakan. ", by="head/rina")
    assert watch(office) == 3  # the alerts close
    stored = office.rows("SELECT state, NULLIF(next_at, 'infinity'), different FROM app.balance")
    assert stored == [("balanced", None, 1)]
    assert [one["ended"] for one in statements(office)[-1]["gaps"]] == ["by_hand"] * 4
    again = partner.balance()
    assert (again.balance.state, again.found, again.ended) == (State.BALANCED, 0, 0)
    assert {how for *_, how in gaps(office)} == {"by_hand"}  # for good
    assert faults(office) == []


def test_a_gap_is_ended_once_by_its_own_office_and_with_words(office, offices):
    partner = asked_before(office, 1)
    partner.more = [Listed("", "L-1", next(iter(partner.books.values())).opened_at)]
    partner.balance()
    ((ident,),) = office.rows("SELECT id FROM app.balance_gap")
    with office.work() as work, pytest.raises(Invalid, match="reason"):
        end_gap(work, signer(office), ident, "  ", by="head")
    with offices("bontang").work() as work, pytest.raises(NotFound):
        end_gap(work, signer(office), ident, "Uji.", by="head")
    with office.work() as work:
        end_gap(work, signer(office), ident, "Uji.", by="head")
    with office.work() as work, pytest.raises(Conflict):
        end_gap(work, signer(office), ident, "Uji.", by="head")


def test_the_first_asking_owns_a_question_on_either_side_of_midnight(office):
    partner = asked_before(office, 2)
    late, _ = keys(office)
    day = partner.last_day()
    midnight = balances.day_window(day, office.tenant.calendar.zone).until
    bundle = f"(SELECT bundle_id FROM app.task WHERE id = '{late}')"
    last = (midnight - timedelta(seconds=1)).isoformat()
    as_admin(
        office,
        f"""UPDATE app.event SET at = '{last}' WHERE type = 'task.asked' AND bundle_id = {bundle}
               AND body::json -> 'data' ->> 'agency' = '{AGENCY}'""",
    )
    partner.books[late] = replace(
        partner.books[late], opened_at=(midnight + timedelta(seconds=1)).isoformat()
    )
    made = partner.balance(day)
    assert counts(made.balance) == {"sent": 2, "listed": 2, "matched": 2}
    before = partner.balance(day - timedelta(days=1))
    assert (before.balance.state, counts(before.balance)) == (State.BALANCED, {})


def test_what_was_handed_to_a_desk_or_withdrawn_need_not_be_there(office):
    """A line that broke before any number came: they may have it or not."""
    partner = asked_before(office, 2, is_cut=True)
    by_hand, withdrawn = keys(office)
    as_admin(office, f"UPDATE app.task SET state = 'asked', desk = 'back_office' WHERE id = '{by_hand}'")
    as_admin(office, f"UPDATE app.task SET state = 'cut', next_at = 'infinity' WHERE id = '{withdrawn}'")
    made = partner.balance()
    assert (made.balance.state, counts(made.balance)) == (State.BALANCED, {"sent": 2, "let_go": 2})
    partner.more = [Listed(by_hand, "P-7", datetime.now(UTC).isoformat())]
    assert counts(partner.balance().balance) == {"sent": 2, "listed": 1, "matched": 1, "let_go": 1}


def test_what_only_a_desk_ever_had_was_not_sent(office):
    """Refused before it was taken in, and answered by hand since: they need not know of it."""
    partner = asked_before(office, 1)
    office.agencies.ask = partner._ask
    office.agencies.answers[STEP] = RefusedByAgency("no such form")
    for _ in range(2):
        lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    office.drain()
    for row in rows(office, STEP):
        if row.state == "stuck":
            with office.work("person") as work:
                hand_to_desk(work, row.id, "back_office")
    ((answered,), *_) = office.rows("SELECT id FROM app.task WHERE desk = 'back_office'")
    with office.work("desk") as work:
        answer_at_desk(work, "back_office", answered, is_approved=True, reasons=())
    partner.age()
    made = [partner.balance(partner.last_day() - timedelta(days=days)) for days in range(3)]
    assert sum(one.balance.sent for one in made) == 1


def test_what_never_arrived_is_put_again_without_a_word_more_in_the_ledger(office):
    partner = asked_before(office, 1, is_cut=True)
    (key,) = keys(office)
    partner.is_cut = False
    made = partner.balance()
    assert made.acts == {balances.Act.SEND_AGAIN: 1}
    assert facts(office, key)[-1:] == ["task.unknown"]
    assert facts(office, key).count("task.unknown") == 1
    office.drain()
    assert (partner.asked, list(partner.books)) == ([key, key], [key])
    assert partner.balance().balance.state is State.BALANCED
