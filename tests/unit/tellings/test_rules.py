"""Which events concern a central system, and under which name."""

import pytest

from ptsp.domain.tellings import event_name, types_told
from ptsp.kernel.specs import TellsSpec

TELLS = TellsSpec(
    ("clock.stopped", "task.asked:site_visit", "application.ended:approved", "fee.charged:assessment"),
    "id_izin",
)


@pytest.mark.parametrize(
    ("type_", "data", "is_deemed", "name"),
    [
        ("clock.stopped", {"kind": "stop", "reason": "clarification"}, False, "clock.stopped"),
        ("clock.resumed", {"kind": "resume"}, False, None),
        ("task.asked", {"seq": 1, "task": "site_visit"}, False, "task.asked:site_visit"),
        ("task.asked", {"seq": 1, "task": "identity"}, False, None),
        ("application.ended", {"position": 0, "state": "approved"}, False, "application.ended:approved"),
        ("application.ended", {"position": 0, "state": "approved"}, True, None),
        ("application.ended", {"position": 0, "state": "rejected"}, False, None),
        ("fee.charged", {"kind": "assessment", "number": "1"}, True, "fee.charged:assessment"),
        ("fee.charged", {"kind": "demand"}, False, None),
    ],
)
def test_an_event_is_told_under_this_name(type_, data, is_deemed, name):
    assert event_name(type_, data, TELLS, is_deemed=is_deemed) == name


def test_types_are_told_apart_from_their_words():
    assert types_told(TELLS) == {"clock.stopped", "task.asked", "application.ended", "fee.charged"}
