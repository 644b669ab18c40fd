"""The parts of a parsed expression; each knows how to work out its value and writes a receipt.

Values and receipts go up together, so that nothing is walked twice.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException

from ptsp.kernel.formulas.faults import FormulaFault, Spot, quoted
from ptsp.kernel.formulas.numbers import (
    EXACT,
    MODES,
    QUOTIENT_DIGITS,
    ROUNDING,
    WHOLE,
    Value,
    kind,
    quotient,
    too_big,
)
from ptsp.kernel.formulas.receipts import Receipt, receipt
from ptsp.kernel.formulas.tables import Tables

Inputs = Mapping[str, Value]
Worked = tuple[Value, Receipt]
LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Node:
    """`text` is the part as written, `height` the parts under it at the deepest place."""

    text: str
    spot: Spot
    height: int

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        """Work out this part. Raises FormulaFault."""
        raise NotImplementedError

    def number(self, value: Value) -> Decimal:
        """This part's value, which must be a number."""
        if value.__class__ is not Decimal:
            raise self.no_number(value)
        return value

    def no_number(self, value: Value) -> FormulaFault:
        return FormulaFault(self.spot, f"{quoted(self.text)} is {kind(value)}; a number is needed here")

    def truth(self, value: Value) -> bool:
        """This part's value, which must be true or false."""
        if isinstance(value, bool):
            return value
        raise FormulaFault(self.spot, f"{quoted(self.text)} is {kind(value)}; true or false is needed here")

    def stopped(self, error: DecimalException) -> FormulaFault:
        return FormulaFault(self.spot, f"{quoted(self.text)}: {too_big(error)}")


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A number, text or truth written in the expression; its receipt is written once."""

    worked: Worked

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        return self.worked


@dataclass(frozen=True, slots=True)
class Name(Node):
    """An input."""

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        value = inputs.get(self.text)
        if value.__class__ is not Decimal:
            word = self._word(value)
            return word, receipt(self.text, "input", word)
        if not value.is_finite():
            raise FormulaFault(self.spot, f"{quoted(self.text)} is not a finite number")
        try:
            value = EXACT.plus(value)
        except DecimalException as error:
            raise self.stopped(error) from error
        return value, receipt(self.text, "input", value)

    def _word(self, value: object) -> str | bool:
        name = quoted(self.text)
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise FormulaFault(self.spot, f"{name} is a text of more than {LONGEST_TEXT} characters")
        if isinstance(value, str | bool):
            return value
        if value is None:
            raise FormulaFault(self.spot, f"{name} has no value: it is not declared, or it was not answered")
        raise FormulaFault(self.spot, f"{name} is {kind(value)}")


Work = Callable[[Decimal, Decimal], Decimal]
EXACTLY: Mapping[str, Work] = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """Parts joined by signs of one strength, worked from left to right: `a * b / c`, `a + b - c`.

    `rest` has the work of each sign by `EXACTLY`; None divides.
    """

    operation: str
    first: Node
    rest: tuple[tuple[Work | None, Node], ...]

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        total, told = self.first.run(inputs, tables)
        if total.__class__ is not Decimal:
            raise self.first.no_number(total)
        parts = [told]
        note = ""
        try:
            for work, part in self.rest:
                value, told = part.run(inputs, tables)
                parts.append(told)
                if value.__class__ is not Decimal:
                    raise part.no_number(value)
                if work is not None:
                    total = work(total, value)
                else:
                    total, unfinished = self._divided(total, value, part)
                    note = f"quotient rounded to {QUOTIENT_DIGITS} digits, half_even" if unfinished else note
        except DecimalException as error:
            raise self.stopped(error) from error
        return total, receipt(self.text, self.operation, total, parts, note)

    def _divided(self, total: Decimal, value: Decimal, part: Node) -> tuple[Decimal, bool]:
        if not value:
            raise FormulaFault(part.spot, f"division by zero: {quoted(part.text)} is 0")
        return quotient(total, value)


@dataclass(frozen=True, slots=True)
class Negate(Node):
    part: Node

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        value, told = self.part.run(inputs, tables)
        value = EXACT.minus(self.part.number(value))
        return value, receipt(self.text, "negate", value, [told])


_ORDER: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """Order is for numbers; equality for two values of one kind."""

    sign: str
    left: Node
    right: Node

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        left, told_left = self.left.run(inputs, tables)
        right, told_right = self.right.run(inputs, tables)
        if self.sign in _ORDER:
            answer = _ORDER[self.sign](self.left.number(left), self.right.number(right))
        elif left.__class__ is right.__class__:
            answer = (left == right) is (self.sign == "==")
        else:
            raise FormulaFault(
                self.spot,
                f"{quoted(self.left.text)} is {kind(left)} and {quoted(self.right.text)} is {kind(right)}: "
                "they cannot be compared",
            )
        return answer, receipt(self.text, self.sign, answer, [told_left, told_right])


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and`, `or`: the parts after the one that settles it are not looked at."""

    word: str
    parts: tuple[Node, ...]

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        settles = self.word == "or"
        parts: list[Receipt] = []
        for part in self.parts:
            value, told = part.run(inputs, tables)
            parts.append(told)
            if part.truth(value) is settles:
                return settles, receipt(self.text, self.word, settles, parts)
        return not settles, receipt(self.text, self.word, not settles, parts)


