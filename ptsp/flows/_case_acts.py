"""What an officer may do with a task of a desk now: the same rules as the verbs keep, asked beforehand."""

from uuid import UUID

from ptsp.domain import applications, corrections, deadlines, routes
from ptsp.flows._case import Case
from ptsp.flows._corrections import Lodged
from ptsp.flows.case_views import Allowed, Extendable, Returnable, StopView
from ptsp.flows.views import CorrectionItem
from ptsp.infra.work import Work
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import ServiceSpec, StopReason, Text

OPEN = corrections.CorrectionState.OPEN
# Waiting to be paid holds a clock by itself, and what is down is declared for everybody it holds up.
NOT_BY_HAND = frozenset({StopReason.PAYMENT, StopReason.OUTAGE})


def allowed(work: Work, case: Case, found: list[corrections.Correction]) -> Allowed:
    """`found` are all corrections of the bundle."""
    is_under_way = case.task.ended_at is None
    waiting = [one for one in found if one.seq == case.task.seq and one.state is OPEN]
    services = [one.service for one in case.open_members]
    extension = extendable(case) if is_under_way else None
    return Allowed(
        verdict=is_under_way and not waiting and case.task.state != routes.TaskState.BLOCKED,
        returnable=_returnable(case, found, is_under_way=is_under_way, is_waiting=bool(waiting)),
        take_back=any(one.asked_by == case.task.hands for one in waiting),
        stops=stoppable(services) if is_under_way else (),
        resumable=_resumable(case, found) if is_under_way else (),
        extendable=extension if extension and extension.left.amount else None,
    )


def stoppable(services: list[ServiceSpec]) -> tuple[StopReason, ...]:
    """For which reasons an officer may let a clock stand: those that every one of the standards allows."""
    if not services:
        return ()
    return tuple(
        reason
        for reason in StopReason
        if reason not in NOT_BY_HAND and all(reason in one.standard.clock.stops for one in services)
    )


def held_by_hand(case: Case, found: list[corrections.Correction]) -> dict[UUID | None, StopReason]:
    """The stops of the task's own clock that an officer may end, by name."""
    tied = {one.stop for one in found}
    standing = deadlines.standing(case.times.steps[case.task.seq].marks)
    return {
        name: reason for name, reason in standing.items() if name not in tied and reason not in NOT_BY_HAND
    }


def extendable(case: Case) -> Extendable | None:
    """What may still be given to all of the task's applications together; None where one of them allows none."""
    left: list[Limit] = []
    grounds: list[str] = []
    for one in case.open_members:
        spec = one.service.standard.clock.extension
        if spec is None:
            return None
        granted = sum(
            mark.by.amount
            for mark in case.times.permits[one.row.position].marks
            if mark.kind is deadlines.MarkKind.EXTEND and mark.by and mark.reason is None
        )
        left.append(Limit(max(0, spec.most.amount - granted), spec.most.unit))
        grounds.append(spec.legal_basis)
    if not left or len({one.unit for one in left}) > 1:
        return None
    return Extendable(min(left, key=lambda one: one.amount), "; ".join(dict.fromkeys(grounds)))


def _resumable(case: Case, found: list[corrections.Correction]) -> tuple[StopView, ...]:
    names = held_by_hand(case, found)
    step = case.shape.steps[case.task.seq]
    clock = deadlines.fold(step.limit, case.calendars.of(step.agency), case.times.steps[case.task.seq])
    return tuple(
        StopView(stop.id, stop.reason, stop.at, stop.to)
        for stop in clock.stops
        if stop.to is None and stop.id in names
    )


def _returnable(
    case: Case, found: list[corrections.Correction], *, is_under_way: bool, is_waiting: bool
) -> Returnable:
    ones = case.open_members if is_under_way else ()
    left = tuple(_rounds_left(one, found) for one in ones)
    standing = [one for one in ones if StopReason.CLARIFICATION in one.service.standard.clock.stops]
    can_be = [one for one, rounds in zip(ones, left, strict=True) if rounds and one in standing]
    why_not = ""
    if not ones:
        why_not = "ended"
    elif is_waiting:
        why_not = "waiting"
    elif not can_be:
        why_not = "no_rounds" if standing else "no_stop"
    specs = [one.service.standard.corrections for one in ones]
    return Returnable(
        why_not=why_not,
        fields=tuple(item for one in can_be for item in _fields(one)),
        documents=tuple(item for one in can_be for item in _documents(one)),
        services=tuple(one.service.code for one in ones),
        rounds_left=left,
        answer_within=tuple(spec.answer_within for spec in specs),
        lapses=tuple(spec.lapses for spec in specs),
    )


def _rounds_left(one: Lodged, found: list[corrections.Correction]) -> int:
    used = corrections.rounds_used(found, one.row.position)
    return max(0, one.service.standard.corrections.most_rounds - used)


def _fields(one: Lodged) -> list[CorrectionItem]:
    """What was asked of the applicant and answered."""
    given = applications.answers_from_text(one.row.answers)
    return [_item(one, spec.code, spec.label) for spec in one.service.fields if spec.code in given]


def _documents(one: Lodged) -> list[CorrectionItem]:
    """What was handed in; another permit of the bundle that stands for a document cannot be returned."""
    specs = one.service.requirements
    return [_item(one, spec.code, spec.label) for spec in specs if spec.code in one.row.shown]


def _item(one: Lodged, code: str, label: Text) -> CorrectionItem:
    return CorrectionItem(f"{one.row.position}.{code}", one.service.code, one.service.name, label)
