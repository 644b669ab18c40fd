"""Whom an outage holds up, and when it keeps the law from approving, as tables."""

import uuid
from datetime import UTC, datetime

import pytest

from ptsp.domain.outages import CENTRAL, Hold, Outage, Spell, concerns, in_the_way, working_days_lost
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.specs import StepKind

WEEK = Calendar(frozenset(range(5)), frozenset())
ONE = uuid.UUID(int=1)


def on(day, hour=9):
    return datetime(2026, 3, day, hour, tzinfo=UTC)  # the 2nd is a Monday


def outage(agency, began, ended=None):
    return Outage(ONE, agency, "x", on(began), "operator", on(ended, 15) if ended else None)


@pytest.mark.parametrize(
    ("of", "agency", "kind", "expected"),
    [
        pytest.param("trade", "trade", StepKind.ASK, True, id="an agency's own task"),
        pytest.param("trade", "land", StepKind.ASK, False, id="another agency's task"),
        pytest.param("head", "head", StepKind.DECIDE, True, id="the signer's decision"),
        pytest.param(CENTRAL, "trade", StepKind.ASK, True, id="central: every agency"),
        pytest.param(CENTRAL, "front_office", StepKind.DESK, True, id="central: every desk"),
        pytest.param(
            CENTRAL, "head", StepKind.DECIDE, False, id="central: not what the platform does itself"
        ),
        pytest.param(CENTRAL, "applicant", StepKind.PAYMENT, False, id="central: not the payer"),
        pytest.param("applicant", "applicant", StepKind.PAYMENT, False, id="a payer has no outage"),
    ],
)
def test_whom_it_concerns(of, agency, kind, expected):
    assert concerns(outage(of, 2), agency, kind) is expected


UNDER_WAY = Spell("trade", on(3), None)
ENDED = Spell("trade", on(3), on(5))
TO_COME = Spell("trade", None, None)


@pytest.mark.parametrize(
    ("down", "spells", "counted", "decided", "expected"),
    [
        pytest.param(outage("trade", 9), [UNDER_WAY], False, None, True, id="lasts, with a task under way"),
        pytest.param(outage("trade", 9), [TO_COME], False, None, True, id="lasts, with a task to come"),
        pytest.param(
            outage("trade", 9), [ENDED], False, None, False, id="lasts, but its task had ended before"
        ),
        pytest.param(outage("land", 9), [UNDER_WAY], False, None, False, id="lasts elsewhere"),
        pytest.param(outage(CENTRAL, 9), [ENDED], False, None, True, id="central, and lasts"),
        pytest.param(
            outage("trade", 4), [UNDER_WAY], True, None, True, id="lasts, though the clock stands for it"
        ),
        pytest.param(
            outage("trade", 4), [UNDER_WAY], False, 6, True, id="lasts, though a person decided once"
        ),
        pytest.param(outage("trade", 4, 5), [UNDER_WAY], False, None, True, id="over, and the clock ran on"),
        pytest.param(outage("trade", 4, 5), [UNDER_WAY], True, None, False, id="over, and the clock stood"),
        pytest.param(
            outage("trade", 4, 5), [UNDER_WAY], False, 6, False, id="over, and a person has decided"
        ),
        pytest.param(outage("trade", 4, 9), [UNDER_WAY], False, 6, True, id="it went on after the decision"),
        pytest.param(outage("trade", 4, 5), [TO_COME], False, None, False, id="over before its task began"),
        pytest.param(
            outage("trade", 6, 9), [ENDED], False, None, False, id="over, its task had ended before"
        ),
        pytest.param(outage("land", 4, 5), [UNDER_WAY], False, None, False, id="over, elsewhere"),
        pytest.param(
            outage(CENTRAL, 4, 5), [UNDER_WAY], False, None, True, id="central, and the clock ran on"
        ),
    ],
)
def test_what_is_in_the_way(down, spells, counted, decided, expected):
    hold = Hold(uuid.uuid4(), uuid.uuid4(), 0, (ONE,), on(6), on(decided) if decided else None)
    found = in_the_way(
        [down], spells, [hold], started_at=on(3), counted={ONE} if counted else set(), now=on(10)
    )
    assert bool(found) is expected


def test_what_was_over_before_the_clock_began_is_not_in_the_way():
    early = Spell("trade", on(2), None)
    assert in_the_way([outage("trade", 2, 3)], [early], [], started_at=on(4), counted=(), now=on(10)) == ()


@pytest.mark.parametrize(
    ("downs", "decided", "expected"),
    [
        pytest.param([outage("trade", 4, 4)], None, 1, id="within a day"),
        pytest.param([outage("trade", 4, 5)], None, 2, id="two days"),
        pytest.param([outage("trade", 6, 9)], None, 2, id="over a weekend"),
        pytest.param([outage("trade", 7, 8)], None, 1, id="on a weekend: never nothing"),
        pytest.param([outage("trade", 2, 5)], None, 3, id="only what the clock ran"),
        pytest.param([outage("trade", 4, 5), outage("land", 5, 6)], None, 3, id="a day counts once"),
        pytest.param([outage("trade", 4)], None, 5, id="until now while it lasts"),
        pytest.param([outage("trade", 4)], 6, 2, id="what was given back before does not count again"),
    ],
)
def test_the_days_that_are_given_back(downs, decided, expected):
    hold = Hold(uuid.uuid4(), uuid.uuid4(), 0, (ONE,), on(6), on(decided) if decided else None)
    assert working_days_lost(downs, [hold], WEEK, started_at=on(3), now=on(10)) == expected
