"""Turns the submitted form into an order in the shape of the JSON API, naming what is wrong.

    {"applicant": {"nik", "kk"?, "name", "birth_place", "birth_on", "gender", "address", "phone"?, "email"?},
     "applications": [{"service", "answers": {field: text | Decimal | bool}, "documents": {requirement: id}}]}

Answers left empty are not sent at all. Only the shape is judged here; sense is the office's to judge.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ptsp.kernel.specs import FieldSpec
from ptsp.web.format import number
from ptsp.web.intake import APPLICANT, LONGEST_ANSWER, Asked, Intake
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


def answer_problems(intake: Intake, values: Mapping[str, str], lang: str, say: Say) -> list[Problem]:
    """What is missing or misshapen in the answers."""
    problems = []
    for row in intake.asked:
        key, limit = _answer_fault(row, values.get(row.name, ""), lang)
        if key:
            shown = number(limit, lang) if isinstance(limit, Decimal | int) else ""
            message = say(f"fault.{key}", label=pick(row.spec.label, lang), most=shown)
            problems.append(Problem(row.name, message))
    return problems


def _answer_fault(row: Asked, value: str, lang: str) -> tuple[str, Decimal | int | None]:
    spec = row.spec
    if not value:
        return ("required", None) if row.required else ("", None)
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
    """The order. `documents` are ids by input name. Answers whose shape is wrong must be refused before."""
    applicant = {
        name: values[f"applicant.{name}"]
        for name, required, *_ in APPLICANT
        if required or values.get(f"applicant.{name}")
    }
    applications = [
        {
            "service": service.code,
            "answers": {
                row.spec.code: _typed(row.spec, values[row.name], lang)
                for row in intake.asked
                if service.code in row.services and values.get(row.name)
            },
            "documents": {
                row.spec.code: documents[row.name]
                for row in intake.wanted
                if service.code in row.services and row.name in documents
            },
        }
        for service in intake.services
    ]
    return {"applicant": applicant, "applications": applications}


def _typed(spec: FieldSpec, value: str, lang: str) -> str | bool | Decimal:
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
