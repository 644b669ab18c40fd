"""Read the clocks of bundles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from ptsp.domain.deadlines.marks import marks_from_text
from ptsp.domain.deadlines.shapes import shape_from_text
from ptsp.domain.deadlines.timeline import Timeline
from ptsp.domain.deadlines.types import Running

# One row a bundle: arrays by seq and by position are read four times as fast as a row for each.
CLOCKS = text("""
    SELECT b.id, b.lodged_at, b.calendar, b.shape, b.promised_on, b.held_by,
           t.states, t.started, t.ended, t.due, t.marks,
           a.states AS outcomes, a.started AS clocks, a.ended AS closed, a.due AS legal, a.promised, a.marks AS marked,
           a.deemed, a.standards
      FROM app.bundle b
     CROSS JOIN LATERAL (
       SELECT array_agg(state ORDER BY seq) AS states, array_agg(started_at ORDER BY seq) AS started,
              array_agg(ended_at ORDER BY seq) AS ended, array_agg(due_at ORDER BY seq) AS due,
              json_object_agg(seq, marks) FILTER (WHERE marks <> '[]') AS marks
         FROM app.task WHERE tenant_id = :tenant AND bundle_id = b.id) t
     CROSS JOIN LATERAL (
       SELECT array_agg(state ORDER BY position) AS states, array_agg(clock_started_at ORDER BY position) AS started,
              array_agg(ended_at ORDER BY position) AS ended, array_agg(due_at ORDER BY position) AS due,
              array_agg(promised_on ORDER BY position) AS promised, array_agg(deemed_on ORDER BY position) AS deemed,
              array_agg(standard_id ORDER BY position) AS standards,
              json_object_agg(position, marks) FILTER (WHERE marks <> '[]') AS marks
         FROM app.application WHERE tenant_id = :tenant AND bundle_id = b.id) a
     WHERE b.tenant_id = :tenant AND b.id = ANY(:ids)""")

BEHIND = text("""
    SELECT id FROM app.bundle
     WHERE tenant_id = :tenant AND state = 'open' AND calendar < :version ORDER BY calendar, id LIMIT :limit""")

# What another worker has in hand is skipped: it is being warned of, or its dates are about to move.
WARNED = text("""
    SELECT id FROM app.bundle
     WHERE tenant_id = :tenant AND id IN (
       SELECT bundle_id FROM app.task WHERE tenant_id = :tenant AND warn_at <= :now
        UNION
       SELECT bundle_id FROM app.application WHERE tenant_id = :tenant AND warn_at <= :now)
     ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED""")

GONE = frozenset({"cut", "deemed"})


@dataclass(slots=True)
class Clocks:
    """The clocks of one bundle with what is stored of their dates. `calendar` is the version they count on.

    As stored: `states[seq]`, `due[seq]`, and by position `outcomes`, `legal` (end of the legal limit), `started` (start
    of the legal clock), `promised` and `standards` (which it is pinned to); `deemed` are those the law has approved.
    """

    bundle_id: UUID
    calendar: int
    promised_on: date
    held_by: tuple[str, ...]
    states: tuple[str, ...]
    due: tuple[datetime | None, ...]
    outcomes: tuple[str, ...]
    legal: tuple[datetime | None, ...]
    started: tuple[datetime | None, ...]
    promised: tuple[date, ...]
    standards: tuple[UUID, ...]
    deemed: frozenset[int]
    line: Timeline


def clocks(connection: Connection, tenant_id: int, bundle_ids: Iterable[UUID]) -> dict[UUID, Clocks]:
    """The clocks of bundles. Read them under the lock, after results were written."""
    ids = list(bundle_ids)
    if not ids:
        return {}
    return {row.id: _clocks(row) for row in connection.execute(CLOCKS, {"tenant": tenant_id, "ids": ids})}


def behind(connection: Connection, tenant_id: int, version: int, *, limit: int) -> list[UUID]:
    """Open bundles that still count on an older version of the calendars."""
    values = {"tenant": tenant_id, "version": version, "limit": limit}
    return list(connection.execute(BEHIND, values).scalars())


def claim_warned(connection: Connection, tenant_id: int, now: datetime, *, limit: int) -> list[UUID]:
    """Lock bundles with a warning that rings by now, and give their ids."""
    values = {"tenant": tenant_id, "now": now, "limit": limit}
    return list(connection.execute(WARNED, values).scalars())


def _clocks(row: Row[Any]) -> Clocks:
    line = Timeline(
        shape_from_text(row.shape),
        row.lodged_at,
        _running(row.started, row.ended, row.marks, row.states),
        _running(row.clocks, row.closed, row.marked, row.outcomes),
    )
    return Clocks(
        bundle_id=row.id,
        calendar=row.calendar,
        promised_on=row.promised_on,
        held_by=tuple(row.held_by),
        states=tuple(row.states),
        due=tuple(row.due),
        outcomes=tuple(row.outcomes),
        legal=tuple(row.legal),
        started=tuple(row.clocks),
        promised=tuple(row.promised),
        standards=tuple(row.standards),
        deemed=frozenset(at for at, moment in enumerate(row.deemed) if moment),
        line=line,
    )


def _running(
    started: Sequence[datetime | None],
    ended: Sequence[datetime | None],
    marks: Mapping[str, str] | None,
    states: Sequence[str],
) -> list[Running]:
    """Rows of one kind as clocks; `marks` are by number, given only where there are any."""
    return [
        Running(
            begun, over, marks_from_text(marks[str(at)]) if marks and str(at) in marks else (), state in GONE
        )
        for at, (begun, over, state) in enumerate(zip(started, ended, states, strict=True))
    ]
