"""What waits at a desk and what is due in the whole office, in the order in which it is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from ptsp.domain import deadlines, routes
from ptsp.infra.work import Work
from ptsp.kernel.calendar import end_of_day
from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault

PAGE = 50
HELD = "held"  # in the place of a due date
MARK = "~"


@dataclass(frozen=True, slots=True)
class QueuedTask:
    """A task that somebody has to do.

    `left_working_days` are those of its agency after today until its limit ends, negative once it is over. While its
    clock stands `held_by` says why, and mostly nothing is due. `officer` is the label of whoever has taken it.
    """

    id: UUID
    bundle_id: UUID
    reference: str
    seq: int
    code: str
    kind: str
    agency: str
    state: str
    planned_on: date
    started_at: datetime | None
    due_at: datetime | None
    is_overdue: bool
    left_working_days: int | None
    held_by: tuple[str, ...]
    officer: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """One page. `next` is what to ask the following page with; None after the last."""

    tasks: tuple[QueuedTask, ...]
    next: str | None


def desk_queue(
    work: Work, agency: str, *, officer: str | None = None, after: str | None = None, limit: int = PAGE
) -> Queue:
    """One page of what waits at a desk, or of what one officer there has taken; whose clock stands comes last.

    Raises Invalid for an `after` that is no page's `next`.
    """
    place = _place(after) if after else None
    found = routes.queue(work.connection, agency, officer=officer, after=place, limit=limit + 1)
    tasks = tuple(_queued(work, found[:limit]))
    return Queue(tasks, _next(tasks[-1]) if len(found) > limit else None)


def tasks_due(
    work: Work, *, agency: str | None = None, days: int, limit: int = 500
) -> tuple[QueuedTask, ...]:
    """Every open task whose limit ends within so many working days of the office, or is over; of one agency or all."""
    calendar = work.tenant.calendar
    until = end_of_day(calendar.add_working_days(work.today, days), calendar.zone) + timedelta(seconds=1)
    return tuple(_queued(work, routes.due(work.connection, until, agency=agency, limit=limit)))


def _queued(work: Work, found: Iterable[routes.QueueRow]) -> Iterable[QueuedTask]:
    for row in found:
        calendar = work.tenant.calendars_at(work.connection, row.calendar).of(row.agency)
        held = deadlines.standing(deadlines.marks_from_text(row.marks))
        today = work.now.astimezone(calendar.zone).date()
        due_on = row.due_at.astimezone(calendar.zone).date() if row.due_at else None
        yield QueuedTask(
            id=row.id,
            bundle_id=row.bundle_id,
            reference=row.reference,
            seq=row.seq,
            code=row.code,
            kind=row.kind,
            agency=row.agency,
            state=row.state,
            planned_on=row.planned_on,
            started_at=row.started_at,
            due_at=row.due_at,
            is_overdue=row.due_at is not None and row.due_at < work.now,
            left_working_days=calendar.working_days_between(today, due_on) if due_on else None,
            held_by=tuple(dict.fromkeys(reason.value for reason in held.values())),
            officer=row.officer,
        )


def _next(last: QueuedTask) -> str:
    """Of signs that need no escaping in an address."""
    due = last.due_at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z" if last.due_at else HELD
    return f"{due}{MARK}{last.id}"


def _place(after: str) -> routes.Place:
    due, _, last = after.partition(MARK)
    try:
        moment = None if due == HELD else datetime.fromisoformat(due)
        if moment is not None and moment.tzinfo is None:
            raise ValueError(due)
        return routes.Place(moment, UUID(last))
    except ValueError as error:
        raise Invalid([fault("after", "queue_place")]) from error
