"""Why a bundle's promised date is what it is: the path, what each step takes, and the days on which nobody works."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ptsp.domain import applications, deadlines, routes
from ptsp.flows._names import agency_name, task_name
from ptsp.flows.event_texts import event_text
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook, local_date
from ptsp.infra.work import Work
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import NotFound
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import Text

WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


@dataclass(frozen=True, slots=True)
class Skipped:
    """Days one after another that are not worked, for one reason."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainedStep:
    """One task of the path, with the days between its begin and its end on which its agency does not work."""

    seq: int
    name: Text
    agency_name: Text
    state: str
    limit: Limit
    begins_on: date
    ends_on: date
    held_by: tuple[str, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """`slack`: (seq, name, working days it may still lose) of each open task; `moves`: the promise's changes so far."""

    reference: str
    lodged_at: datetime
    first_promised_on: date
    promised_on: date
    held_by: tuple[str, ...]
    is_provisional: bool
    calendar: int
    path: tuple[ExplainedStep, ...]
    slack: tuple[tuple[int, Text, int], ...]
    moves: tuple[tuple[datetime, Text], ...]


def explain_promise(work: Work, book: TenantBook, reference: str) -> Explained:
    """Raises NotFound for a reference that this office does not have."""
    bundle = applications.bundle(work.connection, reference)
    if bundle is None:
        raise NotFound(f"this office has no bundle {reference!r}")
    clocks = deadlines.clocks(work.connection, work.tenant.id, [bundle.id])[bundle.id]
    calendars = work.tenant.calendars_at(work.connection, bundle.calendar)
    shape, times = clocks.line.shape, clocks.line.times()
    found = deadlines.dates(shape, times, calendars.of)
    tasks = routes.tasks(work.connection, bundle.id)
    slacks = deadlines.slack(shape, times, calendars.of)
    lodged = applications.applications(work.connection, [bundle.id])[bundle.id]
    services = [book.standard(work.connection, work.tenant, one.standard_id) for one in lodged]
    titles = {position: service.name for position, service in enumerate(services)}
    names = {
        task.seq: task_name(task.code, shape.steps[task.seq].members, services)
        for task in tasks
        if shape.steps[task.seq].members
    }
    path = deadlines.critical_path(shape, times, found)
    return Explained(
        reference=reference,
        lodged_at=bundle.lodged_at,
        first_promised_on=bundle.first_promised_on,
        promised_on=found.promised_on,
        held_by=found.held_by,
        is_provisional=calendars.office.is_provisional(found.promised_on),
        calendar=bundle.calendar,
        path=tuple(
            _step(work, tasks[seq], names[seq], shape, times, found, calendars.of(tasks[seq].agency))
            for seq in path
        ),
        slack=tuple(
            (seq, names[seq], days) for seq, days in enumerate(slacks) if days is not None and seq in names
        ),
        moves=tuple(
            (event.at.astimezone(calendars.office.zone), event_text(event.type, event.body, names, titles))
            for event in ledger.events(work.connection, bundle.id)
            if event.type == "promise.moved"
        ),
    )


def _step(
    work: Work,
    task: routes.TaskRow,
    name: Text,
    shape: deadlines.Shape,
    times: deadlines.Times,
    found: deadlines.Dates,
    calendar: Calendar,
) -> ExplainedStep:
    step, running = shape.steps[task.seq], times.steps[task.seq]
    begun = running.started_at or max((found.ends[seq] for seq in step.after), default=times.lodged_at)
    begins_on, ends_on = (local_date(moment, work.tenant.pack) for moment in (begun, found.ends[task.seq]))
    held = deadlines.fold(step.limit, calendar, running).held_by if running.started_at else ()
    return ExplainedStep(
        seq=task.seq,
        name=name,
        agency_name=agency_name(work.tenant, task.agency),
        state=task.state,
        limit=step.limit,
        begins_on=begins_on,
        ends_on=ends_on,
        held_by=held,
        skipped=skipped_days(calendar, begins_on, ends_on),
    )


def skipped_days(calendar: Calendar, after: date, until: date) -> tuple[Skipped, ...]:
    """The days after one date up to another that are not worked, neighbours of one reason together."""
    skipped: list[Skipped] = []
    day = after + timedelta(days=1)
    while day <= until:
        if not calendar.is_working(day):
            reason = calendar.names.get(day) or WEEKDAYS[day.weekday()]
            last = skipped[-1] if skipped else None
            if last and last.reason == reason and last.last == day - timedelta(days=1):
                skipped[-1] = Skipped(last.first, day, reason)
            else:
                skipped.append(Skipped(day, day, reason))
        day += timedelta(days=1)
    return tuple(skipped)
