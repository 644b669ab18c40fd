"""Which line shows what: as a table, and whatever happens to a statement on its way."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ptsp.domain.treasury import BankLine, Difference, Expected, Gap, Kind, Match, differences, match

DAY = date(2026, 3, 2)
ALWAYS = [(date(2026, 1, 1), date(2026, 12, 31))]
SOME_NUMBER = "2600000001"


def line(number: int, amount: int, *references: str, on: date = DAY, customer_no: str = "") -> BankLine:
    refs = references or (f"B-{number}",)
    return BankLine(UUID(int=number), number, f"B-{number}", 1, refs, on, amount, customer_no, "")


def payment(
    number: int, amount: int, reference: str = "", *, on: date = DAY, customer_no: str = ""
) -> Expected:
    return Expected(
        Kind.PAYMENT, UUID(int=1000 + number), reference or f"P-{number}", customer_no, amount, on
    )


def deposit(number: int, amount: int, reference: str) -> Expected:
    return replace(payment(number, amount, reference), kind=Kind.DEPOSIT)


def payout(number: int, amount: int, reference: str) -> Expected:
    return replace(payment(number, -amount, reference), kind=Kind.PAYOUT)


def pairs(found: Sequence[Match]) -> list[tuple[int, int]]:
    """(number of the line, number of what it shows)."""
    return sorted((one.line_id.int, one.target.int - 1000) for one in found)


def after(
    lines: Sequence[BankLine], expected: Sequence[Expected], found: Sequence[Match]
) -> tuple[list[BankLine], list[Expected]]:
    """Lines that still show nothing, and what is shown by now: what the database would say."""
    amounts = {one.id: one.amount for one in lines}
    shown: Counter[UUID] = Counter()
    count = Counter(one.target for one in found)
    for one in found:
        shown[one.target] += amounts.pop(one.line_id)
    grown = [
        replace(one, shown=one.shown + shown[one.id], lines=one.lines + count[one.id]) for one in expected
    ]
    return [one for one in lines if one.id in amounts], grown


def told(found: Sequence[Difference]) -> list[tuple[str, str, int, int]]:
    return sorted((one.gap.value, one.kind.value, one.ours, one.bank) for one in found)


def look(
    lines: Sequence[BankLine], expected: Sequence[Expected], periods: Sequence[tuple[date, date]] = ALWAYS
) -> list[tuple[str, str, int, int]]:
    return told(differences(*after(lines, expected, match(lines, expected)), periods))


CASES = {
    "by reference": ([line(1, 100, "P-1")], [payment(1, 100)], [(1, 1)]),
    "by any reference of the line": ([line(1, 100, "X", "P-1", "Y")], [payment(1, 100)], [(1, 1)]),
    "by reference on another day": (
        [line(1, 100, "P-1", on=DAY + timedelta(9))],
        [payment(1, 100)],
        [(1, 1)],
    ),
    "in two parts": ([line(1, 60, "P-1"), line(2, 40, "P-1")], [payment(1, 100)], [(1, 1), (2, 1)]),
    "the whole before its parts": (
        [line(1, 60, "P-1"), line(2, 40, "P-1"), line(3, 100, "P-1")],
        [payment(1, 100)],
        [(3, 1)],
    ),
    "twice the same is only once shown": (
        [line(1, 100, "P-1"), line(2, 100, "P-1")],
        [payment(1, 100)],
        [(1, 1)],
    ),
    "another amount": ([line(1, 90, "P-1")], [payment(1, 100)], [(1, 1)]),
    "another reference": ([line(1, 100, "P-2")], [payment(1, 100)], []),
    "what went out shows no payment": ([line(1, -100, "P-1")], [payment(1, 100)], []),
    "a payout is what went out": ([line(1, -100, "SP2D-1")], [payout(1, 100, "SP2D-1")], [(1, 1)]),
    "what came in shows no payout": ([line(1, 100, "SP2D-1")], [payout(1, 100, "SP2D-1")], []),
    "a deposit": ([line(1, 100, "BDG-1")], [deposit(1, 100, "BDG-1")], [(1, 1)]),
    "by customer number": (
        [line(1, 100, customer_no=SOME_NUMBER)],
        [payment(1, 100, customer_no=SOME_NUMBER)],
        [(1, 1)],
    ),
    "by virtual account number": (
        [line(1, 100, customer_no="88888888" + SOME_NUMBER)],
        [payment(1, 100, customer_no=SOME_NUMBER)],
        [(1, 1)],
    ),
    "a prefix too long": (
        [line(1, 100, customer_no="888888888" + SOME_NUMBER)],
        [payment(1, 100, customer_no=SOME_NUMBER)],
        [],
    ),
    "customer number, another amount": (
        [line(1, 101, customer_no=SOME_NUMBER)],
        [payment(1, 100, customer_no=SOME_NUMBER)],
        [],
    ),
    "customer number, another day": (
        [line(1, 100, customer_no=SOME_NUMBER, on=DAY + timedelta(1))],
        [payment(1, 100, customer_no=SOME_NUMBER)],
        [],
    ),
    "no customer number is nobody's": ([line(1, 100)], [payment(1, 100)], []),
    "reference before customer number": (
        [line(1, 100, "P-2", customer_no=SOME_NUMBER), line(2, 100, customer_no=SOME_NUMBER)],
        [payment(1, 100, customer_no=SOME_NUMBER), payment(2, 100)],
        [(1, 2), (2, 1)],
    ),
    "a deposit is never found by customer number": (
        [line(1, 100, customer_no=SOME_NUMBER)],
        [replace(payment(1, 100, customer_no=SOME_NUMBER), kind=Kind.DEPOSIT)],
        [],
    ),
    "the rest of a part": ([line(2, 40, "P-1")], [replace(payment(1, 100), shown=60, lines=1)], [(2, 1)]),
    "shown in full already": ([line(2, 100, "P-1")], [replace(payment(1, 100), shown=100, lines=1)], []),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_line_shows(name: str) -> None:
    lines, expected, wanted = CASES[name]
    assert pairs(match(lines, expected)) == wanted


DIFFERENCES = {
    "nothing": ([], [], []),
    "known": ([line(1, 100, "P-1")], [payment(1, 100)], []),
    "received and unknown": ([line(1, 100)], [], [("unknown", "line", 0, 100)]),
    "paid out and unknown": ([line(1, -100)], [], [("unknown", "line", 0, -100)]),
    "missing": ([], [payment(1, 100)], [("missing", "payment", 100, 0)]),
    "another amount": ([line(1, 90, "P-1")], [payment(1, 100)], [("amount", "payment", 100, 90)]),
    "a deposit of another amount": (
        [line(1, 90, "B")],
        [deposit(1, 100, "B")],
        [("amount", "deposit", 100, 90)],
    ),
    "a refund not seen": ([], [payout(1, 100, "S")], [("missing", "payout", -100, 0)]),
    "booked twice by the bank": (
        [line(1, 100, "P-1"), line(2, 100, "P-1")],
        [payment(1, 100)],
        [("unknown", "line", 0, 100)],
    ),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_differs(name: str) -> None:
    lines, expected, wanted = DIFFERENCES[name]
    assert look(lines, expected) == wanted


@pytest.mark.parametrize(("days", "is_missing"), [(-1, False), (0, True), (3, True), (4, False)])
def test_nothing_is_missing_from_a_day_that_no_statement_speaks_of(days: int, *, is_missing: bool) -> None:
    late = payment(1, 100, on=DAY + timedelta(days))
    assert bool(look([], [late], [(DAY, DAY + timedelta(3))])) is is_missing


def test_a_difference_is_the_same_until_an_amount_changes() -> None:
    one = differences([], [payment(1, 100)], ALWAYS)[0]
    again = differences([], [payment(1, 100)], [*ALWAYS, (DAY, DAY)])[0]
    other = differences([], [replace(payment(1, 100), shown=90, lines=1)], ALWAYS)[0]
    more = differences([], [replace(payment(1, 100), shown=80, lines=1)], ALWAYS)[0]
    assert one.id == again.id
    assert len({one.id, other.id, more.id}) == 3
    assert (one.gap, other.gap) == (Gap.MISSING, Gap.AMOUNT)


# ------------------------------------------------------------------------------ whatever a bank does to it

amounts = st.integers(1, 5)  # few, so that they often agree by accident
seeds = st.integers(0, 2**32)


@st.composite
def books(draw: st.DrawFn) -> list[Expected]:
    made = []
    for number, amount in enumerate(draw(st.lists(amounts, max_size=12))):
        day = DAY + timedelta(draw(st.integers(0, 2)))
        customer = draw(st.sampled_from(["", SOME_NUMBER, "2600000002"]))
        kind = draw(st.sampled_from([Kind.PAYMENT, Kind.PAYMENT, Kind.DEPOSIT, Kind.PAYOUT]))
        sign = -1 if kind is Kind.PAYOUT else 1
        made.append(replace(payment(number, sign * amount, on=day, customer_no=customer), kind=kind))
    return made


def spoilt(dice: random.Random, ours: Sequence[Expected]) -> list[BankLine]:
    """What a bank may make of them: some lost, doubled, in parts, of another amount, without their reference."""
    told: list[tuple[str, int, date, str]] = []
    for one in ours:
        entry = (one.reference, one.amount, one.on, one.customer_no)
        do = dice.choice(("keep", "keep", "lose", "double", "part", "other", "bare"))
        if do in ("keep", "double"):
            told += [entry] * (1 + (do == "double"))
        elif do == "part" and abs(one.amount) > 1:
            sign = one.amount // abs(one.amount)
            told += [(one.reference, sign, *entry[2:]), (one.reference, one.amount - sign, *entry[2:])]
        elif do == "other":
            told.append((one.reference, one.amount * 7, *entry[2:]))
        elif do == "bare":
            told.append(("", *entry[1:]))
    told += [("", dice.choice((-9, 3)), DAY, "") for _ in range(dice.randrange(3))]
    dice.shuffle(told)
    return [
        line(number, amount, *([reference] if reference else []), on=day, customer_no=customer)
        for number, (reference, amount, day, customer) in enumerate(told, 1)
    ]


@given(books(), seeds)
def test_every_rupiah_of_both_books_is_matched_or_different(ours: list[Expected], seed: int) -> None:
    lines = spoilt(random.Random(seed), ours)
    found = match(lines, ours)
    assert len({one.line_id for one in found}) == len(found)
    left = differences(*after(lines, ours, found), ALWAYS)
    event(f"{len(left)} differences")
    gap = sum(one.bank - one.ours for one in left)
    assert gap == sum(one.amount for one in lines) - sum(one.amount for one in ours)
    assert len({one.id for one in left}) == len(left)


@given(books(), seeds)
def test_the_order_of_the_lines_and_of_our_books_does_not_matter(ours: list[Expected], seed: int) -> None:
    dice = random.Random(seed)
    lines = spoilt(dice, ours)
    there = pairs(match(lines, ours))
    assert pairs(match(dice.sample(lines, len(lines)), dice.sample(ours, len(ours)))) == there


@given(books(), seeds)
def test_a_true_statement_leaves_nothing_open(ours: list[Expected], seed: int) -> None:
    dice = random.Random(seed)
    lines = [
        line(number, one.amount, one.reference, on=one.on, customer_no=one.customer_no)
        for number, one in enumerate(dice.sample(ours, len(ours)), 1)
    ]
    assert look(lines, ours) == []


@given(books(), seeds, st.integers(1, 4))
def test_a_statement_in_pieces_accounts_for_the_same_rupiah(
    ours: list[Expected], seed: int, pieces: int
) -> None:
    lines = spoilt(random.Random(seed), ours)
    free: list[BankLine] = []
    now = list(ours)
    for piece in range(pieces):
        free += lines[piece::pieces]
        free, now = after(free, now, match(free, now))
    gap = sum(one.bank - one.ours for one in differences(free, now, ALWAYS))
    assert gap == sum(one.amount for one in lines) - sum(one.amount for one in ours)
    assert match(free, [one for one in now if one.shown == one.amount]) == []
