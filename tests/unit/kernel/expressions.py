"""Tables and inputs that the tests of expressions share."""

from decimal import Decimal

import pytest

from ptsp.kernel.formulas import FormulaFault, evaluate, parse
from ptsp.kernel.specs import Basis, TableSpec

D = Decimal


def table(code, kind, *rows):
    return TableSpec(code, kind, rows, Basis.ASSUMED, "made up for this test")


TABLES = {
    "tariff": table("tariff", "bands", (D(25), D(1000)), (D(100), D(900)), (D(200), D(800)), (None, D(600))),
    "closed": table("closed", "bands", (D(10), D(1)), (D(20), D(2))),
    "tiers": table(
        "tiers", "slices", (D(100), D(2000)), (D(500), D(1500)), (D(1000), D(1000)), (None, D(500))
    ),
    "short": table("short", "slices", (D(10), D(1))),
    "use": table("use", "choices", ("housing", D("0.5")), ("business", D(3))),
    "floors": table("floors", "choices", (D(1), D("1.000")), (D(2), D("1.090"))),
    "falling": table("falling", "bands", (D(20), D(1)), (D(10), D(2))),
    "open_first": table("open_first", "bands", (None, D(1)), (D(10), D(2))),
    "twice": table("twice", "choices", ("a", D(1)), ("a", D(2))),
}
INPUTS = {"a": D(7), "b": D("0.5"), "zero": D(0), "yes": True, "no": False, "word": "housing", "blank": ""}


def value(text, **more):
    return evaluate(parse(text, where="test"), INPUTS | more, TABLES).value


def fault(text, **more):
    with pytest.raises(FormulaFault) as caught:
        value(text, **more)
    return caught.value
