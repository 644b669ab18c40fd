"""What has begun stays, what has not follows the new plan, and everything still ends as it should."""

import pytest

from ptsp.domain.routes import merge, replan
from ptsp.kernel.errors import Invalid
from ptsp.kernel.limits import Limit
from tests.unit.routes.graphs import lodged, needs, service, step
from tests.unit.routes.rows import ASKED, CUT, NO, OK, B, rows


def standing(plan, states=None):
    """The tasks of a plan: by code their state, else as right after lodging."""
    return rows(
        plan.nodes, [(states or {}).get(node.code, B if node.after else ASKED) for node in plan.nodes]
    )


def shown(before, made):
    """Each task that somebody has, by name and number, with what it waits for."""
    codes = [task.code for task in before] + [node.code for node in made.added]
    return {
        f"{codes[seq]}{seq}": {f"{codes[one]}{one}" for one in made.graph.after[seq]}
        for seq, members in enumerate(made.graph.members)
        if members
    }


OLD = service("imb", step("check"), step("visit", "check"))
LONGER = service("imb", step("check"), step("visit", "check"), step("fire", "check"))


def moved(old, new, states, **options):
    plan = merge([lodged(old)])
    before = standing(plan, states)
    return before, replan(plan.graph, before, merge([lodged(new)]), **options)


def test_the_same_plan_changes_nothing():
    _, made = moved(OLD, OLD, {"check": OK, "visit": ASKED})
    assert (made.graph, made.cut, made.added) == (merge([lodged(OLD)]).graph, (), ())


def test_a_new_step_comes_after_what_is_there_and_before_the_decision():
    before, made = moved(OLD, LONGER, {"check": OK, "visit": ASKED})
    assert shown(before, made) == {
        "check0": set(),
        "visit1": {"check0"},
        "fire3": {"check0"},
        "decision4": {"visit1", "fire3"},
    }
    assert made.cut == (2,)
    assert made.graph.members[2] == made.graph.after[2] == ()
    assert made.graph.decides == (4,)


def test_a_step_that_is_gone_is_cut_if_nobody_has_begun_it():
    before, made = moved(LONGER, OLD, {"check": OK, "visit": ASKED, "fire": B})
    assert shown(before, made) == {"check0": set(), "visit1": {"check0"}, "decision3": {"visit1"}}
    assert made.cut == (2,)


def test_longer_limits_alone_replace_no_task():
    slower = service("imb", step("check", days=9), step("visit", "check", days=7))
    _, made = moved(OLD, slower, {"check": OK})
    assert (made.cut, made.added) == ((), ())
    assert made.limits == {1: Limit(7), 2: Limit(1)}  # what has ended took what it took


@pytest.mark.parametrize(
    ("new", "states", "code", "field"),
    [
        pytest.param(OLD, {"check": OK, "fire": ASKED}, "step_left_out", "steps.fire", id="begun and gone"),
        pytest.param(OLD, {"check": OK, "fire": NO}, "step_left_out", "steps.fire", id="ended and gone"),
        pytest.param(
            service("imb", step("check"), step("visit", "check", agency="land"), step("fire", "check")),
            {"check": OK, "visit": ASKED},
            "step_left_out",
            "steps.visit",
            id="begun at another agency",
        ),
        pytest.param(
            service("imb", step("check"), step("visit", "fire"), step("fire", "check")),
            {"check": OK, "visit": ASKED, "fire": B},
            "step_must_wait",
            "steps.visit",
            id="begun before what it waits for",
        ),
        pytest.param(
            service("imb", step("check"), step("visit", "check"), step("fire", "check"), step("new", "fire")),
            {"check": OK, "visit": OK, "fire": OK, "decision": ASKED},
            "step_must_wait",
            "steps.decision",
            id="a decision that has begun",
        ),
    ],
)
def test_what_has_begun_must_fit(new, states, code, field):
    with pytest.raises(Invalid) as refused:
        moved(LONGER, new, states)
    assert [(one.field, one.code) for one in refused.value.faults] == [(field, code)]


