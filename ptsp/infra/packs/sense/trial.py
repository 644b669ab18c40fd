"""Try a service's expressions on answers an applicant may give, as intake would, and see which have no value.

A by-law has too many cases to try all: every field takes each of its choices, or its least, middle and
greatest number, or is left out if it may be, while the others stay at their first and at their last.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_FLOOR, Decimal

from ptsp.infra.packs.places import Pointed
from ptsp.infra.packs.sense.expressions import Formula
from ptsp.infra.packs.sense.scene import Found
from ptsp.kernel.formulas import FormulaFault, Value, evaluate, is_true
from ptsp.kernel.specs import FieldSpec, ServiceSpec

Answers = dict[str, Value]
_MOST_CASES = 4096
_NO_INPUTS: Mapping[str, FieldSpec] = {}
_KINDS: Mapping[str, type] = {"number": Decimal, "choice": str, "text": str, "yes_no": bool}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def trial_faults(
    service: ServiceSpec, formulas: Iterable[Formula], inputs: Mapping[str, FieldSpec] = _NO_INPUTS
) -> Iterator[Found]:
    """Expressions that have no value, or a useless one, for answers that the fields allow.

    `inputs`: those of a by-law by code. A let of the same name must come to what its input may be.
    """
    ordered = list(formulas)
    told: set[str] = set()
    for answers in _cases(service, {one.name: one for one in ordered if one.path.startswith(".fields[")}):
        for path, reason in _one_case(service, ordered, answers, inputs):
            if path not in told:
                told.add(path)
                yield path, reason
    for formula in ordered:
        if formula.kind == "condition" and formula.path not in told and _is_never_true(service, formula):
            words = f"`{formula.expression.text}` is never true with the answers the fields allow"
            yield formula.path, f"{words}, so `{formula.name}` is never reached"


def _one_case(
    service: ServiceSpec, formulas: list[Formula], answers: Answers, wanted: Mapping[str, FieldSpec]
) -> Iterator[Found]:
    inputs = dict(answers)
    for formula in formulas:
        try:
            reason = _tried(service, formula, inputs, wanted)
        except FormulaFault as error:
            parts_above = formula.expression.names & service.fee.lets.keys()
            if parts_above - inputs.keys():
                continue  # a part above has no value, which is told there
            reason = f"has no value: {error.reason}{_when(formula, answers)}"
            yield formula.path, Pointed(reason, line=error.line, column=error.column)
            continue
        if reason:
            yield formula.path, f"{reason}{_when(formula, answers)}"


def _tried(service: ServiceSpec, formula: Formula, inputs: Answers, wanted: Mapping[str, FieldSpec]) -> str:
    """What is wrong with the value, if anything; a let's value becomes an input."""
    if formula.kind == "condition":
        is_true(formula.expression, inputs, {})
        return ""
    value = evaluate(formula.expression, inputs, service.fee.tables).value
    if formula.kind == "let":
        reason = _misfit(value, wanted[formula.name]) if formula.name in wanted else ""
        if not reason:
            inputs[formula.name] = value
        return reason
    if not isinstance(value, Decimal):
        return f"comes to `{value}`, which is no amount of money"
    if value < 0:
        return f"comes to {value:f}; a fee is never below zero"
    if value != value.to_integral_value():
        return f"comes to {value:f}, which is not whole rupiah; wrap it in round(..., 0)"
    return ""


def _misfit(given: Value, field: FieldSpec) -> str:
    """What is wrong with a let that stands for this input of a by-law, if anything."""
    if not isinstance(given, _KINDS[field.type]):
        return f"comes to {_shown(given)}, but the by-law reads `{field.code}` as a {field.type}"
    if field.type == "choice" and given not in {one.code for one in field.choices}:
        return f"comes to {_shown(given)}, which is none of the by-law's choices of `{field.code}`"
    if isinstance(given, Decimal) and not _is_within(given, field):
        return f"comes to {_shown(given)}; the by-law takes `{field.code}` {bounds_of(field)}"
    return ""


