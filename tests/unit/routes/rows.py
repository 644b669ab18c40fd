"""Tasks as stored, for rules that read them."""

from datetime import date
from uuid import UUID

from ptsp.domain.routes import TaskRow, TaskState

B, ASKED, OK, NO, CUT = (
    TaskState.BLOCKED,
    TaskState.ASKED,
    TaskState.APPROVED,
    TaskState.REJECTED,
    TaskState.CUT,
)
NIL = UUID(int=0)


def rows(nodes, states):
    return [row(node, state) for node, state in zip(nodes, states, strict=True)]


def row(node, state):
    return TaskRow(
        id=NIL,
        bundle_id=NIL,
        seq=node.seq,
        code=node.code,
        kind=node.kind.value,
        agency=node.agency,
        planned_on=date(2026, 1, 1),
        state=state,
        attempts=0,
        reasons=(),
        started_at=None,
        ended_at=None,
        due_at=None,
    )
