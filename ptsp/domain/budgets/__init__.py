"""Budgets: how much agencies may be asked, what was used of it, and verdicts that are known already."""

from ptsp.domain.budgets.rules import is_urgent, next_day, next_second_s, reserve, spend
from ptsp.domain.budgets.store import keep, kept_counts, known, let_go, locked, of_day, save, sweep
from ptsp.domain.budgets.types import Kept, Sought, Turn, Use

__all__ = [
    "Kept",
    "Sought",
    "Turn",
    "Use",
    "is_urgent",
    "keep",
    "kept_counts",
    "known",
    "let_go",
    "locked",
    "next_day",
    "next_second_s",
    "of_day",
    "reserve",
    "save",
    "spend",
    "sweep",
]
