"""Histories of other systems: past cases with their deadlines, and the figures of a log."""

from ptsp.domain.history.queries import cases_of_log
from ptsp.domain.history.rules import archive_code, figures, moments_of, source_of, standing
from ptsp.domain.history.store import save_cases
from ptsp.domain.history.types import CaseRow, Figures, Moments, Naming, Saved, Standing, Throughput

__all__ = [
    "CaseRow",
    "Figures",
    "Moments",
    "Naming",
    "Saved",
    "Standing",
    "Throughput",
    "archive_code",
    "cases_of_log",
    "figures",
    "moments_of",
    "save_cases",
    "source_of",
    "standing",
]
