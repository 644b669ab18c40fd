"""The receipt of an evaluation: each part, what went in, what was rounded, what came out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ptsp.kernel.formulas.numbers import Value, plain, plain_number

Receipt = dict[str, Any]


@dataclass(slots=True)
class Step:
    """One part of an expression with its exact value, and its receipt in the form it is stored in.

    `operation` is `number`, `text`, `yes_no` (written in the expression), `input`, a function's name,
    `negate`, `not`, a comparison, or the signs of a chain in order (`*` or `+ -`; one sign means all).
    `inputs` holds only what was evaluated: the untaken side of `if`, `and`, `or` is not there.
    """

    value: Value
    stored: Receipt

    @property
    def text(self) -> str:
        """The part as written in the pack."""
        return str(self.stored["text"])

    @property
    def operation(self) -> str:
        return str(self.stored["operation"])

    @property
    def inputs(self) -> "tuple[Step, ...]":
        return tuple(Step(_value(part), part) for part in self.stored.get("inputs", ()))

    @property
    def note(self) -> str:
        """What to know beside the values, such as the row of a table or the rounding; empty if nothing."""
        return str(self.stored.get("note", ""))


def receipt(
    text: str, operation: str, value: Value, inputs: Sequence[Receipt] = (), note: str = ""
) -> Receipt:
    """The receipt of one part, from those of its inputs: everything as JSON has it."""
    written: Receipt
    if value.__class__ is Decimal:
        written = {"text": text, "operation": operation, "type": "number", "value": plain_number(value)}
    else:
        kind = "text" if isinstance(value, str) else "yes_no"
        written = {"text": text, "operation": operation, "type": kind, "value": value}
    if note:
        written["note"] = note
    if inputs:
        written["inputs"] = inputs
    return written


def as_json(step: Step) -> Receipt:
    """The receipt to store and show: text, operation, type, value and, where there are any, note and inputs.

    Numbers are plain strings without exponent (`"140625"`), yes/no stays true/false. It is for reading only:
    receipts share what they have in common.
    """
    return step.stored


def explain(receipt: Step | Mapping[str, Any]) -> list[str]:
    """Readable lines, inner parts first, each part once; takes a receipt fresh or as stored.

    A stored receipt may carry `parts`, [{name, receipt}]: the named parts it rests on, told first.
    """
    stored = receipt.stored if isinstance(receipt, Step) else receipt
    return list(dict.fromkeys(_lines(stored)))


def _lines(stored: Mapping[str, Any]) -> Iterator[str]:
    inputs = stored.get("inputs", ())
    for named in stored.get("parts", ()):
        yield from _lines(named["receipt"])
        yield f"{named['name']} = {_shown(named['receipt'])}"
    for part in inputs:
        yield from _lines(part)
    if stored["operation"] in ("number", "text", "yes_no"):
        return
    shown = _shown(stored)
    with_values = _with_values(stored["operation"], [_shown(part) for part in inputs])
    middle = f" = {with_values}" if with_values and with_values != stored["text"] else ""
    note = f" ({stored['note']})" if "note" in stored else ""
    yield f"{stored['text']}{middle} = {shown}{note}"


def _value(stored: Mapping[str, Any]) -> Value:
    value: str | bool = stored["value"]
    return Decimal(value) if stored["type"] == "number" else value


def _shown(stored: Mapping[str, Any]) -> str:
    return str(stored["value"]) if stored["type"] == "number" else plain(stored["value"])


def _with_values(operation: str, values: list[str]) -> str:
    """A chain such as `a * b / c` with its values put in; nothing for the other operations."""
    signs = operation.split()
    if not signs or not set(signs) <= {"+", "-", "*", "/"}:
        return ""
    if len(signs) == 1:
        signs *= len(values) - 1
    rest = (f" {sign} {value}" for sign, value in zip(signs, values[1:], strict=True))
    return values[0] + "".join(rest)
