"""The treasurer's counter: find a bill, take cash for it, bring a day's cash to the account; and what came in."""

import secrets
from collections.abc import Mapping
from datetime import date

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ptsp.flows.take_cash import CashBill
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.web.desk_cookie import shown_token
from ptsp.web.desk_door import desk_blueprint
from ptsp.web.money_port import MoneyDesk
from ptsp.web.pages import pages
from ptsp.web.reasons import reason
from ptsp.web.tracking import kept

blueprint = desk_blueprint("desk_money")
HOME = "/<tenant>/desk/money"
LONGEST = 200
MOST_DIGITS = 15
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def money_desk(tenant: str) -> MoneyDesk:
    """The treasurer's desk that the browser's token opens. Raises Forbidden without one."""
    return pages().office.money_desk(tenant, shown_token(tenant))


def written(name: str, longest: int = LONGEST) -> str:
    """What stands in one input of the form."""
    return request.form.get(name, "")[:longest].strip()


def told(tenant: str, faults: tuple[Fault, ...]) -> dict[str, str]:
    """Faults in the reader's language, by the input they are about."""
    pack = pages().office.tenant(tenant)
    return {one.field: reason(one, pack) for one in reversed(faults)}


@blueprint.get(HOME)
def cash(tenant: str) -> ResponseReturnValue:
    """The counter: a bill by any of its numbers, and the cash that waits to be deposited."""
    mine = money_desk(tenant)
    number = request.args.get("number", "")[:LONGEST].strip()
    taken = mine.taken(request.args["taken"][:LONGEST]) if "taken" in request.args else None
    deposited = request.args.get("deposited", "") == "1"
    if not number:
        return _counter(tenant, mine, taken=taken, deposited=deposited)
    try:
        bill = mine.bill(number)
    except NotFound:
        return _counter(tenant, mine, number=number), 404
    return _counter(tenant, mine, number=number, bill=bill)


@blueprint.post(f"{HOME}/cash")
def take(tenant: str) -> ResponseReturnValue:
    """Take exactly what is due; the key of the form makes two clicks one payment."""
    mine = money_desk(tenant)
    customer_no = written("customer_no")
    try:
        done = mine.take(customer_no, _amount(written("amount")), written("key"))
    except Invalid as refusal:
        return _again(tenant, mine, customer_no, told(tenant, refusal.faults)), 422
    except Conflict:
        return _again(tenant, mine, customer_no, {}, is_conflict=True), 409
    return redirect(url_for("desk_money.cash", tenant=tenant, taken=done.code), 303)


@blueprint.get(f"{HOME}/papers/<path:number>")
def paper(tenant: str, number: str) -> ResponseReturnValue:
    """A proof of payment or another paper of money, to print for whoever stands at the counter."""
    return kept(*money_desk(tenant).paper(number))


@blueprint.post(f"{HOME}/deposit")
def deposit(tenant: str) -> ResponseReturnValue:
    """A day's cash was brought to the treasury's account."""
    mine = money_desk(tenant)
    day = _day(request.form.get("day", ""))
    if day is None:
        raise NotFound("there is no such day")
    try:
        mine.deposit(day, written("reference"))
    except Invalid as refusal:
        faults = {f"{day}.{name}": words for name, words in told(tenant, refusal.faults).items()}
        return _counter(tenant, mine, faults=faults), 422
    except Conflict:
        return _counter(tenant, mine, is_conflict=True), 409
    return redirect(url_for("desk_money.cash", tenant=tenant, deposited=1), 303)


@blueprint.get(f"{HOME}/revenue")
def revenue(tenant: str) -> ResponseReturnValue:
    """What came in, day by day; this month without other days."""
    mine = money_desk(tenant)
    faults: dict[str, str] = {}
    report, status = None, 200
    try:
        report = mine.revenue(*_period())
    except Invalid as refusal:
        faults, status = told(tenant, refusal.faults), 422
    return render_template(
        "pages/desk_revenue.html",
        pack=pages().office.tenant(tenant),
        opened=mine.opened(),
        report=report,
        faults=faults,
        asked={name: request.args.get(name, "")[:LONGEST] for name in ("from", "to")},
    ), status


@blueprint.get(f"{HOME}/revenue.xlsx")
def revenue_sheet(tenant: str) -> ResponseReturnValue:
    """The same as a workbook."""
    first, last = _period()
    data = money_desk(tenant).revenue_sheet(first, last)
    name = "-".join(["penerimaan", tenant, *(str(day) for day in (first, last) if day)])
    answer = Response(data, mimetype=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _again(
    tenant: str, mine: MoneyDesk, customer_no: str, faults: Mapping[str, str], *, is_conflict: bool = False
) -> str:
    """The counter with the bill as it stands now."""
    try:
        bill = mine.bill(customer_no)
    except NotFound:
        bill = None
    return _counter(tenant, mine, number=customer_no, bill=bill, faults=faults, is_conflict=is_conflict)


def _counter(
    tenant: str,
    mine: MoneyDesk,
    *,
    number: str = "",
    bill: CashBill | None = None,
    faults: Mapping[str, str] | None = None,
    is_conflict: bool = False,
    **done: object,
) -> str:
    return render_template(
        "pages/desk_cash.html",
        pack=pages().office.tenant(tenant),
        opened=mine.opened(),
        number=number,
        bill=bill,
        key=secrets.token_hex(16),
        waiting=mine.cash(),
        faults=faults or {},
        is_conflict=is_conflict,
        posted=request.form,
        **done,
    )


def _amount(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise Invalid([fault("amount", "number")])
    return int(digits)


def _day(iso: str) -> date | None:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        return None


def _period() -> tuple[date | None, date | None]:
    """The days that were asked for. Raises Invalid for what is no date."""
    days = []
    for name in ("from", "to"):
        asked = request.args.get(name, "")
        days.append(_day(asked))
        if asked and days[-1] is None:
            raise Invalid([fault("period", "date")])
    return days[0], days[1]
