"""Permits and the other ways an application ends on paper."""

from ptsp.domain.permits.rules import new_code, number_text, refusal_series, tenant_of_code, valid_until
from ptsp.domain.permits.store import (
    add_decisions,
    annul,
    decision_by_code,
    decisions,
    decisions_of,
    hand_over,
    mark_issued,
)
from ptsp.domain.permits.types import Decision, Issued

__all__ = [
    "Decision",
    "Issued",
    "add_decisions",
    "annul",
    "decision_by_code",
    "decisions",
    "decisions_of",
    "hand_over",
    "mark_issued",
    "new_code",
    "number_text",
    "refusal_series",
    "tenant_of_code",
    "valid_until",
]
