"""Objections to refusals, each with its own clock."""

from ptsp.domain.objections.store import add, decide, objection, of_bundle, undecided
from ptsp.domain.objections.types import Objection, ObjectionState

__all__ = ["Objection", "ObjectionState", "add", "decide", "objection", "of_bundle", "undecided"]
