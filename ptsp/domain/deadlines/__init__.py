"""Deadlines: clocks, the promised date, and whose days they were."""

from ptsp.domain.deadlines.clocks import fold
from ptsp.domain.deadlines.marks import (
    OSS_DEEMED,
    as_facts,
    kind_of_oss,
    mark_from_facts,
    marks_as_text,
    marks_from_text,
    oss_code,
    standing,
)
from ptsp.domain.deadlines.parties import PartyDays, late_days, party_days
from ptsp.domain.deadlines.promise import OFFICE, CalendarOf, critical_path, dates, legal_clock, slack
from ptsp.domain.deadlines.queries import Clocks, behind, claim_warned, clocks
from ptsp.domain.deadlines.reading import Reading, lag, reading
from ptsp.domain.deadlines.shapes import shape_as_text, shape_from_text
from ptsp.domain.deadlines.store import set_permits, set_steps, set_warnings, start_permits
from ptsp.domain.deadlines.timeline import Timeline
from ptsp.domain.deadlines.types import (
    Clock,
    Dates,
    Mark,
    MarkKind,
    Marks,
    PermitShape,
    Running,
    Shape,
    StepShape,
    Stop,
    Times,
)
from ptsp.domain.deadlines.warnings import Deadline, Ring, Warnings, next_ring, rung

__all__ = [
    "OFFICE",
    "OSS_DEEMED",
    "CalendarOf",
    "Clock",
    "Clocks",
    "Dates",
    "Deadline",
    "Mark",
    "MarkKind",
    "Marks",
    "PartyDays",
    "PermitShape",
    "Reading",
    "Ring",
    "Running",
    "Shape",
    "StepShape",
    "Stop",
    "Timeline",
    "Times",
    "Warnings",
    "as_facts",
    "behind",
    "claim_warned",
    "clocks",
    "critical_path",
    "dates",
    "fold",
    "kind_of_oss",
    "lag",
    "late_days",
    "legal_clock",
    "mark_from_facts",
    "marks_as_text",
    "marks_from_text",
    "next_ring",
    "oss_code",
    "party_days",
    "reading",
    "rung",
    "set_permits",
    "set_steps",
    "set_warnings",
    "shape_as_text",
    "shape_from_text",
    "slack",
    "standing",
    "start_permits",
]
