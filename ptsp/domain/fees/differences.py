"""What is still to be charged where part of it was charged before; pure."""

from collections.abc import Mapping
from decimal import Decimal

from ptsp.domain.fees.types import Bill, BillLine
from ptsp.kernel.errors import Conflict
from ptsp.kernel.formulas import Expression, as_json, evaluate, parse

RISE = ("fee", "assessed", parse("fee - assessed"))
FURTHER = ("interest", "demanded", parse("interest - demanded"))


def additional(bill: Bill, assessed: Mapping[str, int]) -> Bill:
    """The lines of an additional notice (SKRDKBT): what each line of `bill` is over what was assessed for it.

    Each receipt tells the corrected fee as its last named part, and the difference. Raises Conflict where a line
    falls: the money of one account cannot pay what another is short of.
    """
    if falling := [line.code for line in bill.lines if line.amount < assessed.get(line.code, 0)]:
        names = ", ".join(falling)
        raise Conflict(f"the fee rises, but {names} falls: what was paid for one line cannot pay another")
    lines = tuple(
        _over(line, assessed.get(line.code, 0), RISE)
        for line in bill.lines
        if line.amount > assessed.get(line.code, 0)
    )
    return Bill(lines, sum(line.amount for line in lines))


def further_interest(bill: Bill, demanded: int) -> Bill:
    """The lines of a further demand (STRD): `bill` is the interest of all months so far, `demanded` what was demanded
    of it before. No line where nothing more is owed.
    """
    if not demanded:
        return bill
    lines = tuple(_over(line, demanded, FURTHER) for line in bill.lines if line.amount > demanded)
    return Bill(lines, sum(line.amount for line in lines))


def _over(line: BillLine, before: int, names: tuple[str, str, Expression]) -> BillLine:
    whole_name, before_name, difference = names
    step = evaluate(difference, {whole_name: Decimal(line.amount), before_name: Decimal(before)}, {})
    whole = {name: part for name, part in line.receipt.items() if name not in ("rule", "parts")}
    receipt = as_json(step) | {
        "rule": line.receipt["rule"],
        "parts": [*line.receipt["parts"], {"name": whole_name, "receipt": whole}],
    }
    return BillLine(line.code, line.label, line.account, line.agency, line.amount - before, receipt)
