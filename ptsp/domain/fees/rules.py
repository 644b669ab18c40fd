"""Works out a fee from the pack's expressions and the applicant's answers; pure."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ptsp.domain.fees.types import Bill, BillLine
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.formulas import Expression, Step, Value, as_json, evaluate, explain, parse
from ptsp.kernel.money import HIGHEST, rupiah
from ptsp.kernel.specs import FeeLineSpec, FeeSpec, ServiceSpec

_parsed = lru_cache(maxsize=4096)(parse)  # expressions of packs: no personal data, and few


def price(service: ServiceSpec, answers: Mapping[str, Value]) -> Bill:
    """The bill of one application. `answers` are Decimal, bool or str by field code.

    First the named parts (`lets`) in their order, all of them, then the lines. Raises FormulaFault where
    an expression has no value and Invalid where an amount is not whole, negative or over 10^15 rupiah,
    naming `fee.lets[name]` or `fee.lines[code]`. Free services give a bill without lines.
    """
    fee = service.fee
    known = dict(answers)
    parts: dict[str, Step] = {}
    for name, text in fee.lets.items():
        where = f"fee.lets[{name}]"
        if name in known:
            raise Invalid([Fault(where, "an answer has this name already")])
        parts[name] = evaluate(_parsed(text, where=where), known, fee.tables)
        known[name] = parts[name].value
    stored = {name: as_json(step) for name, step in parts.items()}
    lines = tuple(_line(service, line, known, stored) for line in fee.lines)
    total = sum(line.amount for line in lines)
    if total > HIGHEST:
        raise Invalid([Fault("fee", f"the total is over {rupiah(HIGHEST)}")])
    return Bill(lines, total)


def _line(
    service: ServiceSpec, line: FeeLineSpec, known: Mapping[str, Value], parts: Mapping[str, dict[str, Any]]
) -> BillLine:
    where = f"fee.lines[{line.code}]"
    expression = _parsed(line.amount, where=where)
    step = evaluate(expression, known, service.fee.tables)
    receipt = as_json(step) | {
        "rule": {
            "service": service.code,
            "standard": service.standard.version,
            "line": line.code,
            "legal_basis": service.fee.legal_basis,
            "basis": service.fee.basis.value,
            "source": service.fee.source,
        },
        "parts": [{"name": name, "receipt": parts[name]} for name in _rests_on(service.fee, expression)],
    }
    return BillLine(line.code, line.label, line.account, _whole(step.value, where), receipt)


def _rests_on(fee: FeeSpec, expression: Expression) -> list[str]:
    """The named parts an expression uses, directly or through others, in the pack's order."""
    used = set(expression.names)
    for name in reversed(list(fee.lets)):
        if name in used:
            used |= _parsed(fee.lets[name], where=f"fee.lets[{name}]").names
    return [name for name in fee.lets if name in used]


def _whole(value: Value, where: str) -> int:
    """An amount as whole rupiah."""
    if not isinstance(value, Decimal):
        raise Invalid([Fault(where, "the amount is not a number")])
    if value != int(value):
        raise Invalid([Fault(where, f"{value:f} is not whole rupiah: the expression must round")])
    if not 0 <= value <= HIGHEST:
        raise Invalid([Fault(where, f"{value:f} is not an amount from 0 to {rupiah(HIGHEST)}")])
    return int(value)


def explain_line(receipt: Mapping[str, Any]) -> list[str]:
    """How an amount came about, line by line, named parts first; takes `BillLine.receipt`, also as stored.

    The same as `ptsp.kernel.formulas.explain`, except that an amount that is simply stated is told too.
    """
    return explain(receipt) or [str(receipt["value"])]
