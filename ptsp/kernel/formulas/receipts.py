"""The receipt of an evaluation: each part, what went in, what was rounded, what came out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ptsp.kernel.formulas.numbers import Value, plain, plain_number

_KINDS: dict[type, str] = {Decimal: "number", bool: "yes_no", str: "text"}


@dataclass(frozen=True, slots=True)
class Step:
    """One part of an expression with its value.

    `operation` is `number`, `text`, `yes_no` (written in the expression), `input`, a function's name,
    `negate`, `not`, a comparison, or the signs of a chain in order (`*` or `+ -`; one sign means all).
    `inputs` holds only what was evaluated: the untaken side of `if`, `and`, `or` is not there.
    """

    text: str
    operation: str
    inputs: "tuple[Step, ...]"
    note: str
    value: Value


def as_json(step: Step) -> dict[str, Any]:
    """The receipt to store and show: text, operation, type, value and, where there are any, note and inputs.

    Numbers are plain strings without exponent (`"140625"`), yes/no stays true/false.
    """
    value = step.value
    stored: dict[str, Any] = {
        "text": step.text,
        "operation": step.operation,
        "type": _KINDS[value.__class__],
        "value": plain_number(value) if value.__class__ is Decimal else value,
    }
    if step.note:
        stored["note"] = step.note
    if step.inputs:
        stored["inputs"] = [as_json(part) for part in step.inputs]
    return stored


def explain(receipt: Step | Mapping[str, Any]) -> list[str]:
    """Readable lines, inner parts first, each part once; takes a receipt fresh or as stored.

    A stored receipt may carry `parts`, [{name, receipt}]: the named parts it rests on, told first.
    """
    stored = as_json(receipt) if isinstance(receipt, Step) else receipt
    return list(dict.fromkeys(_lines(stored)))


def _lines(stored: Mapping[str, Any]) -> Iterator[str]:
    inputs = stored.get("inputs", ())
    for named in stored.get("parts", ()):
        yield from _lines(named["receipt"])
        yield f"{named['name']} = {_shown(named['receipt'])}"
    for part in inputs:
        yield from _lines(part)
    if stored["operation"] in _KINDS.values():
        return
    shown = _shown(stored)
    with_values = _with_values(stored["operation"], [_shown(part) for part in inputs])
    middle = f" = {with_values}" if with_values and with_values != stored["text"] else ""
    note = f" ({stored['note']})" if "note" in stored else ""
    yield f"{stored['text']}{middle} = {shown}{note}"


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
