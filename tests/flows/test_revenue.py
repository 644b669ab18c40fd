"""Revenue by day, account, agency and channel: always what was settled, less what was taken back."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import openpyxl
import pytest
from sqlalchemy import text

from ptsp.domain import fees, payments
from ptsp.flows._settling import claim_of, owe_back
from ptsp.flows.revenue_report import RevenueReport, revenue_report
from ptsp.flows.revenue_sheet import revenue_xlsx
from ptsp.flows.take_cash import take_cash
from ptsp.kernel.errors import Invalid
from tests.flows.acts import HO, lodge, open_bills, pay, work_on
from tests.flows.treasurers import billed, paid_back, today
from tests.offices import Office

SETTLED = "SELECT coalesce(sum(total), 0)::bigint FROM app.settlement"


def report(office: Office, first: date, last: date) -> RevenueReport:
    with office.work() as work:
        return revenue_report(work, first, last)


def settled_at(office: Office, moment: datetime) -> None:
    """A settlement of every open notice at some other time, by a payment of its own."""
    with office.work("bank") as work:
        connection, tenant = work.connection, office.tenant.id
        bundles = [row.id for row in connection.execute(text("SELECT id FROM app.bundle ORDER BY id"))]
        for notice in fees.notices(connection, tenant, bundles):
            if notice.state != "open":
                continue
            channel = random.Random(notice.total).choice(["va", "qris"])
            row = payments.PaymentRow(
                uuid4(),
                notice.bill,
                notice.total,
                "bank",
                uuid4().hex,
                moment,
                channel,
                uuid4().hex,
                uuid4().hex,
            )
            assert payments.add_payment(connection, tenant, row)
            claim = claim_of(notice)
            money = [payments.FreeMoney(row.id, row.amount)]
            payments.settle(connection, tenant, [claim], payments.split([claim], money), moment)


def reversed_at(office: Office, moment: datetime) -> int:
    """The latest settlement that counts is taken back; its money is owed back."""
    with office.work("treasurer") as work:
        connection, tenant = work.connection, office.tenant.id
        ((ident, total),) = connection.execute(
            text("""SELECT s.notice_id, s.total FROM app.settlement s
                     WHERE NOT EXISTS (SELECT FROM app.reversal r WHERE r.notice_id = s.notice_id)
                     ORDER BY s.notice_id LIMIT 1""")
        ).all()
        payments.reverse(connection, tenant, [ident], reason="withdrawn", by="test", at=moment)
        (bill,) = {one.bill for one in fees.notices_by_id(connection, tenant, [ident])}
        owe_back(work, payments.free_money(connection, tenant, bill), payments.RefundReason.WITHDRAWN)
    return int(total)


def test_cash_and_bank_stand_in_their_columns(office: Office) -> None:
    customer_no, total = billed(office)
    with office.work("desk") as work:
        take_cash(work, customer_no, total, key="k", by="loket-kas")
    lodge(office, HO)
    work_on(office, is_paying=False)
    pay(office)
    made = report(office, today(office), today(office))
    (line,) = made.days
    assert (line.account, line.agency) == ("4.1.2.03.03", "treasurer")
    assert (line.cash, line.va, line.qris, line.total) == (total, total, 0, 2 * total)
    assert made.total == office.rows(SETTLED)[0][0]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 2, 16, 59, 59, tzinfo=UTC), date(2026, 3, 2)),  # 23.59.59 WIB
        (datetime(2026, 3, 2, 17, 0, tzinfo=UTC), date(2026, 3, 3)),  # 00.00 WIB
    ],
)
def test_a_day_is_the_offices_own(office: Office, moment: datetime, day: date) -> None:
    billed(office)
    settled_at(office, moment)
    assert [line.day for line in report(office, date(2026, 3, 1), date(2026, 3, 9)).days] == [day]
    assert len(report(office, day, day).days) == 1
    assert report(office, day + timedelta(1), day + timedelta(1)).days == ()
    assert report(office, day - timedelta(1), day - timedelta(1)).days == ()


def test_a_reversal_takes_away_on_its_own_day(office: Office) -> None:
    _, total = billed(office)
    settled_at(office, datetime(2026, 3, 2, 3, tzinfo=UTC))
    before = report(office, date(2026, 3, 2), date(2026, 3, 2))
    reversed_at(office, datetime(2026, 3, 5, 3, tzinfo=UTC))
    assert report(office, date(2026, 3, 2), date(2026, 3, 2)) == before  # the past stays as it was told
    after = report(office, date(2026, 3, 5), date(2026, 3, 5))
    assert [(line.day, line.total) for line in after.days] == [(date(2026, 3, 5), -total)]
    assert report(office, date(2026, 3, 1), date(2026, 3, 9)).total == 0


def test_refunds_stand_beside_the_revenue(office: Office) -> None:
    _, total = billed(office)
    settled_at(office, datetime(2026, 3, 2, 3, tzinfo=UTC))
    reversed_at(office, datetime(2026, 3, 5, 3, tzinfo=UTC))
    assert paid_back(office, "SP2D-1", "2026-03-09") == total
    now = today(office)
    assert [(one.day, one.owed, one.paid) for one in report(office, now, now).refunds] == [(now, total, 0)]
    (paid,) = report(office, date(2026, 3, 9), date(2026, 3, 9)).refunds
    assert (paid.day, paid.owed, paid.paid) == (date(2026, 3, 9), 0, total)


@pytest.mark.parametrize("days", [-1, 366, 5000])
def test_a_period_has_an_end_and_a_bound(office: Office, days: int) -> None:
    first = date(2026, 1, 1)
    with pytest.raises(Invalid):
        report(office, first, first + timedelta(days))
    assert report(office, first, first + timedelta(365)).total == 0


@pytest.mark.parametrize("seed", range(3))
def test_any_period_is_the_sum_of_its_days_and_all_of_them_what_was_settled(
    office: Office, seed: int
) -> None:
    dice = random.Random(seed)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    count = dice.randint(2, 4)
    for _ in range(count):
        billed_once(office)
        settled_at(office, start + timedelta(minutes=dice.randrange(10 * 24 * 60)))
    for _ in range(dice.randint(0, count)):
        reversed_at(office, start + timedelta(minutes=dice.randrange(10 * 24 * 60)))
    first = date(2026, 3, 1)
    days = [report(office, first + timedelta(n), first + timedelta(n)) for n in range(12)]
    for _ in range(10):
        begin, end = sorted((dice.randrange(12), dice.randrange(12)))
        whole = report(office, first + timedelta(begin), first + timedelta(end))
        assert whole.total == sum(one.total for one in days[begin : end + 1]), f"seed {seed}"
        by_account: Counter[tuple[str, str, str]] = Counter()
        for one in days[begin : end + 1]:
            by_account.update(sums(one))
        assert sums(whole) == by_account, f"seed {seed}"
        assert whole.days == tuple(line for one in days[begin : end + 1] for line in one.days)
    ((settled,),) = office.rows(SETTLED)
    ((taken_back,),) = office.rows(
        "SELECT coalesce(sum(s.total), 0)::bigint FROM app.reversal r JOIN app.settlement s USING (notice_id)"
    )
    assert report(office, first, first + timedelta(11)).total == settled - taken_back


def billed_once(office: Office) -> None:
    lodge(office, HO)
    work_on(office, is_paying=False)
    assert open_bills(office)


def sums(made: RevenueReport) -> Counter[tuple[str, str, str]]:
    """By account, agency and channel."""
    found: Counter[tuple[str, str, str]] = Counter()
    for line in made.days:
        for code in ("cash", "va", "qris"):
            found[line.account, line.agency, code] += getattr(line, code)
    return found


def test_the_workbook_holds_numbers_and_its_head_stays_in_sight(office: Office) -> None:
    _, total = billed(office)
    settled_at(office, datetime(2026, 3, 2, 3, tzinfo=UTC))
    made = report(office, date(2026, 3, 1), date(2026, 3, 31))
    book = openpyxl.load_workbook(BytesIO(revenue_xlsx(made, datetime(2026, 4, 1, tzinfo=UTC))))
    page = book["Harian"]
    assert [page.cell(row, 1).value for row in (1, 2, 3)] == [
        "Laporan penerimaan retribusi",
        office.tenant.pack.name["id"],
        "1 Maret 2026 sampai 31 Maret 2026",
    ]
    assert [cell.value for cell in page[5]] == [
        "Tanggal",
        "Rekening pendapatan",
        "Instansi",
        "Tunai",
        "Virtual account",
        "QRIS",
        "Jumlah",
    ]
    assert page.freeze_panes == "A6"
    day, account, agency, *amounts = [cell.value for cell in page[6]]
    assert (day.date(), account, agency) == (date(2026, 3, 2), "4.1.2.03.03", "Bendahara Penerimaan")
    assert (sum(amounts[:3]), amounts[3]) == (total, total)
    assert {type(one) for one in amounts} == {int}
    assert {cell.number_format for cell in page[6][3:]} == {'"Rp"#,##0;[Red]-"Rp"#,##0;"Rp"0'}
    assert [cell.value for cell in page[7]] == ["Jumlah", None, None, *amounts]
    assert page.max_row == 7


def test_no_text_becomes_a_formula() -> None:
    name = {"id": "=HYPERLINK(1)", "en": ""}
    made = RevenueReport("x", name, "", date(2026, 3, 1), date(2026, 3, 1), (), (), ())
    book = openpyxl.load_workbook(BytesIO(revenue_xlsx(made, datetime(2026, 4, 1, tzinfo=UTC))))
    cell = book["Harian"]["A2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")
