"""Look-ups in the tables of a by-law: whole-amount bands, marginal slices, exact keys."""

from dataclasses import dataclass
from decimal import DecimalException

from ptsp.kernel.formulas.faults import FormulaFault, quoted
from ptsp.kernel.formulas.nodes import Inputs, Node, Worked
from ptsp.kernel.formulas.numbers import kind
from ptsp.kernel.formulas.receipts import receipt
from ptsp.kernel.formulas.tables import NoRow, Tables

KIND_OF = {"band": "bands", "slice": "slices", "choose": "choices"}


@dataclass(frozen=True, slots=True)
class LookUp(Node):
    """`function` is a key of `KIND_OF`, `table` the table's code, `part` what is looked up."""

    function: str
    table: str
    part: Node

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        table = tables.find(self.table)
        if table is None:
            raise FormulaFault(self.spot, f"there is no table `{self.table}`")
        if table.kind != KIND_OF[self.function]:
            raise FormulaFault(
                self.spot,
                f"`{self.function}` reads a table of {KIND_OF[self.function]}; "
                f"`{self.table}` is one of {table.kind}",
            )
        key, told = self.part.run(inputs, tables)
        if self.function != "choose":
            self.part.number(key)
        elif isinstance(key, bool):
            raise FormulaFault(
                self.part.spot, f"{quoted(self.part.text)} is {kind(key)}; a key is text or a number"
            )
        try:
            value, note = table.find(key)
        except NoRow as error:
            raise FormulaFault(self.spot, str(error)) from error
        except DecimalException as error:
            raise self.stopped(error) from error
        return value, receipt(self.text, self.function, value, [told], note)
