"""Check a submission against what the office asks for. Every fault is named at once."""

import json
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

from ptsp.domain.applications.types import Applicant
from ptsp.kernel.errors import Fault, PtspError
from ptsp.kernel.formulas import Value, is_true, parse
from ptsp.kernel.identity import check_nik
from ptsp.kernel.money import exact
from ptsp.kernel.specs import FieldSpec, ServiceSpec

_parsed = lru_cache(maxsize=4096)(parse)  # conditions of packs: no personal data, and few

LONGEST_TEXT = 2000
OLDEST = date(1900, 1, 1)
NEEDED = ("name", "birth_place", "address")


def applicant_faults(applicant: Applicant, today: date, regions: frozenset[str] | None) -> list[Fault]:
    """What is wrong with the applicant's own data."""
    faults = []
    try:
        check_nik(applicant.nik, regions)
    except PtspError as error:
        faults.append(Fault("applicant.nik", _reason(error)))
    if applicant.kk and not (applicant.kk.isascii() and applicant.kk.isdigit() and len(applicant.kk) == 16):
        faults.append(Fault("applicant.kk", "must have 16 digits"))
    if not OLDEST <= applicant.birth_on <= today:
        faults.append(Fault("applicant.birth_on", f"must be between {OLDEST.isoformat()} and today"))
    for name in ("name", "birth_place", "address", "phone", "email"):
        value = getattr(applicant, name)
        if reason := text_fault(value) or _line_fault(value, is_needed=name in NEEDED):
            faults.append(Fault(f"applicant.{name}", reason))
    return faults


def _line_fault(value: str, *, is_needed: bool) -> str | None:
    """Why a text does not do for a field of one line."""
    if "\n" in value or "\t" in value:
        return "must be one line"
    return "is blank" if is_needed and not value.strip() else None


def text_fault(value: str) -> str | None:
    """Why a text cannot be kept as it is: characters that no person writes and PostgreSQL may not store."""
    if len(value) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT} characters"
    for char in value:
        kind = unicodedata.category(char)
        if (
            kind in ("Cs", "Co", "Cn")
            or (kind == "Cc" and char not in "\n\t")
            or char in "\u202e\u202d\u2066\u2067"
        ):
            return f"holds a character that cannot be stored (U+{ord(char):04X})"
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
    faults += [Fault(f"{where}.answers.{code}", "is not asked for") for code in given if code not in known]
    for field in service.fields:
        path = f"{where}.answers.{field.code}"
        raw = given.get(field.code)
        try:
            asked = field.when is None or is_true(_parsed(field.when), answers, {})
        except PtspError:
            continue  # an answer it depends on is missing or wrong, and is named already
        if not asked:
            if raw not in (None, ""):
                faults.append(Fault(path, "is not asked for with these answers"))
        elif raw in (None, ""):
            if field.required:
                faults.append(Fault(path, "is missing"))
        else:
            value, reason = _typed(field, raw)
            faults += [Fault(path, reason)] if reason else []
            answers |= {} if value is None else {field.code: value}
    return answers, faults


def offer_fault(service: ServiceSpec, today: date) -> str | None:
    """Why the service cannot be applied for today."""
    if today < service.offered_from:
        return f"is offered from {service.offered_from.isoformat()}"
    if service.offered_until and today > service.offered_until:
        return f"was offered until {service.offered_until.isoformat()}"
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


def _typed(field: FieldSpec, raw: object) -> tuple[Value | None, str | None]:
    if field.type == "number":
        return _number(field, raw)
    if field.type == "yes_no":
        if isinstance(raw, bool):
            return raw, None
        return (raw == "yes", None) if raw in ("yes", "no") else (None, "must be yes or no")
    if not isinstance(raw, str):
        return None, "must be a text"
    if field.type == "choice":
        codes = [choice.code for choice in field.choices]
        return (raw, None) if raw in codes else (None, f"must be one of {', '.join(codes)}")
    reason = text_fault(raw)
    return (None, reason) if reason else (raw, None)


def _number(field: FieldSpec, raw: object) -> tuple[Value | None, str | None]:
    if isinstance(raw, float):
        return None, 'write a number with a point as text, such as "157.50": as a bare one it may lose digits'
    if isinstance(raw, bool) or not isinstance(raw, (str, int, Decimal)):
        return None, "must be a number"
    try:
        value = exact(str(raw))
    except PtspError as error:
        return None, _reason(error)
    if field.minimum is not None and value < field.minimum:
        return None, f"must be at least {field.minimum:f}"
    if field.maximum is not None and value > field.maximum:
        return None, f"must be at most {field.maximum:f}"
    if value != round(value, field.decimals):
        return None, f"may have at most {field.decimals} decimals"
    return value, None


def _reason(error: PtspError) -> str:
    faults = getattr(error, "faults", None)
    return faults[0].reason if faults else str(error)
