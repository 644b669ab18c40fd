"""Bank statements on the database: imported once, matched, and every difference ended by a person."""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from ptsp.domain.treasury import Difference
from ptsp.flows.close_difference import book_difference, close_difference
from ptsp.flows.deposit_cash import deposit_cash
from ptsp.flows.difference_texts import difference_text
from ptsp.flows.import_statement import import_statement
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.sdk.contract import Taking
from tests.flows.acts import open_bills
from tests.flows.treasurers import (
    NOBODY,
    Row,
    as_csv,
    billed,
    cash_on,
    imported,
    moved,
    paid_back,
    reconciled,
    today,
)
from tests.offices import Office

ROOMS = ("deposit", "deposited", "statement", "statement_line", "statement_match", "difference_closing")


def close(office: Office, one: Difference, reason: str = "Sudah diperiksa") -> None:
    with office.work("treasurer") as work:
        close_difference(work, one.id, reason, by="loket-kas")


def book(office: Office, ident: UUID, customer_no: str = "") -> Taking:
    with office.work("treasurer") as work:
        return book_difference(work, ident, customer_no=customer_no, by="loket-kas")


def counts(office: Office) -> list[int]:
    return [office.rows(f"SELECT count(*) FROM app.{room}")[0][0] for room in ROOMS]


def words(office: Office) -> list[str]:
    return [difference_text(one)["id"] for one in reconciled(office).open]


def test_a_true_statement_leaves_nothing_different(office: Office) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    moved(office, 6_000, "R-2", "2026-03-02", customer_no="2699999999")
    cash_on(office, 7_000, "2026-03-02T10:00:00+07:00")
    with office.work() as work:
        deposit_cash(work, work.today.replace(2026, 3, 2), "BDG-1", by="x")
    day = str(today(office))
    done = imported(
        office,
        [
            ("2026-03-02", "R-1", "", 5_000),
            ("2026-03-02", "X-9", "777772699999999", 6_000),
            (day, "BDG-1", "", 7_000),
        ],
    )
    assert (done.lines, done.known, done.matched, done.unreconciled) == (3, 0, 3, 0)
    assert reconciled(office).open == ()


def test_each_kind_of_difference_is_said_in_words(office: Office) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    moved(office, 6_000, "R-2", "2026-03-02")
    imported(
        office,
        [
            ("2026-03-02", "R-1", "", 4_500),
            ("2026-03-02", "X-1", "", 100),
            ("2026-03-03", "X-2", "", -200),
        ],
    )
    assert words(office) == [
        "Pembayaran kami Rp5.000, tetapi bank mencatat Rp4.500.",
        "Pembayaran Rp6.000 tidak tampak di rekening koran untuk hari itu.",
        "Bank menerima Rp100 yang tidak ada dalam pembukuan kami.",
        "Bank mengeluarkan Rp200 yang tidak ada dalam pembukuan kami.",
    ]


def test_a_refund_is_found_among_what_went_out(office: Office) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    paid_back(office, "SP2D-1", "2026-03-05")
    assert imported(office, [("2026-03-02", "R-1", "", 5_000), ("2026-03-06", "Z", "", 1)]).matched == 1
    assert [one.kind.value for one in reconciled(office).open] == ["payout", "line"]
    assert imported(office, [("2026-03-06", "SP2D-1", "", -5_000)]).matched == 1
    assert [one.kind.value for one in reconciled(office).open] == ["line"]


def test_the_same_file_and_the_same_lines_count_once(office: Office) -> None:
    rows: list[Row] = [("2026-03-02", "R-1", "", 5_000), ("2026-03-02", "R-2", "", 6_000)]
    first = imported(office, rows)
    before = counts(office)
    again = imported(office, rows, "other-name.csv")
    assert (again.is_again, again.statement, again.lines, again.known) == (True, first.statement, 0, 2)
    assert counts(office) == before
    longer = imported(office, [("2026-03-03", "R-3", "", 7_000), *reversed(rows)])
    assert (longer.is_again, longer.lines, longer.known) == (False, 1, 2)
    assert len(reconciled(office).open) == 3