def test_what_had_begun_beside_it_is_still_waited_for():
    """The visit began beside the fire check, which comes before it now: nothing may pass it by."""
    new = service("imb", step("check"), step("fire", "check"), step("visit", "fire"))
    before, made = moved(LONGER, new, {"check": OK, "visit": OK, "fire": ASKED})
    assert shown(before, made)["decision3"] == {"visit1", "fire2"}


VISIT = {"shared": "visit"}
CHECK = {"shared": "check"}
FIRST = service("imb", step("check", **CHECK), step("visit", "check", **VISIT))
SECOND = service("ho", step("check", **CHECK), step("visit", "check", **VISIT), step("noise", "visit"))


def added(states, **options):
    plan = merge([lodged(FIRST)])
    before = standing(plan, states)
    return before, replan(plan.graph, before, merge([lodged(FIRST), lodged(SECOND)]), **options)


def test_a_permit_that_comes_later_takes_what_was_approved():
    before, made = added({"check": OK, "visit": OK})
    assert shown(before, made) == {
        "check0": set(),
        "visit1": {"check0"},
        "decision2": {"visit1"},
        "noise3": {"visit1"},
        "decision4": {"noise3"},
    }
    assert made.graph.members[:2] == ((0, 1), (0, 1))


def test_it_gets_its_own_where_somebody_is_at_it_and_shares_what_has_not_begun():
    before, made = added({"check": ASKED})
    assert shown(before, made) == {
        "check0": set(),
        "check3": set(),
        "visit4": {"check0", "check3"},
        "decision5": {"visit4"},
        "noise6": {"visit4"},
        "decision7": {"noise6"},
    }
    assert made.cut == (1, 2)


def test_its_own_file_is_looked_at_and_the_site_is_not_visited_again():
    before, made = added({"check": OK, "visit": OK}, anew=frozenset({(1, "check")}))
    assert shown(before, made) == {
        "check0": set(),
        "visit1": {"check0"},
        "decision2": {"visit1"},
        "check3": set(),
        "noise4": {"visit1", "check3"},
        "decision5": {"noise4"},
    }
    assert made.graph.members[1] == (0, 1)


@pytest.mark.parametrize(("visit", "is_joined"), [(OK, True), (ASKED, False), (NO, False)])
def test_only_what_was_approved_is_taken_over(visit, is_joined):
    _, made = added({"check": OK, "visit": visit})
    assert (made.places[1, "visit"] == 1) is is_joined


def test_a_step_before_which_it_wants_something_of_its_own_is_not_taken_over():
    own_first = service("ho", step("survey"), step("visit", "survey", **VISIT))
    plan = merge([lodged(FIRST)])
    before = standing(plan, {"check": OK, "visit": OK})
    made = replan(plan.graph, before, merge([lodged(FIRST), lodged(own_first)]))
    assert made.places[0, "visit"] == 1
    assert made.places[1, "visit"] != 1


def test_a_permit_it_needs_is_waited_for():
    second = service("ho", step("check", **CHECK), requirements=[needs("location", "imb")])
    plan = merge([lodged(FIRST)])
    before = standing(plan, {"check": OK, "visit": ASKED})
    made = replan(plan.graph, before, merge([lodged(FIRST), lodged(second)]))
    assert set(made.added[-1].after) == {0, 2}


def test_for_what_has_ended_nothing_has_to_fit():
    plan = merge([lodged(FIRST), lodged(SECOND)])
    states = [OK, CUT, CUT, CUT, OK]
    before = rows(plan.nodes, states)
    gone = service("imb", step("quite", agency="land"))
    with pytest.raises(Invalid):
        replan(plan.graph, before, merge([lodged(gone), lodged(SECOND)]))
    bare = service("ho", step("check", **CHECK))
    made = replan(plan.graph, before, merge([lodged(FIRST), lodged(bare)]), ended=frozenset({0, 1}))
    assert (made.cut, made.added) == ((), ())
