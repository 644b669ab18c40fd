"""A fee that nobody pays, by a calendar of its own: due on 10 March of the year after this, as short verbs."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ptsp.flows.collect_fees import collect_fees
from ptsp.flows.take_payment import take_payment
from ptsp.infra.work import begin
from ptsp.sdk.contract import Money, Taking
from tests.flows.acts import HO, as_admin, lodge, work_on
from tests.flows.money import notices, with_fees
from tests.offices import Office

FEE = 187_625
LINES = ("182625", "5000")  # of the nuisance permit, on two accounts
YEAR = datetime.now(UTC).year + 1
DUE = date(YEAR, 3, 10)
WARNED = date(YEAR, 3, 17)
PAY_BY = date(YEAR, 3, 24)


def month(number: int) -> date:
    """The first day of a month late: 11 March, 11 April."""
    year, at = divmod(DUE.month - 2 + number, 12)
    return date(YEAR + year, at + 1, 11)


def demand_day(number: int) -> date:
    """The day on which that month's interest is demanded: of the first, once the warning's time is over."""
    return PAY_BY + timedelta(days=1) if number == 1 else month(number)


def owing(office: Office, wanted: Any = HO, *, lines: Any = LINES) -> Office:
    """The office with a permit that is charged and not paid. Further bundles of it may be lodged and made due, too."""
    made = with_fees(office, lines=lines)
    lodge(made, wanted)
    work_on(made, is_paying=False)
    make_due(made)
    return made


def make_due(office: Office) -> None:
    """Whatever is charged by now fell due on that day of March."""
    as_admin(
        office,
        f"""UPDATE app.fee_notice SET issued_on = '{DUE - timedelta(days=15)}', due_on = '{DUE}',
                   collect_on = '{DUE + timedelta(days=1)}' WHERE kind <> 'demand' AND state = 'valid'""",
    )


def on(office: Office, day: date, actor: str = "test") -> Any:
    """A unit of work at noon of that day by the office's clock (WIB)."""
    now = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    return begin(office.tools.engine, office.tenant, actor=actor, now=now)


def sweep(office: Office, day: date) -> int:
    """All that is due by that day, as a worker does it; how many notices were looked at."""
    looked_at = 0
    for _ in range(50):
        with on(office, day, "worker") as work:
            count = collect_fees(work, limit=3)
        looked_at += count
        if not count:
            return looked_at
    pytest.fail("there is always something more to collect")


def sweep_through(office: Office, months: int) -> None:
    """Every day on which something is due, up to that month late."""
    sweep(office, WARNED)
    for number in range(1, months + 1):
        sweep(office, demand_day(number))


def pay_on(office: Office, day: date, amount: int, *, told_on: date | None = None, **how: Any) -> Taking:
    """Money for the only bill, on `day`; the office hears of it on `told_on`, or at once."""
    (customer_no,) = {one.customer_no for one in notices(office)}
    money = Money(customer_no, amount, uuid.uuid4().hex, f"{day}T10:00:00+07:00", "va", **how)
    with on(office, told_on or day, "bank") as work:
        return take_payment(work, "bank", money)


def demands(office: Office) -> list[tuple[dict[str, Any], Any]]:
    """The inputs and the row of each demand, the oldest first."""
    rows = office.rows("""
        SELECT n.inputs, n.total, n.state, n.closed_for, n.bill, n.issued_on, n.due_on, a.bill AS of_bill
          FROM app.fee_notice n JOIN app.fee_notice a ON a.id = n.about
         WHERE n.kind = 'demand' ORDER BY n.issued_on, n.number""")
    return [(json.loads(row.inputs), row) for row in rows]


def demanded(office: Office) -> list[tuple[int, int, str]]:
    """Months, amount and state of each demand."""
    return [(given["months"], row.total, row.state) for given, row in demands(office)]


def warnings(office: Office) -> list[Any]:
    return office.rows("SELECT number, issued_on, pay_by FROM app.fee_warning ORDER BY number")


def told(office: Office, type_: str) -> list[dict[str, Any]]:
    """What the ledger says of such events."""
    rows = office.rows("SELECT body FROM app.event WHERE type = :type ORDER BY bundle_id, seq", type=type_)
    return [json.loads(row.body)["data"] for row in rows]


def letters(office: Office) -> list[Any]:
    return office.rows("""
        SELECT kind, recipient, subject, body FROM app.message WHERE kind LIKE 'fee.%' ORDER BY created_at, key""")


def fee(office: Office) -> Any:
    """The first claim."""
    return next(one for one in notices(office) if one.kind == "assessment")
