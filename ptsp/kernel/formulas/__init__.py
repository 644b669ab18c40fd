"""The language of conditions and fees in packs: small, total, over exact decimals.

    or | and | not | == != < <= > >= (not chained) | + - | * / | unary -        (loosest first)
    12  0.25  "text"  true  false  names  ( )
    if(condition, a, b)  min(a, ...)  max(a, ...)  sum(a, ...)  floor(x)  ceil(x)
    round(x, digits[, half_up | half_even | up | down])      half_up (ties away from zero) if not said
    band(table, x)      value of the row with the least upper bound >= x
    slice(table, x)     each row prices only its share of x, from 0; x is not negative
    choose(table, key)  value of the row with exactly this key

The grammar is `schemas/expression.lark`. No loops, no attributes, no floats. `if`, `and`, `or` look only at
what they need. Arithmetic is exact to
200 digits and 60 before the point, else an error; only a quotient that has no end is rounded, to 34
digits, and its receipt says so. Whatever has no value raises FormulaFault; nothing becomes zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ptsp.kernel.formulas.faults import FormulaFault, Spot
from ptsp.kernel.formulas.lookups import KIND_OF
from ptsp.kernel.formulas.nodes import Inputs, Node
from ptsp.kernel.formulas.numbers import Value
from ptsp.kernel.formulas.parser import Parser
from ptsp.kernel.formulas.receipts import Step, as_json, explain
from ptsp.kernel.formulas.tables import Tables
from ptsp.kernel.specs import TableSpec

__all__ = [
    "Expression",
    "FormulaFault",
    "Spot",
    "Step",
    "Tables",
    "Value",
    "as_json",
    "evaluate",
    "explain",
    "is_true",
    "parse",
]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: read once, evaluated as often as wanted, from any thread.

    `names` are the inputs it may use, in any branch; `tables` the tables it may read, and `reads` the
    same as pairs of table and the kind that table must have (`bands`, `slices`, `choices`). `spots` has the
    place where each of the names, and each of the pairs, stands first. `root.run` gives value and receipt.
    """

    text: str
    where: str
    names: frozenset[str]
    tables: frozenset[str]
    reads: frozenset[tuple[str, str]]
    root: Node = field(repr=False)
    spots: Mapping[str | tuple[str, str], Spot] = field(repr=False, compare=False)


def parse(text: str, *, where: str = "") -> Expression:
    """Read an expression of at most 2,000 characters, nested at most 32 deep. Raises FormulaFault.

    `where` is the path in the pack, such as `fee.lines[building]`; every later fault repeats it.
    """
    parser = Parser(text, where=where)
    root = parser.expression()
    reads = {(table, KIND_OF[function]): spot for (function, table), spot in parser.look_ups.items()}
    return Expression(
        text=text,
        where=where,
        names=frozenset(parser.names),
        tables=frozenset(table for table, _ in reads),
        reads=frozenset(reads),
        root=root,
        spots=dict([*parser.names.items(), *reads.items()]),
    )


def evaluate(expression: Expression, inputs: Inputs, tables: Tables | Mapping[str, TableSpec]) -> Step:
    """The value with its receipt. `inputs` are Decimal, bool or str. Raises FormulaFault.

    Who evaluates often makes `Tables` of the tables once.
    """
    ready = tables if isinstance(tables, Tables) else Tables(tables)
    value, receipt = expression.root.run(inputs, ready)
    return Step(value, receipt)


def is_true(expression: Expression, inputs: Inputs, tables: Tables | Mapping[str, TableSpec]) -> bool:
    """The truth of a condition; a number or a text is a FormulaFault, never guessed at."""
    return expression.root.truth(evaluate(expression, inputs, tables).value)
