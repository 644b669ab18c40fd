"""The parts of a parsed expression; each knows how to work out its value and leaves a receipt."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException

from ptsp.kernel.formulas.faults import FormulaFault, Spot
from ptsp.kernel.formulas.numbers import (
    EXACT,
    QUOTIENT_DIGITS,
    ROUNDING,
    WHOLE,
    Value,
    kind,
    quotient,
    rounded,
    too_big,
)
from ptsp.kernel.formulas.receipts import Step
from ptsp.kernel.specs import TableSpec

Inputs = Mapping[str, Value]
Tables = Mapping[str, TableSpec]


@dataclass(frozen=True, slots=True)
class Node:
    """`text` is the part as written, `height` the parts under it at the deepest place."""

    text: str
    spot: Spot
    height: int

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        """Work out this part. Raises FormulaFault."""
        raise NotImplementedError

    def number(self, step: Step) -> Decimal:
        """This part's value, which must be a number."""
        if step.value.__class__ is not Decimal:
            raise FormulaFault(self.spot, f"`{self.text}` is {kind(step.value)}; a number is needed here")
        return step.value

    def truth(self, step: Step) -> bool:
        """This part's value, which must be true or false."""
        if isinstance(step.value, bool):
            return step.value
        raise FormulaFault(self.spot, f"`{self.text}` is {kind(step.value)}; true or false is needed here")

    def stopped(self, error: DecimalException) -> FormulaFault:
        return FormulaFault(self.spot, f"`{self.text}`: {too_big(error)}")


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A number, text or truth written in the expression; its receipt is made once."""

    step: Step

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        return self.step


@dataclass(frozen=True, slots=True)
class Name(Node):
    """An input."""

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        value = inputs.get(self.text)
        if value.__class__ is Decimal:
            return Step(self.text, "input", (), "", self._sound(value))
        if isinstance(value, str | bool):
            return Step(self.text, "input", (), "", value)
        if value is None:
            raise FormulaFault(
                self.spot, f"`{self.text}` has no value: it is not declared, or it was not answered"
            )
        raise FormulaFault(self.spot, f"`{self.text}` is {kind(value)}")

    def _sound(self, value: Decimal) -> Decimal:
        if not value.is_finite():
            raise FormulaFault(self.spot, f"`{self.text}` is not a finite number")
        try:
            return EXACT.plus(value)
        except DecimalException as error:
            raise self.stopped(error) from error


_EXACTLY: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
}


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """Parts joined by signs of one strength, worked from left to right: `a * b / c`, `a + b - c`."""

    operation: str
    first: Node
    rest: tuple[tuple[str, Node], ...]

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        step = self.first.run(inputs, tables)
        steps = [step]
        total = self.first.number(step)
        note = ""
        try:
            for sign, part in self.rest:
                step = part.run(inputs, tables)
                steps.append(step)
                value = part.number(step)
                if sign != "/":
                    total = _EXACTLY[sign](total, value)
                    continue
                total, unfinished = self._divided(total, value, part)
                note = f"quotient rounded to {QUOTIENT_DIGITS} digits, half_even" if unfinished else note
        except DecimalException as error:
            raise self.stopped(error) from error
        return Step(self.text, self.operation, tuple(steps), note, total)

    def _divided(self, total: Decimal, value: Decimal, part: Node) -> tuple[Decimal, bool]:
        if not value:
            raise FormulaFault(part.spot, f"division by zero: `{part.text}` is 0")
        return quotient(total, value)


@dataclass(frozen=True, slots=True)
class Negate(Node):
    part: Node

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        step = self.part.run(inputs, tables)
        value = EXACT.minus(self.part.number(step))
        return Step(self.text, "negate", (step,), "", value)


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

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        left, right = self.left.run(inputs, tables), self.right.run(inputs, tables)
        if self.sign in _ORDER:
            answer = _ORDER[self.sign](self.left.number(left), self.right.number(right))
        elif left.value.__class__ is right.value.__class__:
            answer = (left.value == right.value) is (self.sign == "==")
        else:
            raise FormulaFault(
                self.spot,
                f"`{self.left.text}` is {kind(left.value)} and `{self.right.text}` is {kind(right.value)}: "
                "they cannot be compared",
            )
        return Step(self.text, self.sign, (left, right), "", answer)


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and`, `or`: the parts after the one that settles it are not looked at."""

    word: str
    parts: tuple[Node, ...]

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        settles = self.word == "or"
        steps: list[Step] = []
        for part in self.parts:
            step = part.run(inputs, tables)
            steps.append(step)
            if part.truth(step) is settles:
                return Step(self.text, self.word, tuple(steps), "", settles)
        return Step(self.text, self.word, tuple(steps), "", not settles)


@dataclass(frozen=True, slots=True)
class Not(Node):
    part: Node

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        step = self.part.run(inputs, tables)
        return Step(self.text, "not", (step,), "", not self.part.truth(step))


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if(condition, a, b)`: only the side that is taken is looked at."""

    condition: Node
    then: Node
    otherwise: Node

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        condition = self.condition.run(inputs, tables)
        yes = self.condition.truth(condition)
        taken = (self.then if yes else self.otherwise).run(inputs, tables)
        note = "the first value is taken" if yes else "the second value is taken"
        return Step(self.text, "if", (condition, taken), note, taken.value)


@dataclass(frozen=True, slots=True)
class Round(Node):
    part: Node
    digits: int
    mode: str

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        step = self.part.run(inputs, tables)
        try:
            value = rounded(self.part.number(step), self.digits, self.mode)
        except DecimalException as error:
            raise self.stopped(error) from error
        return Step(self.text, "round", (step,), f"to {self.digits} decimals, {self.mode}", value)


@dataclass(frozen=True, slots=True)
class Whole(Node):
    """`floor` (the next whole number below) and `ceil` (above)."""

    function: str
    part: Node

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        step = self.part.run(inputs, tables)
        number = self.part.number(step)
        value = number.to_integral_value(rounding=WHOLE[self.function], context=ROUNDING)
        return Step(self.text, self.function, (step,), f"to a whole number, {self.function}", value)


@dataclass(frozen=True, slots=True)
class Fold(Node):
    """`min`, `max`, `sum` over what is listed."""

    function: str
    parts: tuple[Node, ...]

    def run(self, inputs: Inputs, tables: Tables) -> Step:
        steps = tuple(part.run(inputs, tables) for part in self.parts)
        numbers = [part.number(step) for part, step in zip(self.parts, steps, strict=True)]
        return Step(self.text, self.function, steps, "", self._of(numbers))

    def _of(self, numbers: list[Decimal]) -> Decimal:
        if self.function != "sum":
            return min(numbers) if self.function == "min" else max(numbers)
        try:
            total = numbers[0]
            for number in numbers[1:]:
                total = EXACT.add(total, number)
        except DecimalException as error:
            raise self.stopped(error) from error
        return total
