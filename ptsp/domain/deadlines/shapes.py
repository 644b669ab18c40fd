"""The shape of a bundle's time as stored: compact JSON, equal for equal shapes."""

import json
from functools import lru_cache

from ptsp.domain.deadlines.types import PermitShape, Shape, StepShape
from ptsp.kernel.limits import limit_from_list
from ptsp.kernel.specs import StepKind, StopReason


def shape_as_text(shape: Shape) -> str:
    """Steps as [agency, kind, limit, after, members], permits as [limit, starts after, stops]."""
    steps = [
        [step.agency, step.kind.value, step.limit.as_list(), step.after, step.members] for step in shape.steps
    ]
    permits = [
        [permit.limit.as_list(), permit.starts_after, sorted(permit.stops)] for permit in shape.permits
    ]
    return json.dumps([steps, permits], separators=(",", ":"))


@lru_cache(maxsize=4096)
def shape_from_text(stored: str) -> Shape:
    """The inverse. Kept in memory: many bundles have the same shape, and a shape is nobody's secret."""
    steps, permits = json.loads(stored)
    return Shape(
        steps=tuple(
            StepShape(agency, StepKind(kind), limit_from_list(limit), tuple(after), tuple(members))
            for agency, kind, limit, after, members in steps
        ),
        permits=tuple(
            PermitShape(limit_from_list(limit), starts_after, frozenset(map(StopReason, stops)))
            for limit, starts_after, stops in permits
        ),
    )
