"""A person, an agency or a central system stops a clock, lets it go on, or extends it, with a reason that counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ptsp.domain import applications, deadlines, routes
from ptsp.flows._retiming import Cause, Happened, change_clocks
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.kernel.limits import Limit
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import ServiceSpec, StopReason

STOPS = (deadlines.MarkKind.STOP, deadlines.MarkKind.RESET)


@dataclass(frozen=True, slots=True)
class _Case:
    """A task that is under way, with the applications it is for."""

    task: routes.TaskRow
    clocks: deadlines.Clocks
    services: dict[int, ServiceSpec]


def move_clock(
    work: Work,
    book: TenantBook,
    task_id: UUID,
    mark: deadlines.Mark,
    *,
    note: str = "",
) -> None:
    """Put one event on the clock of a task and on the legal clocks of the applications it belongs to.

    A stop needs a reason that the standard of each of these allows; an extension has to fit under the ceiling
    that the standard sets, all extensions together. Raises NotFound for a task of nobody here, Conflict for one
    that is not under way and for a clock on which this cannot happen, Invalid naming the field otherwise.
    """
    task = routes.tasks_by_id(work.connection, [task_id]).get(task_id)
    if task is None:
        raise NotFound("this office has no such task")

    def happen(clocks: deadlines.Clocks) -> Happened:
        case = _case(work, book, task, clocks)
        if mark.kind in STOPS:
            _allow_stop(case, mark)
        elif mark.kind is deadlines.MarkKind.EXTEND:
            _allow_extension(case, mark)
        return put_mark(work, clocks, [task.seq], sorted(case.services), mark, note=note)

    change_clocks(work, [task.bundle_id], happen)


def put_mark(
    work: Work,
    clocks: deadlines.Clocks,
    seqs: Sequence[int],
    positions: Sequence[int],
    mark: deadlines.Mark,
    *,
    note: str = "",
) -> Happened:
    """Put one event on these clocks of a bundle, and say so. Raises Conflict where it cannot happen."""
    for seq in seqs:
        clocks.line.mark_step(seq, mark)
    for position in positions:
        clocks.line.mark_permit(position, mark)
    data: dict[str, object] = {
        **deadlines.as_facts(mark),
        "seqs": list(seqs),
        "positions": list(positions),
        "oss": deadlines.oss_code(mark.kind),
    }
    if note:
        data["note"] = note
    kind = f"clock.{EVENTS[mark.kind]}"
    cause: Cause = {
        "kind": kind,
        "seqs": list(seqs),
        "reason": mark.reason.value if mark.reason else None,
        "legal_basis": mark.legal_basis,
    }
    return Happened([ledger.Fact(kind, work.actor, data)], [cause], frozenset(seqs), frozenset(positions))


EVENTS = {
    deadlines.MarkKind.STOP: "stopped",
    deadlines.MarkKind.RESUME: "resumed",
    deadlines.MarkKind.RESET: "reset",
    deadlines.MarkKind.RESTART: "restarted",
    deadlines.MarkKind.EXTEND: "extended",
}


def _case(work: Work, book: TenantBook, task: routes.TaskRow, clocks: deadlines.Clocks) -> _Case:
    running = clocks.line.steps[task.seq]
    if running.started_at is None or running.ended_at is not None:
        raise Conflict("the task is not under way, so its clock does not run")
    members = clocks.line.shape.steps[task.seq].members
    lodged = applications.applications(work.connection, [task.bundle_id])[task.bundle_id]
    services = {
        one.position: book.standard(work.connection, work.tenant, one.standard_id)
        for one in lodged
        if one.position in members and one.state == "open"
    }
    return _Case(task, clocks, services)


def _allow_stop(case: _Case, mark: deadlines.Mark) -> None:
    for service in case.services.values():
        if mark.reason not in service.standard.clock.stops:
            allowed = ", ".join(sorted(service.standard.clock.stops))
            raise Invalid([fault("reason", "stop_not_allowed", service=service.code, allowed=allowed)])


def _allow_extension(case: _Case, mark: deadlines.Mark) -> None:
    assert mark.by is not None
    for position, service in case.services.items():
        extension = service.standard.clock.extension
        if extension is None:
            raise Invalid([fault("by", "no_extension", service=service.code)])
        granted = [
            one.by
            for one in case.clocks.line.permits[position].marks
            if one.kind is deadlines.MarkKind.EXTEND and one.by and one.reason is None
        ]
        if mark.by.unit is not extension.most.unit:
            raise Invalid([fault("by.unit", "choice", choices=extension.most.unit.value)])
        left = extension.most.amount - sum(one.amount for one in granted)
        if not 0 < mark.by.amount <= left:
            raise Invalid([fault("by.amount", "extension_too_long", most=left, service=service.code)])


def extension(by: Limit, work: Work, legal_basis: str) -> deadlines.Mark:
    """A longer limit, from now."""
    return deadlines.Mark(deadlines.MarkKind.EXTEND, work.now, by=by, legal_basis=legal_basis)


def stop(work: Work, reason: StopReason, stop_id: UUID, *, is_reset: bool = False) -> deadlines.Mark:
    """A clock stands from now, under a name by which it can be let go on."""
    kind = deadlines.MarkKind.RESET if is_reset else deadlines.MarkKind.STOP
    return deadlines.Mark(kind, work.now, stop=stop_id, reason=reason)


def resume(work: Work, stop_id: UUID, *, anew: bool = False) -> deadlines.Mark:
    """What held a clock is over: it goes on, or begins anew."""
    kind = deadlines.MarkKind.RESTART if anew else deadlines.MarkKind.RESUME
    return deadlines.Mark(kind, work.now, stop=stop_id)
