"""Check a submission against what the office asks for. Every fault is named at once."""

import json
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

from ptsp.kernel.errors import Fault, Invalid, PtspError
from ptsp.kernel.formulas import Value, is_true, parse
from ptsp.kernel.identity import BadNik, check_nik
from ptsp.kernel.money import exact
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import FieldSpec, ServiceSpec

_parsed = lru_cache(maxsize=4096)(parse)  # conditions of packs: no personal data, and few

LONGEST_TEXT = 2000
OLDEST = date(1900, 1, 1)
NEEDED = ("name", "birth_place", "address")


def applicant_faults(given: Mapping[str, str | date], today: date) -> list[Fault]:
    """What is wrong with what is given of the applicant's own data, by name; what is absent is not judged."""
    judged = (_applicant_fault(name, value, today) for name, value in given.items())
    return [wrong for wrong in judged if wrong]


def _applicant_fault(name: str, value: str | date, today: date) -> Fault | None:
    path = f"applicant.{name}"
    if isinstance(value, date):
        return None if OLDEST <= value <= today else fault(path, "birth_on", least=OLDEST.isoformat())
    if name == "nik":
        return _nik_fault(path, value)
    if name == "kk":
        fits = not value or (value.isascii() and value.isdigit() and len(value) == 16)
        return None if fits else fault(path, "kk")
    if wrong := text_fault(path, value):
        return wrong
    if "\n" in value or "\t" in value:
        return fault(path, "one_line")
    return fault(path, "blank") if name in NEEDED and not value.strip() else None


def _nik_fault(path: str, value: str) -> Fault | None:
    try:
        check_nik(value, None, field=path)
    except BadNik as error:
        return error.faults[0]
    return None


def text_fault(path: str, value: str) -> Fault | None:
    """Why a text cannot be kept as it is: characters that no person writes and PostgreSQL may not store."""
    if len(value) > LONGEST_TEXT:
        return fault(path, "too_long", most=LONGEST_TEXT)
    for char in value:
        kind = unicodedata.category(char)
        if (
            kind in ("Cs", "Co", "Cn")
            or (kind == "Cc" and char not in "\n\t")
            or char in "\u202e\u202d\u2066\u2067"
        ):
            return fault(path, "character", character=f"U+{ord(char):04X}")
    return None


def typed_answers(
    service: ServiceSpec, given: Mapping[str, object], where: str
) -> tuple[dict[str, Value], list[Fault]]:
    """The answers in their types, and what is wrong with them. `where` is the path before `.answers`.

    A field whose own condition is false is not asked; an answer to it is a fault, since the applicant saw
    no such field.
    """
    answers: dict[str, Value] = {}
    faults: list[Fault] = []
    known = {field.code for field in service.fields}
    faults += [fault(f"{where}.answers.{code}", "unknown") for code in given if code not in known]
    for field in service.fields:
        path = f"{where}.answers.{field.code}"
        raw = given.get(field.code)
        try:
            asked = field.when is None or is_true(_parsed(field.when), answers, {})
        except PtspError:
            continue  # an answer it depends on is missing or wrong, and is named already
        if not asked:
            if raw not in (None, ""):
                faults.append(fault(path, "not_asked"))
        elif raw in (None, ""):
            if field.required:
                faults.append(fault(path, "missing"))
        else:
            value, wrong = _typed(field, raw, path)
            faults += [wrong] if wrong else []
            answers |= {} if value is None else {field.code: value}
    return answers, faults


def offer_fault(path: str, service: ServiceSpec, today: date) -> Fault | None:
    """Why the service cannot be applied for today."""
    if today < service.offered_from:
        return fault(path, "offered_from", day=service.offered_from.isoformat())
    if service.offered_until and today > service.offered_until:
        return fault(path, "offered_until", day=service.offered_until.isoformat())
    return None


def answers_as_text(answers: Mapping[str, Value]) -> str:
    """Canonical JSON of typed answers; numbers as text, so that no float ever touches them."""
    plain = {
        code: {"n": format(value, "f")} if isinstance(value, Decimal) else value
        for code, value in answers.items()
    }
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def answers_from_text(stored: str) -> dict[str, Value]:
    """The inverse of `answers_as_text`."""
    return {
        code: Decimal(value["n"]) if isinstance(value, dict) else value
        for code, value in json.loads(stored).items()
    }


def _typed(field: FieldSpec, raw: object, path: str) -> tuple[Value | None, Fault | None]:
    if field.type == "number":
        return _number(field, raw, path)
    if field.type == "yes_no":
        if isinstance(raw, bool):
            return raw, None
        return (raw == "yes", None) if raw in ("yes", "no") else (None, fault(path, "yes_no"))
    if not isinstance(raw, str):
        return None, fault(path, "text")
    if field.type == "choice":
        codes = [choice.code for choice in field.choices]
        return (raw, None) if raw in codes else (None, fault(path, "choice", choices=", ".join(codes)))
    wrong = text_fault(path, raw)
    return (None, wrong) if wrong else (raw, None)


def _number(field: FieldSpec, raw: object, path: str) -> tuple[Value | None, Fault | None]:
    if isinstance(raw, float):
        return None, fault(path, "number_as_text")
    if isinstance(raw, bool) or not isinstance(raw, (str, int, Decimal)):
        return None, fault(path, "number")
    try:
        value = exact(str(raw), field=path)
    except Invalid as error:
        return None, error.faults[0]
    if field.minimum is not None and value < field.minimum:
        return None, fault(path, "at_least", least=f"{field.minimum:f}")
    if field.maximum is not None and value > field.maximum:
        return None, fault(path, "at_most", most=f"{field.maximum:f}")
    if value != round(value, field.decimals):
        return None, fault(path, "decimals", most=field.decimals)
    return value, None
