"""Corrections: what is sent back to the applicant, until when, and how often."""

from ptsp.domain.corrections.rules import (
    answer_faults,
    ask_faults,
    ends_in_silence,
    place,
    positions,
    round_number,
    rounds_left,
    rounds_used,
)
from ptsp.domain.corrections.store import add, close, of_bundles, open_of_desk, silent
from ptsp.domain.corrections.types import Answer, Ask, Correction, CorrectionState

__all__ = [
    "Answer",
    "Ask",
    "Correction",
    "CorrectionState",
    "add",
    "answer_faults",
    "ask_faults",
    "close",
    "ends_in_silence",
    "of_bundles",
    "open_of_desk",
    "place",
    "positions",
    "round_number",
    "rounds_left",
    "rounds_used",
    "silent",
]
