"""What may be asked for correction, how often, and when it is answered."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from uuid import UUID, uuid4

import pytest

from ptsp.domain import corrections
from ptsp.domain.corrections import Ask, Correction, CorrectionState
from ptsp.kernel.specs import CorrectionSpec, StopReason

AT = datetime(2026, 3, 2, tzinfo=UTC)


def one(*names: str, state: CorrectionState = CorrectionState.ANSWERED) -> Correction:
    return Correction(
        id=uuid4(),
        bundle_id=UUID(int=0),
        seq=0,
        round=1,
        fields=names,
        documents=(),
        message="x",
        asked_at=AT,
        asked_by="front_office",
        due_on=date(2026, 3, 16),
        lapses_at=None,
        stop=uuid4(),
        state=state,
    )


@pytest.fixture
def siup(packs):
    return next(pack for pack in packs if pack.code == "sidoarjo").services["siup"]


def with_rules(service, *, stops=None, **rules):
    clock = replace(service.standard.clock, stops=stops) if stops is not None else service.standard.clock
    return replace(
        service, standard=replace(service.standard, clock=clock, corrections=CorrectionSpec(**rules))
    )


def codes(faults) -> set[tuple[str, str]]:
    return {(each.field, each.code) for each in faults}


def test_names_speak_of_a_place():
    assert corrections.place("12.floor_area") == (12, "floor_area")
    assert corrections.positions(["2.a", "0.b", "2.c"]) == (0, 2)


def test_only_what_the_applications_of_the_task_have_can_be_asked(siup):
    known = [f"1.{spec.code}" for spec in siup.fields]
    for name in (
        *known,
        "0.capital",
        "1.nothing",
        "1.ktp",
        "capital",
        "1.",
        ".capital",
        "01.capital",
        "-1.capital",
    ):
        faults = corrections.ask_faults(Ask((name,), (), "x"), {1: siup}, (), [])
        assert codes(faults) == (set() if name in known else {("fields[0]", "not_returnable")}), name


def test_a_document_that_a_permit_of_the_bundle_stands_for_cannot_be_asked(siup):
    ask = Ask((), ("0.ktp", "0.place_proof"), "x")
    assert corrections.ask_faults(ask, {0: siup}, (), []) == []
    assert codes(corrections.ask_faults(ask, {0: siup}, {"0.ktp"}, [])) == {
        ("documents[0]", "not_returnable")
    }


@pytest.mark.parametrize("most", range(4))
def test_an_application_is_returned_at_most_so_often(siup, most):
    """What was taken back does not count, nor what only others were asked for."""
    service = with_rules(siup, most_rounds=most)
    ask = Ask(("0.capital",), (), "x")
    for states in product(CorrectionState, repeat=3):
        before = [one("0.goods", state=state) for state in states] + [one("1.goods")]
        used = sum(state is not CorrectionState.WITHDRAWN for state in states)
        faults = corrections.ask_faults(ask, {0: service, 1: service}, (), before)
        assert codes(faults) == ({("fields", "no_rounds_left")} if used >= most else set())
        assert corrections.rounds_used(before, 0) == used
        assert corrections.round_number(ask, before) == used + 1
        left = corrections.rounds_left(before[0], {0: service, 1: service}, before)
        assert left == max(0, most - used)


def test_a_clock_that_may_not_stand_for_it_allows_no_return(siup):
    others = frozenset(StopReason) - {StopReason.CLARIFICATION}
    strict = with_rules(siup, stops=others)
    ask = Ask(("0.capital",), (), "x")
    assert codes(corrections.ask_faults(ask, {0: strict}, (), [])) == {("fields", "stop_not_allowed")}
    assert corrections.ask_faults(ask, {0: siup, 1: strict}, (), []) == []  # the other one is not returned


def test_silence_ends_it_only_where_every_standard_says_so(siup):
    services = {0: with_rules(siup, lapses=True), 1: with_rules(siup, lapses=False)}
    assert corrections.ends_in_silence((0,), services)
    assert not corrections.ends_in_silence((1,), services)
    assert not corrections.ends_in_silence((0, 1), services)


@pytest.mark.parametrize(
    "given", [set(), {"0.a"}, {"0.b"}, {"0.a", "0.b"}, {"0.a", "0.c"}, {"0.a", "0.b", "0.c"}]
)
def test_an_answer_is_exactly_what_was_asked(given):
    asked = {"0.a", "0.b"}
    expected = {(f"answers.{name}", "missing") for name in asked - given}
    expected |= {(f"answers.{name}", "unknown") for name in given - asked}
    assert codes(corrections.answer_faults("answers", sorted(asked), given)) == expected
