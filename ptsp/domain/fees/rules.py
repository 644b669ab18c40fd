"""Works out a fee from the pack's expressions and the applicant's answers; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ptsp.domain.fees.types import Bill, BillLine
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.formulas import Expression, Tables, Value, explain, parse
from ptsp.kernel.money import HIGHEST, rupiah
from ptsp.kernel.specs import Basis, FeeLineSpec, ServiceSpec, TableSpec

_MOST_TARIFFS = 4096
# By id of the service, which stays its own as long as a tariff holds the service, and by what is charged.
_tariffs: dict[tuple[int, str], "_Tariff"] = {}


@dataclass(frozen=True, slots=True)
class _Line:
    """One line, read; `rests_on` are the named parts it uses, directly or through others, in the pack's order."""

    spec: FeeLineSpec
    amount: Expression
    rests_on: tuple[str, ...]
    rule: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Tariff:
    """What a service charges, read once and priced as often as wanted."""

    service: ServiceSpec
    lets: tuple[tuple[str, Expression], ...]
    tables: Tables
    lines: tuple[_Line, ...]


def price(service: ServiceSpec, answers: Mapping[str, Value]) -> Bill:
    """The bill of one application. `answers` are Decimal, bool or str by field code.

    First the named parts (`lets`) in their order, all of them, then the lines. Raises FormulaFault where
    an expression has no value and Invalid where an amount is not whole, negative or over 10^15 rupiah,
    naming `fee.lets[name]` or `fee.lines[code]`. Free services give a bill without lines.
    """
    tariff = _tariffs.get((id(service), "fee"))
    if tariff is None:
        fee = service.fee
        lines = {f"fee.lines[{line.code}]": line for line in fee.lines}
        basis = (fee.legal_basis, fee.basis, fee.source)
        tariff = _kept("fee", _tariff(service, "fee", fee.lets, lines, fee.tables, basis))
    return _bill(tariff, answers)


def interest(service: ServiceSpec, *, unpaid: int, months: int) -> Bill:
    """What is owed for paying `unpaid` rupiah so many begun months late, as one line; no line where it costs nothing.

    Raises as `price` does, naming `fee.collection.interest`.
    """
    rules = service.fee.collection
    spec = rules.interest
    if spec is None:
        return Bill((), 0)
    path = "fee.collection.interest"
    tariff = _tariffs.get((id(service), path))
    if tariff is None:
        lines = {path: FeeLineSpec("interest", spec.label, spec.account, spec.amount)}
        basis = (rules.legal_basis, rules.basis, rules.source)
        tariff = _kept(path, _tariff(service, path, spec.lets, lines, {}, basis))
    bill = _bill(tariff, {"unpaid": Decimal(unpaid), "months": Decimal(months)})
    return bill if bill.total else Bill((), 0)


def _kept(path: str, tariff: _Tariff) -> _Tariff:
    if len(_tariffs) >= _MOST_TARIFFS:
        _tariffs.clear()
    _tariffs[id(tariff.service), path] = tariff
    return tariff


def _tariff(
    service: ServiceSpec,
    path: str,
    lets: Mapping[str, str],
    lines: Mapping[str, FeeLineSpec],
    tables: Mapping[str, TableSpec],
    basis: tuple[str, Basis, str],
) -> _Tariff:
    """The tariff under `path` of the service; `lines` by where each stands. Raises FormulaFault."""
    parts = {name: parse(text, where=f"{path}.lets[{name}]") for name, text in lets.items()}
    legal_basis, sure, source = basis
    rule = {
        "service": service.code,
        "standard": service.standard.version,
        "legal_basis": legal_basis,
        "basis": sure.value,
        "source": source,
    }
    read = []
    for where, line in lines.items():
        amount = parse(line.amount, where=where)
        read.append(_Line(line, amount, _rests_on(parts, amount), {**rule, "line": line.code}))
    return _Tariff(service, tuple(parts.items()), Tables(tables), tuple(read))


def _rests_on(parts: Mapping[str, Expression], amount: Expression) -> tuple[str, ...]:
    used = set(amount.names)
    for name in reversed(list(parts)):
        if name in used:
            used |= parts[name].names
    return tuple(name for name in parts if name in used)


def _bill(tariff: _Tariff, answers: Mapping[str, Value]) -> Bill:
    known = dict(answers)
    parts: dict[str, dict[str, Any]] = {}
    for name, expression in tariff.lets:
        if name in known:
            raise Invalid([Fault(expression.where, "an answer has this name already")])
        known[name], receipt = expression.root.run(known, tariff.tables)
        parts[name] = {"name": name, "receipt": receipt}
    lines = tuple([_line(line, known, parts, tariff.tables) for line in tariff.lines])
    total = sum([line.amount for line in lines])
    if total > HIGHEST:
        raise Invalid([Fault("fee", f"the total is over {rupiah(HIGHEST)}")])
    return Bill(lines, total)


def _line(
    line: _Line, known: Mapping[str, Value], parts: Mapping[str, dict[str, Any]], tables: Tables
) -> BillLine:
    value, told = line.amount.root.run(known, tables)
    receipt = {**told, "rule": line.rule, "parts": [parts[name] for name in line.rests_on]}
    spec = line.spec
    amount = _whole(value, line.amount.where)
    return BillLine(spec.code, spec.label, spec.account, spec.agency, amount, receipt)


def _whole(value: Value, where: str) -> int:
    """An amount as whole rupiah."""
    if not isinstance(value, Decimal):
        raise Invalid([Fault(where, "the amount is not a number")])
    amount = int(value)
    if amount != value:
        raise Invalid([Fault(where, f"{value:f} is not whole rupiah: the expression must round")])
    if not 0 <= amount <= HIGHEST:
        raise Invalid([Fault(where, f"{value:f} is not an amount from 0 to {rupiah(HIGHEST)}")])
    return amount


def explain_line(receipt: Mapping[str, Any]) -> list[str]:
    """How an amount came about, line by line, named parts first; takes `BillLine.receipt`, also as stored.

    The same as `ptsp.kernel.formulas.explain`, except that an amount that is simply stated is told too.
    """
    return explain(receipt) or [str(receipt["value"])]