@dataclass(frozen=True, slots=True)
class Not(Node):
    part: Node

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        value, told = self.part.run(inputs, tables)
        answer = not self.part.truth(value)
        return answer, receipt(self.text, "not", answer, [told])


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if(condition, a, b)`: only the side that is taken is looked at."""

    condition: Node
    then: Node
    otherwise: Node

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        condition, told = self.condition.run(inputs, tables)
        yes = self.condition.truth(condition)
        value, taken = (self.then if yes else self.otherwise).run(inputs, tables)
        note = "the first value is taken" if yes else "the second value is taken"
        return value, receipt(self.text, "if", value, [told, taken], note)


@dataclass(frozen=True, slots=True)
class Round(Node):
    """To the last digit of `unit`, such as 0.01, by a key of `MODES`."""

    part: Node
    unit: Decimal
    mode: str
    note: str

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        value, told = self.part.run(inputs, tables)
        try:
            value = self.part.number(value).quantize(self.unit, MODES[self.mode], ROUNDING)
        except DecimalException as error:
            raise self.stopped(error) from error
        return value, receipt(self.text, "round", value, [told], self.note)


@dataclass(frozen=True, slots=True)
class Whole(Node):
    """`floor` (the next whole number below) and `ceil` (above)."""

    function: str
    part: Node

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        value, told = self.part.run(inputs, tables)
        number = self.part.number(value)
        value = number.to_integral_value(rounding=WHOLE[self.function], context=ROUNDING)
        note = f"to a whole number, {self.function}"
        return value, receipt(self.text, self.function, value, [told], note)


FOLDS: Mapping[str, Work] = {"min": min, "max": max, "sum": EXACT.add}


@dataclass(frozen=True, slots=True)
class Fold(Node):
    """`min`, `max`, `sum` over what is listed; `work` joins two, by `FOLDS`."""

    function: str
    work: Work
    first: Node
    rest: tuple[Node, ...]

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        total, told = self.first.run(inputs, tables)
        if total.__class__ is not Decimal:
            raise self.first.no_number(total)
        parts = [told]
        try:
            for part in self.rest:
                value, told = part.run(inputs, tables)
                parts.append(told)
                if value.__class__ is not Decimal:
                    raise part.no_number(value)
                total = self.work(total, value)
        except DecimalException as error:
            raise self.stopped(error) from error
        return total, receipt(self.text, self.function, total, parts)


@dataclass(frozen=True, slots=True)
class Fixed(Node):
    """A part that rests on the tables alone: worked out once for them. What has no value is not kept."""

    part: Node

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        try:
            return tables.fixed[self.text]
        except KeyError:
            worked = tables.fixed[self.text] = self.part.run(inputs, tables)
            return worked


@dataclass(frozen=True, slots=True)
class Settled(Node):
    """A part that rests on the tables and one key of theirs, the input `name`: worked out once for each row.

    A number as a key is not kept, because `1` and `1.0` are one key that reads differently in a receipt.
    """

    part: Node
    name: str

    def run(self, inputs: Inputs, tables: Tables) -> Worked:
        try:
            return tables.settled[self.text][inputs[self.name]]  # type: ignore[index]  # no other key is in it
        except (KeyError, TypeError):
            worked = self.part.run(inputs, tables)
            key = inputs[self.name]
            if isinstance(key, str):
                tables.settled.setdefault(self.text, {})[key] = worked
            return worked
