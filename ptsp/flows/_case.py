"""One case as it is read for an officer: its rows, its clocks, and which task of it is the officer's own."""

from dataclasses import dataclass
from uuid import UUID

from ptsp.domain import applications, deadlines, routes
from ptsp.flows._corrections import Lodged, lodged
from ptsp.flows._names import task_name
from ptsp.flows.case_views import ClockView, GrantView, StopView
from ptsp.infra.calendars import Calendars
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import NotFound
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import Text


@dataclass(frozen=True, slots=True)
class Case:
    """`tasks[seq]` and `names[seq]`, `ones[position]`; `calendars` are the version the case counts on."""

    task: routes.TaskRow
    bundle: applications.BundleRow
    tasks: list[routes.TaskRow]
    names: dict[int, Text]
    ones: tuple[Lodged, ...]
    shape: deadlines.Shape
    times: deadlines.Times
    found: deadlines.Dates
    calendars: Calendars

    @property
    def members(self) -> tuple[int, ...]:
        """The applications that the officer's own task is for."""
        return self.shape.steps[self.task.seq].members

    @property
    def open_members(self) -> tuple[Lodged, ...]:
        return tuple(self.ones[at] for at in self.members if self.ones[at].is_open)


def own_task(work: Work, agency: str, task_id: UUID) -> routes.TaskRow:
    """A task that is, or was, at this desk. Raises NotFound for any other, also for one that has not come here yet."""
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    if task is None or task.hands != agency or task.started_at is None:
        raise NotFound("there is no such task at this desk")
    return task


def read_case(work: Work, book: TenantBook, agency: str, task_id: UUID) -> Case:
    """The case of a task of this desk. Raises NotFound for a task of another."""
    task = own_task(work, agency, task_id)
    bundle = applications.bundles(work.connection, [task.bundle_id])[task.bundle_id]
    ones = lodged(work, book, bundle.id)
    tasks = routes.tasks(work.connection, bundle.id)
    line = deadlines.clocks(work.connection, work.tenant.id, [bundle.id])[bundle.id].line
    calendars = work.tenant.calendars_at(work.connection, bundle.calendar)
    services = [one.service for one in ones]
    return Case(
        task=task,
        bundle=bundle,
        tasks=tasks,
        names={
            one.seq: task_name(one.code, line.shape.steps[one.seq].members, services)
            for one in tasks
            if line.shape.steps[one.seq].members
        },
        ones=ones,
        shape=line.shape,
        times=line.times(),
        found=deadlines.dates(line.shape, line.times(), calendars.of),
        calendars=calendars,
    )


def clock_of_task(work: Work, case: Case, seq: int) -> ClockView:
    step, running = case.shape.steps[seq], case.times.steps[seq]
    calendar = case.calendars.of(step.agency)
    return _view(work, step.limit, calendar, deadlines.fold(step.limit, calendar, running), running.marks)


def legal_clock(work: Work, case: Case, position: int) -> ClockView:
    """The legal clock of one application; its stops are also the times for which it waited to be paid."""
    office = case.calendars.office
    clock = deadlines.legal_clock(case.shape, case.times, position, office)
    return _view(work, case.shape.permits[position].limit, office, clock, case.times.permits[position].marks)


def _view(
    work: Work, limit: Limit, calendar: Calendar, clock: deadlines.Clock, marks: deadlines.Marks
) -> ClockView:
    read = deadlines.reading(limit, calendar, clock, marks, work.now)
    return ClockView(
        limit=limit,
        whole=read.whole,
        used=read.used,
        left=read.left,
        is_over=read.is_over,
        over_days=read.over_days,
        started_at=clock.started_at,
        ended_at=clock.ended_at,
        due_at=clock.due_at,
        expected_at=clock.expected_at,
        stops=tuple(StopView(stop.id, stop.reason, stop.at, stop.to) for stop in clock.stops),
        grants=tuple(
            GrantView(mark.at, mark.by, mark.legal_basis)
            for mark in marks
            if mark.kind is deadlines.MarkKind.EXTEND and mark.by
        ),
    )
