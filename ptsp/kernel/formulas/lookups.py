"""Look-ups in the tables of a by-law: whole-amount bands, marginal slices, exact keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, DecimalException

from ptsp.kernel.formulas.faults import FormulaFault
from ptsp.kernel.formulas.nodes import Inputs, Node, Tables
from ptsp.kernel.formulas.numbers import EXACT, kind, plain, plain_number
from ptsp.kernel.formulas.receipts import Step
from ptsp.kernel.specs import TableSpec

KIND_OF = {"band": "bands", "slice": "slices", "choose": "choices"}


@dataclass(frozen=True, slots=True)
class LookUp(Node):
    """`function` is a key of `KIND_OF`, `table` the table's code, `part` what is looked up."""

    function: str
    table: str
    part: Node

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        table = tables.get(self.table)
        if table is None:
            raise FormulaFault(self.spot, f"there is no table `{self.table}`")
        if table.kind != KIND_OF[self.function]:
            raise FormulaFault(
                self.spot,
                f"`{self.function}` reads a table of {KIND_OF[self.function]}; "
                f"`{self.table}` is one of {table.kind}",
            )
        step = self.part.run(inputs, tables)
        try:
            value, note = self._find(table, step)
        except DecimalException as error:
            raise self.stopped(error) from error
        return Step(self.text, self.function, (step,), note, value)

    def _find(self, table: TableSpec, step: Step) -> tuple[Decimal, str]:
        if self.function == "choose":
            return self._choice(table, step)
        number = self.part.number(step)
        return self._band(table, number) if self.function == "band" else self._slices(table, number)

    def _choice(self, table: TableSpec, step: Step) -> tuple[Decimal, str]:
        """The row with exactly this key, text or number."""
        key = step.value
        if isinstance(key, bool):
            raise FormulaFault(
                self.part.spot, f"`{self.part.text}` is {kind(key)}; a key is text or a number"
            )
        found = [value for row, value in table.rows if row == key]
        if len(found) != 1:
            rows = "no row" if not found else "more than one row"
            raise FormulaFault(self.spot, f"table `{self.table}` has {rows} for {plain(key)[:42]}")
        return EXACT.plus(found[0]), f"row {plain(key)} of {self.table}"

    def _band(self, table: TableSpec, number: Decimal) -> tuple[Decimal, str]:
        """The value of the row with the least upper bound that is not below the number."""
        found: tuple[Decimal | None, Decimal] | None = None
        for bound, value in self._rising(table):
            if found is None and (bound is None or number <= bound):
                found = bound, value
        if found is None:
            raise self._outside(number)
        limit = "last row" if found[0] is None else f"row up to {plain_number(found[0])}"
        return EXACT.plus(found[1]), f"{limit} of {self.table}"

    def _slices(self, table: TableSpec, number: Decimal) -> tuple[Decimal, str]:
        """Each row prices only the part of the number between the bound before it and its own."""
        if number < 0:
            raise self._outside(number)
        total, start = Decimal(0), Decimal(0)
        shares: list[str] = []
        for bound, value in self._rising(table):
            if bound is not None and bound <= 0:
                raise FormulaFault(self.spot, f"a bound of table `{self.table}` is not above zero")
            if number <= start:
                continue
            end = number if bound is None else min(number, bound)
            share = EXACT.subtract(end, start)
            total = EXACT.add(total, EXACT.multiply(share, value))
            shares.append(f"{plain_number(share)} x {plain_number(value)}")
            start = end if bound is None else bound
        if number > start:
            raise self._outside(number)
        return total, f"{' + '.join(shares) or '0'}, by {self.table}"

    def _rising(self, table: TableSpec) -> Iterator[tuple[Decimal | None, Decimal]]:
        """The rows, after a look at each: bounds are numbers that rise, and only the last may be open."""
        before: Decimal | None = None
        open_end = False
        for bound, value in table.rows:
            if open_end or isinstance(bound, str):
                raise FormulaFault(self.spot, f"the bounds of table `{self.table}` do not make sense")
            if bound is None:
                open_end = True
            elif before is not None and bound <= before:
                raise FormulaFault(self.spot, f"the bounds of table `{self.table}` do not rise")
            else:
                before = bound
            yield bound, value

    def _outside(self, number: Decimal) -> FormulaFault:
        return FormulaFault(self.spot, f"{plain_number(number)} is outside table `{self.table}`")
