"""The applicant withdraws applications that are not decided yet. It cannot be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ptsp.domain import applications, fees, permits, routes
from ptsp.flows._corrections import Lodged, lodged
from ptsp.flows._endings import cause_of, end_early, needless_tasks, waiting_for
from ptsp.flows._taking_back import hold_money
from ptsp.flows.record_results import go_on
from ptsp.flows.track_bundle import find_bundle
from ptsp.flows.views import WithdrawalView
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.reasons import fault

STATE = "withdrawn"


@dataclass(frozen=True, slots=True)
class _Leaving:
    """What is to be withdrawn, looked at."""

    ones: tuple[Lodged, ...]
    positions: tuple[int, ...]
    waiting: tuple[int, ...]  # others that cannot be approved without it


def withdraw_application(
    work: Work, book: TenantBook, reference: str, key: str, services: Sequence[str], reason: str
) -> None:
    """Withdraw these services of a bundle, or with none named all that is open. What was paid for them is owed back.

    Raises NotFound for a wrong key, Invalid for a service that is not in the bundle, Conflict where one has been
    decided, and where another one of the bundle waits for it and is not withdrawn, too.
    """
    if wrong := applications.text_fault("reason", reason):
        raise Invalid([wrong])
    bundle = find_bundle(work, reference, key)
    bills = hold_money(work, [bundle.id])
    held = routes.lock(work.connection, work.tenant.id, [bundle.id])
    leaving = _looked_at(work, book, held[bundle.id], services)
    if leaving.waiting:
        names = ", ".join(leaving.ones[position].service.code for position in leaving.waiting)
        raise Conflict(f"{names} cannot be approved without it: withdraw all of them, or none")
    notices = fees.notices(work.connection, work.tenant.id, [bundle.id])
    if not {one.bill for one in notices} <= bills:
        raise Conflict("the bundle was billed just now; look at it again")
    facts = end_early(work, held[bundle.id], leaving.positions, STATE)
    if reason.strip():
        _keep_reason(work, leaving, reason.strip())
    causes = {bundle.id: [cause_of(leaving.positions, STATE)]}
    go_on(work, held, {bundle.id: ()}, {bundle.id: facts}, causes)


def withdrawal(
    work: Work, book: TenantBook, reference: str, key: str, services: Sequence[str]
) -> WithdrawalView:
    """What would follow, for the applicant to confirm. Nothing is changed. Raises as the withdrawal does."""
    bundle = find_bundle(work, reference, key)
    held = routes.lock(work.connection, work.tenant.id, [bundle.id])[bundle.id]
    leaving = _looked_at(work, book, held, services)
    rows = [one.row for one in leaving.ones]
    notices = fees.notices(work.connection, work.tenant.id, [bundle.id])
    mine = {rows[position].id for position in leaving.positions}
    names = {position: one.service.name for position, one in enumerate(leaving.ones)}
    is_left = [one for one in rows if one.state == "open" and one.position not in leaving.positions]
    return WithdrawalView(
        services=tuple(rows[position].service for position in leaving.positions),
        names=tuple(names[position] for position in leaving.positions),
        waiting=tuple(names[position] for position in leaving.waiting),
        waiting_services=tuple(rows[position].service for position in leaving.waiting),
        steps_ended=len(needless_tasks(work, held, rows, leaving.positions)),
        notices_cancelled=sum(
            one.total for one in notices if one.application_id in mine and one.state == "open"
        ),
        already_paid=sum(
            one.total for one in notices if one.application_id in mine and one.state == "settled"
        ),
        others=tuple(names[one.position] for one in is_left),
    )


def _looked_at(work: Work, book: TenantBook, held: routes.Held, services: Sequence[str]) -> _Leaving:
    ones = lodged(work, book, held.bundle_id)
    known = {one.row.service: one.row.position for one in ones}
    faults = [
        fault(f"services[{at}]", "not_in_bundle", service=service, known=", ".join(known))
        for at, service in enumerate(services)
        if service not in known
    ]
    if faults:
        raise Invalid(faults)
    wanted = {known[service] for service in services} or {
        one.row.position for one in ones if one.row.state == "open"
    }
    _still_open(work, held.bundle_id, ones, wanted)
    rows = [one.row for one in ones]
    return _Leaving(ones, tuple(sorted(wanted)), waiting_for(held, rows, wanted))


def _still_open(work: Work, bundle_id: UUID, ones: Sequence[Lodged], wanted: set[int]) -> None:
    """What has ended, or has its signed document already, can no longer be withdrawn.

    Nor what is paid and being signed just now: a permit that has its number never loses its payment.
    """
    notices = fees.notices(work.connection, work.tenant.id, [bundle_id])
    paid = {one.application_id for one in notices if one.state == "settled"}
    issued = {
        one.application_id
        for one in permits.decisions(work.connection, [bundle_id])
        if one.issued_at or (one.kind != "refusal" and one.application_id in paid)
    }
    over = [
        ones[position].service.code
        for position in sorted(wanted)
        if ones[position].row.state != "open" or ones[position].row.id in issued
    ]
    if over or not wanted:
        names = ", ".join(over) or "everything"
        raise Conflict(f"{names} has ended or been decided already, and can no longer be withdrawn")


def _keep_reason(work: Work, leaving: _Leaving, reason: str) -> None:
    """Sealed: people write of their lives here."""
    tenant = work.tenant
    for position in leaving.positions:
        ident = leaving.ones[position].row.id
        note = tenant.vault.seal(tenant.id, f"application.closing_note:{ident}", {"reason": reason})
        applications.note_closing(work.connection, tenant.id, ident, note)
