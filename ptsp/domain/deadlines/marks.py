"""Marks as stored beside their clock, and as OSS names them."""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ptsp.domain.deadlines.types import Mark, MarkKind, Marks
from ptsp.kernel.errors import Invalid
from ptsp.kernel.limits import limit_from_list
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import StopReason

OSS_CODES = {MarkKind.STOP: "41", MarkKind.RESUME: "42", MarkKind.RESET: "43", MarkKind.RESTART: "44"}
OSS_DEEMED = "57"
_KINDS = {code: kind for kind, code in OSS_CODES.items()}


def oss_code(kind: MarkKind) -> str | None:
    """The status code of OSS-RBA (integration guide 4.3.22, annex 10); None for an extension, which has none."""
    return OSS_CODES.get(kind)


def kind_of_oss(code: str) -> MarkKind:
    """The inverse. Raises Invalid for a code that moves no clock."""
    if code not in _KINDS:
        raise Invalid([fault("kd_status", "choice", choices=", ".join(sorted(_KINDS)))])
    return _KINDS[code]


def as_facts(mark: Mark) -> dict[str, object]:
    """A mark without its moment, in words of the ledger; what is empty is left out."""
    facts: dict[str, object] = {"kind": mark.kind.value}
    if mark.stop:
        facts["stop"] = str(mark.stop)
    if mark.reason:
        facts["reason"] = mark.reason.value
    if mark.by:
        facts["by"] = mark.by.as_list()
    if mark.legal_basis:
        facts["legal_basis"] = mark.legal_basis
    return facts


def mark_from_facts(at: datetime, facts: Mapping[str, object]) -> Mark:
    """The inverse of `as_facts`."""
    stop, reason, by = facts.get("stop"), facts.get("reason"), facts.get("by")
    return Mark(
        kind=MarkKind(str(facts["kind"])),
        at=at,
        stop=UUID(str(stop)) if stop else None,
        reason=StopReason(str(reason)) if reason else None,
        by=limit_from_list(by) if isinstance(by, list) else None,
        legal_basis=str(facts.get("legal_basis", "")),
    )


def marks_as_text(marks: Marks) -> str:
    """As a column keeps them: canonical JSON."""
    rows = [{"at": mark.at.isoformat(), **as_facts(mark)} for mark in marks]
    return json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def marks_from_text(stored: str) -> Marks:
    """The inverse of `marks_as_text`."""
    return tuple(mark_from_facts(datetime.fromisoformat(row["at"]), row) for row in json.loads(stored))


def standing(marks: Marks) -> dict[UUID | None, StopReason]:
    """The stops that hold a clock after these marks, by name, with their reasons."""
    held: dict[UUID | None, StopReason] = {}
    for mark in marks:
        if mark.kind in (MarkKind.STOP, MarkKind.RESET):
            held[mark.stop] = mark.reason or StopReason.CLARIFICATION
        elif mark.kind in (MarkKind.RESUME, MarkKind.RESTART):
            held.pop(mark.stop, None)
    return held
