"""Tellings: what central systems are told, owed in the database until they have taken it, and what they sent us."""

from ptsp.domain.tellings.queries import counts, due_tenants, filed, filings, in_states, sealed, telling
from ptsp.domain.tellings.rules import event_name, types_told
from ptsp.domain.tellings.store import add, claim, keep, record, replay
from ptsp.domain.tellings.types import OPEN, FilingRow, Held, NewTelling, TellingRow, TellingState, Told

__all__ = [
    "OPEN",
    "FilingRow",
    "Held",
    "NewTelling",
    "TellingRow",
    "TellingState",
    "Told",
    "add",
    "claim",
    "counts",
    "due_tenants",
    "event_name",
    "filed",
    "filings",
    "in_states",
    "keep",
    "record",
    "replay",
    "sealed",
    "telling",
    "types_told",
]
