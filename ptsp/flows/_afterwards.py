"""What an applicant sees of corrections, withdrawals and objections of a bundle."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from ptsp.domain import applications, corrections, objections, permits
from ptsp.flows._corrections import Lodged, of_bundle, still_asked
from ptsp.flows.views import CorrectionItem, CorrectionView, ObjectionView
from ptsp.infra.tenants import local_date
from ptsp.infra.work import Work
from ptsp.kernel.limits import end_of
from ptsp.kernel.specs import ObjectionSpec, ServiceSpec, Text


def correction_views(
    work: Work,
    rows: Sequence[applications.ApplicationRow],
    services: Sequence[ServiceSpec],
    names: Mapping[int, Text],
) -> tuple[CorrectionView, ...]:
    """All corrections of a bundle, the newest first. `names` are those of its tasks, by seq."""
    found = of_bundle(work, rows[0].bundle_id)
    ones = [Lodged(row, service) for row, service in zip(rows, services, strict=True)]
    return tuple(_view(one, ones, found, names) for one in reversed(found))


def _view(
    one: corrections.Correction,
    ones: Sequence[Lodged],
    found: Sequence[corrections.Correction],
    names: Mapping[int, Text],
) -> CorrectionView:
    is_open = one.state is corrections.CorrectionState.OPEN
    live = {at for at, each in enumerate(ones) if each.is_open} if is_open else set(range(len(ones)))
    ask = still_asked(one, live)
    services = {at: each.service for at, each in enumerate(ones)}
    return CorrectionView(
        id=one.id,
        step=names[one.seq],
        message=one.message,
        asked_at=one.asked_at,
        due_on=one.due_on,
        round=one.round,
        rounds_left=corrections.rounds_left(one, services, found),
        lapses=one.lapses_at is not None,
        fields=tuple(_item(name, services, "fields") for name in ask.fields),
        documents=tuple(_item(name, services, "requirements") for name in ask.documents),
        state=one.state.value,
        answered_at=one.answered_at,
    )


def _item(name: str, services: Mapping[int, ServiceSpec], kind: str) -> CorrectionItem:
    position, code = corrections.place(name)
    service = services[position]
    specs = service.fields if kind == "fields" else service.requirements
    label = next(spec.label for spec in specs if spec.code == code)
    return CorrectionItem(name, service.code, service.name, label)


def objection_views(work: Work, bundle_id: UUID) -> dict[UUID, ObjectionView]:
    """By application."""
    found = objections.of_bundle(work.connection, work.tenant.id, bundle_id)
    return {
        application: ObjectionView(
            id=one.id,
            lodged_at=one.lodged_at,
            due_at=one.due_at,
            state=one.state.value,
            decided_at=one.decided_at,
            reasons=one.reasons,
        )
        for application, one in found.items()
    }


def may_object_until(work: Work, service: ServiceSpec, decision: permits.Decision | None) -> date | None:
    """The last day for an objection, while there is one to come; None where there is no way or it is over."""
    if decision is None or decision.kind != "refusal" or decision.issued_at is None:
        return None
    spec = service.standard.objection
    until = last_day(work, spec, decision) if spec else None
    return until if until and work.today <= until else None


def last_day(work: Work, spec: ObjectionSpec, decision: permits.Decision) -> date:
    """As the letter says, or later where a decree has taken working days away since."""
    assert decision.issued_at is not None
    counted = end_of(spec.within, work.tenant.calendar, decision.issued_at)
    return max(local_date(counted, work.tenant.pack), decision.appeal_until or date.min)