def test_a_line_that_stands_twice_in_a_file_is_money_twice_until_somebody_says_otherwise(
    office: Office,
) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    imported(office, [("2026-03-02", "R-1", "", 5_000)] * 2)
    (twice,) = reconciled(office).open
    assert (twice.gap.value, twice.bank) == ("unknown", 5_000)
    imported(office, [("2026-03-02", "R-1", "", 5_000)] * 2 + [("2026-03-03", "R-9", "", 1)])
    assert [one.id for one in reconciled(office).open if one.reference == "R-1"] == [twice.id]


def test_imports_at_once_keep_each_line_once(office: Office) -> None:
    data = as_csv([("2026-03-02", f"R-{number}", "", 100 + number) for number in range(50)])

    def try_it(number: int) -> int:
        with office.work("treasurer") as work:
            return import_statement(work, "m.csv", data if number % 2 else data + b"\n").lines

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(try_it, range(6))) == [0, 0, 0, 0, 0, 50]
    assert len(reconciled(office).open) == 50


def test_a_wrong_file_leaves_nothing_behind(office: Office) -> None:
    before = counts(office)
    with pytest.raises(Invalid) as refused:
        imported(office, [("2026-03-02", "R-1", "", 5_000), ("2026-02-30", "R-2", "", 0)])
    assert [(one.field, one.code) for one in refused.value.faults] == [
        ("line 3, column date", "statement_date"),
        ("line 3, column amount", "statement_amount_range"),
    ]
    assert counts(office) == before


def test_a_closed_difference_stays_closed(office: Office) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    imported(office, [("2026-03-02", "X-1", "", 100)])
    for one in reconciled(office).open:
        close(office, one)
    assert reconciled(office).unreconciled == 0
    imported(office, [("2026-03-02", "X-1", "", 100)])
    imported(office, [("2026-03-02", "X-1", "", 100), ("2026-03-02", "X-2", "", 300)])
    (new,) = reconciled(office).open
    assert new.bank == 300
    assert [(one.reason, one.by) for one in reconciled(office).closed] == [
        ("Sudah diperiksa", "loket-kas")
    ] * 2
    imported(office, [("2026-03-04", "R-1", "", 5_000)])  # it comes after all
    assert [one.bank for one in reconciled(office).open] == [300]


def test_more_money_under_a_closed_difference_is_another_one(office: Office) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    imported(office, [("2026-03-02", "R-1", "", 1_000)])
    close(office, reconciled(office).open[0])
    imported(office, [("2026-03-03", "R-1", "", 2_000)])
    assert [(one.ours, one.bank) for one in reconciled(office).open] == [(5_000, 3_000)]


def test_closing_needs_a_reason_and_an_open_difference(office: Office) -> None:
    imported(office, [("2026-03-02", "X-1", "", 100)])
    (one,) = reconciled(office).open
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(Invalid):
            close(office, one, reason)
    close(office, one)
    with pytest.raises(NotFound):
        close(office, one)
    with pytest.raises(NotFound):
        book(office, uuid.uuid4())


@pytest.mark.parametrize("given", ["", "{}", "77777{}"])
def test_money_that_the_bank_never_told_us_of_settles_its_bill(office: Office, given: str) -> None:
    customer_no, total = billed(office)
    imported(office, [("2026-03-02", "R-1", f"77777{customer_no}", total)])
    (one,) = reconciled(office).open
    with pytest.raises(Invalid) as mistyped:
        book(office, one.id, NOBODY)
    assert [(wrong.field, wrong.code) for wrong in mistyped.value.faults] == [("customer_no", "no_bill")]
    assert book(office, one.id, given.format(customer_no)) is Taking.BOOKED
    assert open_bills(office) == {}
    assert reconciled(office).unreconciled == 0
    assert moved(office, total, "R-1", "2026-03-02", customer_no=customer_no) is Taking.BOOKED_BEFORE
    with pytest.raises(NotFound):
        book(office, one.id, customer_no)