def _is_within(given: Decimal, field: FieldSpec) -> bool:
    least, most = field.minimum, field.maximum
    return (least is None or given >= least) and (most is None or given <= most)


def bounds_of(field: FieldSpec) -> str:
    """`from 0 to 100`, for numbers, which have both."""
    return f"from {field.minimum} to {field.maximum}"


def _when(formula: Formula, answers: Answers) -> str:
    """The answers that matter, for the reader to see the case."""
    used = [
        f"{name} = {_shown(answers[name])}" for name in sorted(formula.expression.names) if name in answers
    ]
    return f" (tried with {', '.join(used)})" if used else ""


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else f'"{value}"'


# Answers to try


def _cases(service: ServiceSpec, conditions: Mapping[str, Formula]) -> Iterator[Answers]:
    options = {one.code: _options(one) for one in service.fields}
    seen: set[tuple[tuple[str, str], ...]] = set()
    for corner in (0, -1):
        plain = {code: values[corner] for code, values in options.items()}
        for code, values in options.items():
            for value in values:
                answers = _asked(service.fields, {**plain, code: value}, conditions)
                key = tuple((name, _shown(one)) for name, one in answers.items())
                if key not in seen:
                    seen.add(key)
                    yield answers
    if not options:
        yield {}


def _options(field: FieldSpec) -> list[Value | None]:
    """Answers to one field; None is no answer, and stands in the middle so that no corner is empty."""
    values = _values(field)
    return values if field.required else [values[0], None, *values[1:], values[-1]]


def _values(field: FieldSpec) -> list[Value | None]:
    if field.type == "number":
        low, high = field.minimum or Decimal(0), field.maximum if field.maximum is not None else Decimal(1)
        middle = ((low + high) / 2).quantize(Decimal(1).scaleb(-field.decimals), rounding=ROUND_FLOOR)
        return [low, max(middle, low), high]
    if field.type == "choice":
        return [one.code for one in field.choices] or ["?"]
    return [False, True] if field.type == "yes_no" else ["x"]


def _asked(
    fields: Iterable[FieldSpec], given: Mapping[str, Value | None], conditions: Mapping[str, Formula]
) -> Answers:
    """The answers as intake keeps them: a field whose condition is false is not asked."""
    answers: Answers = {}
    for field in fields:
        value = given[field.code]
        if value is None or (field.when is not None and not _holds(conditions.get(field.code), answers)):
            continue
        answers[field.code] = value
    return answers


def _holds(condition: Formula | None, answers: Answers) -> bool:
    try:
        return condition is None or is_true(condition.expression, answers, {})
    except FormulaFault:
        return False


# Conditions that never hold


def _is_never_true(service: ServiceSpec, formula: Formula) -> bool:
    """Tried at every number it mentions and beside it, and with every choice; unsure means no."""
    fields = [one for one in service.fields if one.code in formula.expression.names]
    if any(one.type == "text" for one in fields):
        return False
    written = [Decimal(one) for one in _NUMBER.findall(formula.expression.text)]
    options = [_near(one, written) for one in fields]
    cases = itertools.islice(itertools.product(*options), _MOST_CASES + 1)
    tried = [dict(zip((one.code for one in fields), values, strict=True)) for values in cases]
    if len(tried) > _MOST_CASES:
        return False
    return not any(_true_or_unsure(formula, answers) for answers in tried)


def _near(field: FieldSpec, written: list[Decimal]) -> list[Value]:
    values = [one for one in _values(field) if one is not None]
    if field.type != "number" or field.minimum is None or field.maximum is None:
        return values
    least = Decimal(1).scaleb(-field.decimals)
    beside = {one + shift for one in written for shift in (-least, Decimal(0), least)}
    return [*values, *sorted(one for one in beside if field.minimum <= one <= field.maximum)]


def _true_or_unsure(formula: Formula, answers: Mapping[str, Value]) -> bool:
    try:
        return is_true(formula.expression, answers, {})
    except FormulaFault:
        return True
