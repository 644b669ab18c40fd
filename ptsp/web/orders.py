"""Turns the submitted form into an order in the shape of the JSON API, naming what is wrong.

    {"applicant": {"nik", "kk"?, "name", "birth_place", "birth_on", "gender", "address", "phone"?, "email"?},
     "applications": [{"service", "answers": {field: text | bool}, "documents": {requirement: id}}]}

Numbers are exact decimals as text (`1250.5`). What is left empty, and answers and documents that are not asked
for with the other answers, are not sent at all. Only the shape is judged here; sense is the office's to judge.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ptsp.kernel.errors import PtspError
from ptsp.kernel.formulas import Value, is_true, parse
from ptsp.kernel.specs import FieldSpec, ServiceSpec
from ptsp.web.format import number
from ptsp.web.intake import APPLICANT, LONGEST_ANSWER, Asked, Intake, Wanted
from ptsp.web.office import Order
from ptsp.web.words import pick

Say = Callable[..., str]
NUMBERS = {  # how a number is written; the other way is refused, never guessed at
    "id": re.compile(r"^-?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?$"),
    "en": re.compile(r"^-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?$"),
}
LONGEST_NUMBER = 24


@dataclass(frozen=True, slots=True)
class Problem:
    """A message for a person, and the input it belongs to (None: the whole form)."""

    input: str | None
    message: str


def exact(text: str, lang: str) -> Decimal | None:
    """The number a person wrote in the manner of the language, else None: `1.250,5` or `1,250.5`."""
    if len(text) > LONGEST_NUMBER or not text.isascii() or not NUMBERS[lang].match(text):
        return None
    group, point = (".", ",") if lang == "id" else (",", ".")
    return Decimal(text.replace(group, "").replace(point, "."))


def applicant_problems(values: Mapping[str, str], say: Say) -> list[Problem]:
    """What is missing or misshapen in the applicant's own data."""
    problems = []
    for name, required, longest, kind in APPLICANT:
        path, value = f"applicant.{name}", values.get(f"applicant.{name}", "")
        key = _applicant_fault(value, kind, required=required, longest=longest)
        if key:
            label = say(f"applicant.{name}")
            problems.append(Problem(path, say(f"fault.{key}", label=label, most=longest)))
    return problems


def _applicant_fault(value: str, kind: str, *, required: bool, longest: int) -> str:
    if not value:
        return "required" if required else ""
    checks = {
        "digits": ("digits", len(value) == longest and value.isascii() and value.isdigit()),
        "date": ("date", _is_date(value)),
        "gender": ("choice", value in ("male", "female")),
        "email": ("email", "@" in value[1:-1]),
    }
    fault, good = checks.get(kind, ("", True))
    if not good:
        return fault
    return "long" if len(value) > longest else ""


def given(intake: Intake, values: Mapping[str, str], lang: str) -> dict[str, dict[str, Value]]:
    """By service: the answers that are asked under its conditions, well shaped, in their types."""
    return {service.code: _given(service, intake, values, lang) for service in intake.services}


def _given(service: ServiceSpec, intake: Intake, values: Mapping[str, str], lang: str) -> dict[str, Value]:
    rows = {row.spec.code: row for row in intake.asked if service.code in row.services}
    answers: dict[str, Value] = {}
    for spec in service.fields:
        value = values.get(rows[spec.code].name, "")
        if value and holds(spec.when, answers) and not _shape_fault(spec, value, lang)[0]:
            answers[spec.code] = _typed(spec, value, lang)
    return answers


def holds(condition: str | None, answers: Mapping[str, Value]) -> bool:
    """Is this asked? Not, while an answer on which it depends is missing: that one is named by itself."""
    if condition is None:
        return True
    try:
        return is_true(parse(condition), answers, {})
    except PtspError:
        return False


def answer_problems(intake: Intake, values: Mapping[str, str], lang: str, say: Say) -> list[Problem]:
    """What is missing or misshapen in the answers that are asked."""
    problems, known = [], given(intake, values, lang)
    for row in intake.asked:
        asked = [spec for code, spec in _specs(intake, row) if holds(spec.when, known[code])]
        value = values.get(row.name, "")
        if not asked:
            continue
        key, limit = _answer_fault(asked, value, lang)
        if key:
            shown = number(limit, lang) if isinstance(limit, Decimal | int) else ""
            message = say(f"fault.{key}", label=pick(row.spec.label, lang), most=shown)
            problems.append(Problem(row.name, message))
    return problems


def _specs(intake: Intake, row: Asked) -> list[tuple[str, FieldSpec]]:
    return [
        (service.code, spec)
        for service in intake.services
        if service.code in row.services
        for spec in service.fields
        if spec.code == row.spec.code
    ]


def document_is_due(intake: Intake, row: Wanted, known: Mapping[str, Mapping[str, Value]]) -> bool:
    """Must this document be shown, with these answers?"""
    return any(
        holds(spec.when, known[service.code])
        for service in intake.services
        if service.code in row.services
        for spec in service.requirements
        if spec.code == row.spec.code
    )


def _answer_fault(asked: Sequence[FieldSpec], value: str, lang: str) -> tuple[str, Decimal | int | None]:
    """The first fault that any of the services finds."""
    if not value:
        return ("required", None) if any(spec.required for spec in asked) else ("", None)
    faults = (_shape_fault(spec, value, lang) for spec in asked)
    return next((fault for fault in faults if fault[0]), ("", None))


def _shape_fault(spec: FieldSpec, value: str, lang: str) -> tuple[str, Decimal | int | None]:
    if spec.type == "number":
        return _number_fault(spec, exact(value, lang))
    if spec.type == "choice":
        return ("", None) if value in {choice.code for choice in spec.choices} else ("choice", None)
    if spec.type == "yes_no":
        return ("", None) if value in ("yes", "no") else ("choice", None)
    return ("long", LONGEST_ANSWER) if len(value) > LONGEST_ANSWER else ("", None)


def _number_fault(spec: FieldSpec, value: Decimal | None) -> tuple[str, Decimal | int | None]:
    if value is None:
        return "number", None
    if spec.minimum is not None and value < spec.minimum:
        return "least", spec.minimum
    if spec.maximum is not None and value > spec.maximum:
        return "most", spec.maximum
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > spec.decimals:
        return "decimals", spec.decimals
    return "", None


def order_of(intake: Intake, values: Mapping[str, str], documents: Mapping[str, str], lang: str) -> Order:
    """The order, or as much of it as is filled in: enough for a quote. `documents` are ids by input name.

    Answers whose shape is wrong must be refused before.
    """
    applicant = {
        name: values[f"applicant.{name}"] for name, *_ in APPLICANT if values.get(f"applicant.{name}")
    }
    known = given(intake, values, lang)
    applications = [
        {
            "service": service.code,
            "answers": {code: _plain(value) for code, value in known[service.code].items()},
            "documents": {
                spec.code: documents[row.name]
                for spec in service.requirements
                for row in intake.wanted
                if row.spec.code == spec.code and service.code in row.services
                if row.name in documents and holds(spec.when, known[service.code])
            },
        }
        for service in intake.services
    ]
    return {"applicant": applicant, "applications": applications}


def _plain(value: Value) -> str | bool:
    """As JSON holds it: an exact number as text, so that no float ever touches it."""
    return format(value, "f") if isinstance(value, Decimal) else value


def _typed(spec: FieldSpec, value: str, lang: str) -> Value:
    if spec.type == "yes_no":
        return value == "yes"
    number = exact(value, lang) if spec.type == "number" else None
    return value if number is None else number


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == len("2026-11-22")
