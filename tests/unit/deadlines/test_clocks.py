"""Each rule of a clock against walking through the time piece by piece, and against what the books say."""

import itertools
import os
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ptsp.domain.deadlines import (
    OSS_DEEMED,
    Clock,
    Mark,
    MarkKind,
    Running,
    fold,
    kind_of_oss,
    mark_from_facts,
    marks_as_text,
    marks_from_text,
    oss_code,
)
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import StopReason
from tests.unit.deadlines.walking import walk

SEED = int(os.environ.get("PTSP_TEST_SEED", "20261122"))
CASES = 2000  # of each rule, shared out among the four units
STOP, RESUME, RESET, RESTART, EXTEND = MarkKind
STOPPING, LETTING_GO = (STOP, RESET), (RESUME, RESTART)
ZONES = tuple(ZoneInfo(f"Asia/{name}") for name in ("Jakarta", "Makassar", "Jayapura"))
JANUARY = date(2026, 1, 1)
LONGEST = {Unit.WORKING_DAYS: 12, Unit.WORKING_HOURS: 14, Unit.CALENDAR_DAYS: 20, Unit.MONTHS: 3}
APART_DAYS = {Unit.WORKING_DAYS: 4, Unit.WORKING_HOURS: 1, Unit.CALENDAR_DAYS: 6, Unit.MONTHS: 25}

Dice = random.Random
Case = tuple[Limit, Calendar, Running]


# ---------------------------------------------------------------------------------------------- cases


def calendar(dice: Dice) -> Calendar:
    """Weeks of two to seven days, strings of days off and single ones, make-up days on some of them, lunch breaks."""
    week = frozenset(dice.sample(range(7), dice.choice((2, 5, 5, 6, 7))))
    first = JANUARY + timedelta(dice.randrange(200))
    off = {first + timedelta(n) for n in range(dice.randrange(12))}
    off |= {JANUARY + timedelta(dice.randrange(200)) for _ in range(dice.randrange(12))}
    made_up = {dice.choice(sorted(off)) for _ in range(dice.randrange(3)) if off}
    made_up |= {JANUARY + timedelta(dice.randrange(200)) for _ in range(dice.randrange(3))}
    whole = ((8 * 60, 12 * 60), (13 * 60, 16 * 60 + 30))
    short = ((8 * 60, 11 * 60 + 30),)
    hours = tuple(((), short, whole)[dice.choice((1, 2, 2)) if day in week else 0] for day in range(7))
    return Calendar(week, frozenset(off), frozenset(made_up), hours, dice.choice(ZONES))


def moment(dice: Dice, unit: Unit, zone: ZoneInfo, day: date) -> datetime:
    """Any half hour of a local day; of limits in days also its very first and last second."""
    minutes = dice.randrange(48) * 30
    if unit is not Unit.WORKING_HOURS and dice.random() < 0.2:
        return datetime(day.year, day.month, day.day, *dice.choice(((0, 0, 0), (23, 59, 59))), tzinfo=zone)
    return datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)


def case(dice: Dice, unit: Unit, kinds: Sequence[MarkKind], *, before_start: bool, depth: int) -> Case:
    """A clock and events that can happen to it, in order; at most `depth` stops hold it at once."""
    known = calendar(dice)
    limit = Limit(dice.randint(1, LONGEST[unit]), unit, dice.random() < 0.4)
    day = JANUARY + timedelta(dice.randrange(180))
    start = moment(dice, unit, known.zone, day)
    at = start - timedelta(days=APART_DAYS[unit]) if before_start and dice.random() < 0.3 else start
    holding: list[UUID] = []
    marks = []
    for number in range(dice.randint(1, 7)):
        can = [kind for kind in kinds if kind not in LETTING_GO or holding]
        can = [kind for kind in can if kind not in STOPPING or len(holding) < depth]
        if not can:
            continue
        later = at.date() + timedelta(dice.choice((0, 0, 1, 1, 2, APART_DAYS[unit])))
        at = max(at, moment(dice, unit, known.zone, later))
        marks.append(event(dice, dice.choice(can), at, number, holding, unit))
    return limit, known, Running(start, None, tuple(marks))


