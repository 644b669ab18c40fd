"""Collection: what follows when a fee is not paid in time - a warning, interest, and in the end nothing any more."""

from ptsp.domain.collection.rules import (
    lapses_after,
    month_begins,
    months_late,
    next_step,
    pay_by,
    wait_for_lapse,
    warn_on,
)
from ptsp.domain.collection.store import (
    add_warnings,
    admissions,
    admit,
    warning,
    warning_by_code,
    warnings,
)
from ptsp.domain.collection.types import Act, Admission, Debt, Step, Warned

__all__ = [
    "Act",
    "Admission",
    "Debt",
    "Step",
    "Warned",
    "add_warnings",
    "admissions",
    "admit",
    "lapses_after",
    "month_begins",
    "months_late",
    "next_step",
    "pay_by",
    "wait_for_lapse",
    "warn_on",
    "warning",
    "warning_by_code",
    "warnings",
]