def test_what_fits_no_bill_is_booked_and_owed_back(office: Office) -> None:
    imported(office, [("2026-03-02", "R-1", "", 5_000)])
    assert book(office, reconciled(office).open[0].id) is Taking.KEPT
    assert office.rows("SELECT amount, reason FROM app.refund") == [(5_000, "unknown_bill")]
    assert reconciled(office).unreconciled == 0


def test_one_line_is_booked_once_by_many_hands(office: Office) -> None:
    imported(office, [("2026-03-02", "R-1", "", 5_000)])
    (one,) = reconciled(office).open

    def try_it(_: int) -> bool:
        try:
            return book(office, one.id) is Taking.KEPT
        except NotFound:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, range(6))) == 1
    assert office.rows("SELECT count(*) FROM app.payment") == [(1,)]


def test_only_money_received_is_booked(office: Office) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    imported(office, [("2026-03-02", "X-1", "", -100)])
    for one in reconciled(office).open:
        with pytest.raises(Conflict):
            book(office, one.id)
    assert len(reconciled(office).open) == 2


def test_the_other_office_sees_none_of_it(offices) -> None:
    here, there = offices("sidoarjo"), offices("bontang")
    imported(here, [("2026-03-02", "R-1", "", 5_000)])
    assert counts(there) == [0] * len(ROOMS)
    assert imported(there, [("2026-03-02", "R-1", "", 5_000)]).lines == 1
    with pytest.raises(NotFound):
        close(there, reconciled(here).open[0])


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_bank_sends_every_rupiah_is_accounted_for_in_the_end(office: Office, seed: int) -> None:
    """Statements shuffled, doubled, in parts, with what is missing and unknown, in random pieces: then closed."""
    dice = random.Random(seed)
    rows: list[Row] = []
    for number in range(dice.randint(5, 25)):
        day, amount = f"2026-03-{dice.randint(1, 9):02}", dice.choice((5_000, 6_000, 7_000))
        customer = dice.choice((NOBODY, "2600000001"))
        if dice.random() < 0.8:
            moved(office, amount, f"R-{number}", day, customer_no=customer)
        if dice.random() < 0.9:
            rows += _of_bank(dice, (day, f"R-{number}", customer, amount))
    dice.shuffle(rows)
    for _ in range(dice.randint(1, 4)):
        imported(office, dice.sample(rows, dice.randint(1, len(rows))))
    imported(office, rows)
    while (now := reconciled(office)).open:
        one = dice.choice(now.open)
        if one.is_bookable and dice.random() < 0.5:
            book(office, one.id)
        else:
            close(office, one)
        imported(office, dice.sample(rows, dice.randint(1, len(rows))))
        assert one.id not in {still.id for still in reconciled(office).open}
    ((shown, booked),) = office.rows("""
        SELECT coalesce((SELECT sum(l.amount) FROM app.statement_line l), 0),
               coalesce((SELECT sum(p.amount) FROM app.payment p), 0)""")
    closed = sum(one.bank - one.ours for one in reconciled(office).closed)
    assert (reconciled(office).unreconciled, shown - booked) == (0, closed), f"seed {seed}"


def _of_bank(dice: random.Random, row: Row) -> list[Row]:
    """What the bank makes of a payment."""
    day, reference, customer, amount = row
    do = dice.choice(("keep", "keep", "double", "part", "other", "bare"))
    return {
        "keep": [row],
        "double": [row, row],
        "part": [(day, reference, customer, 1_000), (day, reference, customer, amount - 1_000)],
        "other": [(day, reference, customer, amount + 1)],
        "bare": [(day, f"B-{reference}", f"8888{customer}", amount)],
    }[do]