def event(dice: Dice, kind: MarkKind, at: datetime, number: int, holding: list[UUID], unit: Unit) -> Mark:
    if kind is EXTEND:
        return Mark(kind, at, by=Limit(dice.randint(1, 1 + LONGEST[unit] // 3), unit), legal_basis="Pasal 1")
    if kind in STOPPING:
        holding.append(UUID(int=number + 1))
        return Mark(kind, at, stop=holding[-1], reason=dice.choice(list(StopReason)))
    return Mark(kind, at, stop=holding.pop(dice.randrange(len(holding))))


def has(*kinds: MarkKind) -> Callable[[Sequence[Mark]], bool]:
    return lambda marks: all(any(mark.kind is kind for mark in marks) for kind in kinds)


def most_at_once(marks: Sequence[Mark]) -> int:
    changes = (1 if mark.kind in STOPPING else -1 if mark.kind in LETTING_GO else 0 for mark in marks)
    return max(itertools.accumulate(changes), default=0)


RULES: dict[str, tuple[Sequence[MarkKind], int, Callable[[Sequence[Mark]], bool]]] = {
    "start": ((EXTEND,), 0, lambda marks: True),
    "stop": ((STOP, STOP, RESUME), 1, has(STOP)),
    "resume": ((STOP, RESUME), 1, has(STOP, RESUME)),
    "reset": ((STOP, RESET, RESUME, EXTEND), 1, has(RESET)),
    "restart": ((STOP, RESUME, RESTART, EXTEND), 1, has(STOP, RESTART)),
    "extend": ((STOP, RESUME, EXTEND, EXTEND), 1, has(EXTEND)),
    "overlapping stops": (
        (STOP, STOP, RESUME, RESET, RESTART, EXTEND),
        3,
        lambda marks: most_at_once(marks) > 1,
    ),
    "end": (tuple(MarkKind), 2, lambda marks: True),
}


def cases(rule: str, unit: Unit, count: int) -> Iterator[Case]:
    dice = random.Random(f"{SEED} {rule} {unit}")
    kinds, depth, fits = RULES[rule]
    found = 0
    while found < count:
        made = case(dice, unit, kinds, before_start=rule != "start", depth=depth)
        if rule == "start":
            limit, known, running = made
            made = (limit, known, Running(running.started_at))
        if not fits(made[2].marks):
            continue
        found += 1
        yield made


# -------------------------------------------------------------------------------------------- compared


def check(made: Case) -> None:
    limit, known, running = made
    told = f"{limit} from {running.started_at} on {known}\n" + "\n".join(map(str, running.marks))
    clock = fold(limit, known, running)
    assert running.started_at is not None
    walked, due = walk(limit, known, running.started_at, running.marks)
    assert clock.due_at == due, told
    assert bool(clock.held_by) == bool(walked.holding), told
    if due is not None:
        assert (clock.expected_at, clock.left) == (due, None), told
        return
    if not walked.anew:
        assert clock.left == walked.left * (30 if limit.unit is Unit.WORKING_HOURS else 1), told
    if running.marks[-1].kind in STOPPING:
        assert clock.expected_at == let_go(made), told


def let_go(made: Case) -> datetime | None:
    """When it would end if all that holds it ended at once."""
    limit, known, running = made
    assert running.started_at is not None
    names: dict[UUID | None, None] = {}
    for mark in running.marks:
        if mark.kind in STOPPING:
            names[mark.stop] = None
        elif mark.kind in LETTING_GO:
            del names[mark.stop]
    at = running.marks[-1].at
    return walk(
        limit, known, running.started_at, [*running.marks, *(Mark(RESUME, at, stop=one) for one in names)]
    )[1]


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_walking_through_the_time(rule: str, tell: Callable[[str], None]) -> None:
    for unit in Unit:
        for made in cases(rule, unit, CASES // len(Unit)):
            check(made)
            if rule == "end":
                check_end(made)
    tell(f"seed {SEED}: {CASES} cases")


def check_end(made: Case) -> None:
    """An end takes nothing back: the limit is what it was, and nothing holds what is over."""
    limit, known, running = made
    before = fold(limit, known, running)
    ended_at = max([running.started_at, *(mark.at for mark in running.marks)])
    after = fold(limit, known, Running(running.started_at, ended_at, running.marks))
    assert after.held_by == ()
    assert after.ended_at == ended_at
    assert (after.due_at, after.left, after.stops) == (before.due_at, before.left, before.stops)


def test_every_rule_is_really_tried() -> None:
    """Cases in which nothing of the rule happens would prove nothing."""
    for rule in set(RULES) - {"start"}:
        clocks = [fold(*made) for unit in Unit for made in cases(rule, unit, 100)]
        plain = [
            fold(made[0], made[1], Running(made[2].started_at))
            for unit in Unit
            for made in cases(rule, unit, 100)
        ]
        moved = sum(one.due_at != other.due_at for one, other in zip(clocks, plain, strict=True))
        assert moved >= 200, rule


# ---------------------------------------------------------------------------------------------- tables

JAKARTA = ZoneInfo("Asia/Jakarta")
OFFICE_HOURS = (((8 * 60, 16 * 60),),) * 5 + ((), ())
PLAIN = Calendar(frozenset(range(5)), frozenset(), hours=OFFICE_HOURS, zone=JAKARTA)
A, B = UUID(int=1), UUID(int=2)


def at(day: str, hour: int = 9) -> datetime:
    on = date.fromisoformat(f"2026-{day}")
    return datetime(on.year, on.month, on.day, hour, tzinfo=JAKARTA)


def by_code(code: str, day: str, stop: UUID = A) -> Mark:
    kind = kind_of_oss(code)
    return Mark(kind, at(day), stop=stop, reason=StopReason.CLARIFICATION if kind in STOPPING else None)


def folded(limit: Limit, *marks: Mark, start: str = "03-02") -> Clock:
    return fold(limit, PLAIN, Running(at(start), None, marks))


# Of five working days from Monday 2 March 2026 the last is Monday 9 March. Code 41 on day 2 (Wednesday 4 March),
# and again ten working days later (Wednesday 18 March).
FIVE = Limit(5)


@pytest.mark.parametrize(
    ("events", "due"),
    [
        pytest.param((), "03-09", id="never stopped"),
        pytest.param(
            (("41", "03-04"), ("42", "03-18")), "03-23", id="41 and 42: three of five days are left"
        ),
        pytest.param((("43", "03-04"), ("44", "03-18")), "03-25", id="43 and 44: all five again"),
        pytest.param((("41", "03-04"), ("44", "03-18")), "03-25", id="44 begins anew by itself"),
        pytest.param((("43", "03-04"), ("42", "03-18")), "03-25", id="43 had taken everything back already"),
        pytest.param((("41", "03-04"), ("42", "03-04")), "03-09", id="stopped and resumed on one day"),
        pytest.param((("41", "03-09"), ("42", "03-18")), "03-18", id="stopped on the last day: none is left"),
        pytest.param((("41", "03-10"), ("42", "03-18")), "03-09", id="stopped when it was over"),
        pytest.param((("43", "03-10"), ("44", "03-18")), "03-25", id="set back when it was over"),
        pytest.param((("41", "03-02"), ("42", "03-18")), "03-25", id="stopped at once"),
        pytest.param((("41", "03-04"), ("42", "03-21")), "03-25", id="resumed on a Saturday"),
    ],
)
def test_what_the_codes_of_oss_do_to_five_working_days(events: Sequence[tuple[str, str]], due: str) -> None:
    clock = folded(FIVE, *(by_code(*one) for one in events))
    assert clock.due_at == datetime.combine(at(due).date(), datetime.max.time(), JAKARTA).replace(
        microsecond=0
    )
    assert clock.held_by == ()


def test_the_due_date_moves_by_the_length_of_the_stop() -> None:
    """The same in the book's words: ten working days of stop are ten working days later."""
    before, after = folded(FIVE), folded(FIVE, by_code("41", "03-04"), by_code("42", "03-18"))
    assert before.due_at is not None
    assert after.due_at is not None
    assert PLAIN.working_days_between(before.due_at.date(), after.due_at.date()) == 10


def test_while_it_stands_it_is_due_on_no_day_and_says_why() -> None:
    clock = folded(FIVE, by_code("41", "03-04"), Mark(STOP, at("03-05"), stop=B, reason=StopReason.OUTAGE))
    assert (clock.due_at, clock.left) == (None, 3)
    assert clock.expected_at is not None
    assert clock.expected_at.date() == at("03-10").date()
    assert clock.held_by == (StopReason.CLARIFICATION, StopReason.OUTAGE)
    assert [stop.to for stop in clock.stops] == [None, None]


@pytest.mark.parametrize("code", ["41", "42", "43", "44"])
def test_codes_of_oss_go_both_ways(code: str) -> None:
    assert oss_code(kind_of_oss(code)) == code


def test_the_codes_are_those_of_the_integration_guide() -> None:
    assert [oss_code(kind) for kind in MarkKind] == ["41", "42", "43", "44", None]
    assert OSS_DEEMED == "57"


@pytest.mark.parametrize("code", ["", "40", "45", "57", "041", "stop"])
def test_a_code_that_moves_no_clock_is_refused(code: str) -> None:
    with pytest.raises(Invalid, match="kd_status"):
        kind_of_oss(code)


def test_a_stop_of_a_name_that_holds_already_and_the_end_of_one_that_is_not_there_are_refused() -> None:
    with pytest.raises(Conflict):
        folded(FIVE, by_code("41", "03-04"), by_code("41", "03-05"))
    for code in ("42", "44"):
        with pytest.raises(Conflict):
            folded(FIVE, by_code(code, "03-04"))
        with pytest.raises(Conflict):
            folded(FIVE, by_code("41", "03-04"), by_code(code, "03-05", B))


@pytest.mark.parametrize(
    ("limit", "by", "due"),
    [
        pytest.param(FIVE, Limit(3), "03-12", id="working days"),
        pytest.param(FIVE, Limit(3, Unit.CALENDAR_DAYS), "03-12", id="calendar days from the last day"),
        pytest.param(FIVE, Limit(1, Unit.MONTHS), "04-09", id="a month from the last day"),
        pytest.param(Limit(6, Unit.CALENDAR_DAYS), Limit(1), "03-09", id="a working day from a Sunday"),
    ],
)
def test_an_extension_counts_from_the_last_day_in_its_own_unit(limit: Limit, by: Limit, due: str) -> None:
    clock = folded(limit, Mark(EXTEND, at("03-03"), by=by, legal_basis="Pasal 1"))
    assert clock.due_at is not None
    assert clock.due_at.date() == at(due).date()


def test_an_extension_of_what_was_over_and_is_stopped_is_held_by_that_stop() -> None:
    """Five days are over on 9 March; a stop from the 11th holds nothing until ten more days are given on the 12th."""
    late = Mark(STOP, at("03-11"), stop=A, reason=StopReason.CLARIFICATION)
    more = Mark(EXTEND, at("03-12"), by=Limit(10), legal_basis="Pasal 1")
    assert folded(FIVE, late).due_at == folded(FIVE).due_at
    clock = folded(FIVE, late, more)
    assert (clock.due_at, clock.left) == (None, 7)
    resumed = folded(FIVE, late, more, by_code("42", "03-18"))
    assert resumed.due_at is not None
    assert resumed.due_at.date() == at("03-27").date()


def test_a_stop_from_before_the_start_holds_from_the_first_moment() -> None:
    early = Mark(STOP, at("02-20"), stop=A, reason=StopReason.OUTAGE)
    assert folded(FIVE, early).left == 5
    resumed = folded(FIVE, early, by_code("42", "03-18"))
    assert resumed.due_at is not None
    assert resumed.due_at.date() == at("03-25").date()


def test_a_clock_that_has_not_begun_has_no_date() -> None:
    stopped = by_code("41", "03-04")
    clock = fold(FIVE, PLAIN, Running(None, None, (stopped,)))
    assert (clock.due_at, clock.expected_at, clock.left) == (None, None, None)
    assert clock.held_by == (StopReason.CLARIFICATION,)
    assert fold(FIVE, PLAIN, Running(None, None, (stopped, by_code("42", "03-05")))).held_by == ()


def test_nothing_at_all_ends_where_it_begins() -> None:
    for unit in Unit:
        assert folded(Limit(0, unit)).due_at == at("03-02")


def test_marks_are_stored_and_read_back_as_they_were() -> None:
    dice = random.Random(SEED)
    for unit in Unit:
        for _ in range(100):
            marks = case(dice, unit, tuple(MarkKind), before_start=True, depth=3)[2].marks
            again = marks_from_text(marks_as_text(marks))
            assert again == marks
            assert marks_as_text(again) == marks_as_text(marks)


def test_a_mark_of_the_ledger_has_its_own_moment() -> None:
    moment_then = datetime(2026, 3, 4, 2, tzinfo=UTC)
    assert mark_from_facts(moment_then, {"kind": "stop", "stop": str(A), "reason": "outage"}) == Mark(
        STOP, moment_then, stop=A, reason=StopReason.OUTAGE
    )
