"""What we asked beside what an agency lists: each row is a sentence, and everything counts once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain import balances
from ptsp.domain.balances import Act, Asked, Kind
from ptsp.domain.balances.rules import LATER, LOOK_BACK, MARGIN, SOON, UNHAD
from ptsp.domain.balances.types import OURS
from ptsp.sdk.contract import Listed, Verdict

WIB = ZoneInfo("Asia/Jakarta")
DAY = date(2026, 11, 22)
WINDOW = balances.day_window(DAY, WIB)
NOON = datetime(2026, 11, 22, 12, tzinfo=WIB)
KEY = UUID(int=1)
YES, NO = Verdict.APPROVED, Verdict.REJECTED


def asked(state: str = "asked", ref: str | None = "K-1", **more: object) -> Asked:
    verdict = {"approved": YES, "rejected": NO}.get(state)
    return replace(Asked(KEY, NOON, NOON, state, ref, verdict), **more)  # type: ignore[arg-type]


def case(
    number: str = "K-1", verdict: Verdict | None = None, *, key: str = str(KEY), at: datetime = NOON
) -> Listed:
    return Listed(key, number, at.isoformat(), verdict)


@pytest.mark.parametrize(
    ("ours", "theirs", "kind"),
    [
        pytest.param(asked(), [case()], Kind.MATCHED, id="both have it"),
        pytest.param(
            asked("unknown", None), [case()], Kind.MATCHED, id="it arrived, though its number did not"
        ),
        pytest.param(
            asked("asked", "queued"), [case()], Kind.MATCHED, id="the broker had it, and now they have"
        ),
        pytest.param(asked("approved"), [case(verdict=YES)], Kind.MATCHED, id="the same verdict"),
        pytest.param(asked("approved"), [case()], Kind.MATCHED, id="their list is older than their answer"),
        pytest.param(asked("approved"), [case(verdict=NO)], Kind.DIFFERENT, id="another verdict"),
        pytest.param(asked(), [case(verdict=YES)], Kind.UNANSWERED, id="their answer did not come"),
        pytest.param(
            asked("stuck"), [case(verdict=NO)], Kind.UNANSWERED, id="a stuck one has an answer there"
        ),
        pytest.param(asked(), [], Kind.MISSING_THERE, id="they have lost it"),
        pytest.param(asked("unknown", None), [], Kind.MISSING_THERE, id="it never arrived"),
        pytest.param(asked("approved"), [], Kind.MISSING_THERE, id="they answered what they do not have"),
        pytest.param(asked(), [case(), case("K-2")], Kind.DOUBLED, id="two cases for one question"),
        pytest.param(asked(), [case("K-2")], Kind.DOUBLED, id="another number than they gave us"),
        pytest.param(
            asked(), [case(), case(verdict=YES)], Kind.UNANSWERED, id="the same case on two pages is one"
        ),
        pytest.param(
            asked(ref=None, is_let_go=True), [], Kind.LET_GO, id="a desk answers, and they never had it"
        ),
        pytest.param(
            asked(ref=None, is_let_go=True), [case()], Kind.MATCHED, id="a desk answers, and they had it"
        ),
        pytest.param(
            asked(ref=None, is_let_go=True),
            [case(verdict=YES)],
            Kind.MATCHED,
            id="a desk answers, whatever they say",
        ),
        pytest.param(
            asked("approved", None, is_let_go=True),
            [case(verdict=NO)],
            Kind.DIFFERENT,
            id="a desk said otherwise",
        ),
        pytest.param(
            asked("cut", is_let_go=True), [], Kind.MISSING_THERE, id="withdrawn, and they lost its number"
        ),
        pytest.param(
            asked(), [case(key=str(KEY).upper())], Kind.MATCHED, id="they write our keys in capital letters"
        ),
        pytest.param(
            asked(at=NOON.replace(hour=23, minute=59, second=59)),
            [case(at=NOON.replace(hour=0) + timedelta(days=1, seconds=1))],
            Kind.MATCHED,
            id="asked before midnight and opened after it",
        ),
    ],
)
def test_one_question(ours: Asked, theirs: list[Listed], kind: Kind) -> None:
    (item,) = balances.compare([ours], theirs, day=WINDOW).items
    assert item.kind is kind


@pytest.mark.parametrize(
    ("key", "at", "is_known", "found"),
    [
        pytest.param(str(KEY), NOON, False, 1, id="a key that was never asked"),
        pytest.param("", NOON, False, 1, id="no key at all"),
        pytest.param("LAMA-17", NOON, False, 1, id="a key that is none of ours"),
        pytest.param(str(KEY), NOON, True, 0, id="asked on another day: it belongs there"),
        pytest.param(str(KEY), NOON - timedelta(days=1), False, 0, id="opened on the day before"),
        pytest.param("", WINDOW.since, False, 1, id="opened at midnight"),
        pytest.param("", WINDOW.until, False, 0, id="opened at the next one"),
        pytest.param("", WINDOW.since.astimezone(UTC), False, 1, id="written in another zone"),
    ],
)
def test_one_case_that_nobody_asked_for(key: str, at: datetime, *, is_known: bool, found: int) -> None:
    known = {key} if is_known else set()
    items = balances.compare([], [case(key=key, at=at)], day=WINDOW, known=known).items
    assert [item.kind for item in items] == [Kind.MISSING_HERE] * found


KEYS = [UUID(int=at) for at in range(1, 7)]
QUESTIONS = st.builds(
    Asked,
    id=st.sampled_from(KEYS),
    at=st.just(NOON),
    tried_at=st.just(NOON),
    state=st.sampled_from(["asked", "unknown", "stuck", "ready", "running", "approved", "rejected", "cut"]),
    ref=st.sampled_from([None, "queued", "K-1", "K-2"]),
    verdict=st.sampled_from([None, YES, NO]),
    is_let_go=st.booleans(),
)
CASES = st.builds(
    Listed,
    key=st.sampled_from([*map(str, KEYS), "", "LAMA-17"]),
    number=st.sampled_from(["K-1", "K-2", "K-3"]),
    opened_at=st.sampled_from([NOON.isoformat(), (NOON - timedelta(days=1)).isoformat()]),
    verdict=st.sampled_from([None, YES, NO]),
)
DAYS = st.tuples(
    st.lists(QUESTIONS, unique_by=lambda one: one.id),
    st.lists(CASES, max_size=12),
    st.sets(st.sampled_from([str(key) for key in KEYS])),
)


@given(DAYS)
def test_every_question_and_every_case_counts_once(day: tuple[list[Asked], list[Listed], set[str]]) -> None:
    ours, theirs, known = day
    found = balances.compare(ours, theirs, day=WINDOW, known=known)
    counts = found.counts
    assert found.sent == len(ours) == sum(counts[kind] for kind in OURS)
    assert sorted(item.key for item in found.items if item.asked) == sorted(one.key for one in ours)
    cases = {(case.key, case.number): case for case in theirs}
    keys = {one.key for one in ours}
    wanted = [key for key, _ in cases if key in keys]
    strange = [key for key, _ in cases if key not in keys | known]
    assert found.listed == len(wanted) + counts[Kind.MISSING_HERE]
    assert counts[Kind.MISSING_HERE] <= len(strange)
    assert len({item.mark for item in found.gaps}) == len(found.gaps)
    sure = counts[Kind.MATCHED] + counts[Kind.UNANSWERED] + counts[Kind.DIFFERENT] + counts[Kind.DOUBLED]
    assert found.listed >= sure + counts[Kind.MISSING_HERE]  # as the database checks


@given(DAYS, st.randoms())
def test_the_order_of_a_list_and_pages_that_repeat_change_nothing(
    day: tuple[list[Asked], list[Listed], set[str]], dice: object
) -> None:
    ours, theirs, known = day
    decided = {(one.key, one.number): one for one in theirs}  # one copy each, so that no two contradict
    once = list(decided.values())
    again = [*once, *once[: len(once) // 2]]
    dice.shuffle(again)  # type: ignore[attr-defined]
    first = balances.compare(ours, once, day=WINDOW, known=known)
    assert balances.compare(ours, again, day=WINDOW, known=known) == first
    assert balances.digest(first.items) == balances.digest(reversed(first.items))


@given(st.lists(QUESTIONS, unique_by=lambda one: one.id))
def test_an_agency_that_has_all_of_it_is_balanced(ours: list[Asked]) -> None:
    theirs = [Listed(one.key, one.number or "K-9", NOON.isoformat(), one.verdict) for one in ours]
    found = balances.compare(ours, theirs, day=WINDOW)
    assert (found.gaps, found.counts[Kind.MATCHED]) == ((), len(ours))


@pytest.mark.parametrize(
    ("state", "more", "remembers", "tries", "act"),
    [
        ("asked", {}, True, 0, Act.SEND_AGAIN),
        ("unknown", {}, True, 2, Act.SEND_AGAIN),
        ("asked", {}, True, 3, Act.PERSON),  # it has not helped
        ("asked", {}, False, 0, Act.STICK),  # a second effect could follow
        ("stuck", {"cause": "needs_check"}, True, 0, Act.SEND_AGAIN),
        ("stuck", {"cause": "too_old"}, True, 0, Act.SEND_AGAIN),
        ("stuck", {"cause": "poison"}, True, 0, Act.PERSON),
        ("stuck", {"cause": "refused"}, True, 0, Act.PERSON),
        ("ready", {}, True, 0, Act.WAIT),
        ("running", {}, True, 0, Act.WAIT),
        ("approved", {}, True, 0, Act.PERSON),
        ("cut", {"is_let_go": True}, True, 0, Act.PERSON),
    ],
)
def test_what_follows_where_they_have_nothing(
    state: str, more: dict[str, object], *, remembers: bool, tries: int, act: Act
) -> None:
    (item,) = balances.compare([asked(state, **more)], [], day=WINDOW).items  # type: ignore[arg-type]
    assert balances.act_on(item, remembers=remembers, tries=tries) is act


@pytest.mark.parametrize(
    ("ours", "theirs", "act"),
    [
        (asked(), [case(verdict=YES)], Act.LOOK),
        (asked("stuck", cause="too_old"), [case(verdict=YES)], Act.LOOK),
        (asked("stuck", cause="fault"), [case(verdict=YES)], Act.PERSON),
        (asked("approved"), [case(verdict=NO)], Act.PERSON),
        (asked(), [case(), case("K-2")], Act.PERSON),
    ],
)
def test_what_follows_where_they_say_something_else(ours: Asked, theirs: list[Listed], act: Act) -> None:
    (item,) = balances.compare([ours], theirs, day=WINDOW).items
    assert balances.act_on(item, remembers=True, tries=0) is act


def test_what_follows_where_nobody_asked() -> None:
    (item,) = balances.compare([], [case()], day=WINDOW).items
    assert balances.act_on(item, remembers=True, tries=0) is Act.PERSON


def test_a_day_is_over_an_hour_after_its_midnight_in_the_zone_of_the_office() -> None:
    just = WINDOW.until + MARGIN
    assert balances.last_day(just, WIB) == DAY
    assert balances.last_day(just - timedelta(seconds=1), WIB) == DAY - timedelta(days=1)
    assert balances.last_day(just.astimezone(UTC), ZoneInfo("Asia/Jayapura")) == DAY
    assert balances.last_day(just - timedelta(hours=2), ZoneInfo("Asia/Jayapura")) == DAY


def test_no_day_is_left_out_however_long_nobody_looked() -> None:
    assert balances.days_owed(None, DAY) == [DAY]
    assert balances.days_owed(DAY, DAY) == []
    assert balances.days_owed(DAY - timedelta(days=40), DAY)[::39] == [DAY - timedelta(days=39), DAY]


def test_a_list_reaches_as_far_as_a_question_of_the_day_may_have_gone() -> None:
    soon = WINDOW.until + MARGIN
    plain = balances.list_window(WINDOW, [asked()], soon)
    assert (plain.since, plain.until) == (WINDOW.since - MARGIN, soon)
    early = balances.list_window(WINDOW, [asked(tried_at=WINDOW.since - timedelta(hours=13))], soon)
    assert early.since == WINDOW.since - timedelta(hours=14)
    long_ago = balances.list_window(WINDOW, [asked(tried_at=WINDOW.since - timedelta(days=90))], soon)
    assert long_ago.since == WINDOW.since - LOOK_BACK
    late = balances.list_window(WINDOW, [], soon + timedelta(days=90))
    assert late.until == WINDOW.until + LOOK_BACK
    assert (
        balances.list_window(WINDOW, [], WINDOW.until.astimezone(UTC)).until.isoformat()
        == "2026-11-23T00:00:00+07:00"
    )


@pytest.mark.parametrize(
    ("after", "acts", "wait"),
    [
        (MARGIN, [], None),
        (MARGIN, [Act.SEND_AGAIN, Act.PERSON], SOON),
        (MARGIN, [Act.PERSON], LATER),
        (MARGIN, [Act.STICK, Act.PERSON], LATER),
        (LOOK_BACK, [Act.SEND_AGAIN], None),
    ],
)
def test_when_a_day_is_made_again(after: timedelta, acts: list[Act], wait: timedelta | None) -> None:
    now = WINDOW.until + after
    assert balances.again_at(WINDOW, now, acts) == (now + wait if wait else None)
    assert balances.asked_again_at(WINDOW, now) == now + (LATER if after == LOOK_BACK else UNHAD)
