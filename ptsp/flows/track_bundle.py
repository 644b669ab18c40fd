"""What an applicant sees of a bundle, and what it would look like before it is lodged."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ptsp.domain import applications, collection, deadlines, fees, permits, routes
from ptsp.flows._afterwards import correction_views, may_object_until, objection_views
from ptsp.flows._money import bill_views, notice_view, payment_views, quoted_notice
from ptsp.flows._names import agency_name, task_name
from ptsp.flows._planning import Planned, plan_inquiry
from ptsp.flows.event_texts import event_text
from ptsp.flows.views import (
    ApplicationView,
    BundleView,
    DocumentView,
    EventView,
    NoticeView,
    QuoteView,
    TaskView,
)
from ptsp.infra import ledger
from ptsp.infra.tenants import Tenant, TenantBook, local_date
from ptsp.infra.work import Work
from ptsp.kernel.errors import NotFound
from ptsp.kernel.identity import mask_nik
from ptsp.kernel.specs import ServiceSpec, Text


def quote_bundle(work: Work, inquiry: applications.Inquiry) -> QuoteView:
    """Plan and price what is wanted without lodging it. Raises Invalid with every fault of what is given."""
    planned, missing = plan_inquiry(work, inquiry)
    codes = [one.service.code for one in planned.lodged]
    return QuoteView(
        tasks=tuple(_planned_task(work.tenant, planned, node, codes) for node in planned.plan.nodes),
        tasks_before_merging=planned.plan.before_merging,
        promised_on=planned.dates.promised_on,
        is_provisional=work.tenant.calendar.is_provisional(planned.dates.promised_on),
        promised={codes[position]: on for position, on in enumerate(planned.dates.promised)},
        notices=tuple(
            quoted_notice(
                work, one.service, bill, work.today + timedelta(days=one.service.fee.collection.due_days)
            )
            for one, bill in zip(planned.lodged, planned.bills, strict=True)
            if one.is_billed
        ),
        fee=sum(bill.total for bill in planned.bills),
        missing=missing,
    )


def find_bundle(work: Work, reference: str, key: str) -> applications.BundleRow:
    """The bundle, for whoever holds its key. A wrong key and a wrong reference are told apart by nobody."""
    expected = work.tenant.vault.tracking_key(work.tenant.id, reference)
    bundle = applications.bundle(work.connection, reference) if reference.isprintable() else None
    if bundle is None or not hmac.compare_digest(expected.encode(), key.upper().encode()):
        raise NotFound("there is no bundle with this reference and key")
    return bundle


def track_bundle(work: Work, book: TenantBook, reference: str, key: str) -> BundleView:
    """Everything the applicant may see. Raises NotFound when reference or key is wrong."""
    bundle = find_bundle(work, reference, key)
    tenant = work.tenant
    lodged = applications.applications(work.connection, [bundle.id])[bundle.id]
    services = [book.standard(work.connection, tenant, one.standard_id) for one in lodged]
    graph = routes.graph_from_text(bundle.graph)
    # What a later plan has replaced belongs to nobody.
    tasks = [task for task in routes.tasks(work.connection, bundle.id) if graph.members[task.seq]]
    names = {task.seq: task_name(task.code, graph.members[task.seq], services) for task in tasks}
    person = tenant.vault.open(tenant.id, f"bundle.applicant:{bundle.id}", bundle.applicant)
    notices = fees.notices(work.connection, work.tenant.id, [bundle.id])
    found = _dates(work, bundle)
    office = work.tenant.calendar
    lodged_on, until = (_day(work, moment) for moment in (bundle.lodged_at, _last(lodged) or work.now))
    return BundleView(
        tenant=tenant.code,
        tenant_name=tenant.pack.name,
        time_zone=tenant.pack.time_zone,
        reference=bundle.reference,
        lodged_at=bundle.lodged_at,
        promised_on=bundle.promised_on,
        first_promised_on=bundle.first_promised_on,
        held_by=bundle.held_by,
        is_provisional=bundle.state == "open" and office.is_provisional(bundle.promised_on),
        elapsed_days=(until - lodged_on).days,
        elapsed_working_days=office.working_days_between(lodged_on, until),
        state=bundle.state,
        outcome=bundle.outcome,
        applicant_name=person["name"],
        applicant_nik=mask_nik(person["nik"]),
        tasks_before_merging=bundle.before_merging,
        tasks=tuple(
            _task(tenant, task, graph, found, names, [one.code for one in services]) for task in tasks
        ),
        applications=_applications(work, bundle, lodged, services, found),
        notices=_notices(work, book, notices),
        fee=sum(one.total for one in notices if one.state in ("open", "settled")),
        events=_events(work, bundle, names, services),
        corrections=correction_views(work, lodged, services, names),
        bills=bill_views(tenant, notices),
        payments=payment_views(work, notices),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of a bundle's time by now."""

    shape: deadlines.Shape
    dates: deadlines.Dates


def _dates(work: Work, bundle: applications.BundleRow) -> _Found:
    line = deadlines.clocks(work.connection, work.tenant.id, [bundle.id])[bundle.id].line
    calendars = work.tenant.calendars_at(work.connection, bundle.calendar)
    return _Found(line.shape, deadlines.dates(line.shape, line.times(), calendars.of))


def _day(work: Work, moment: datetime) -> date:
    return local_date(moment, work.tenant.pack)


def _last(lodged: Sequence[applications.ApplicationRow]) -> datetime | None:
    """When the last application ended; None while one is open."""
    ends = [one.ended_at for one in lodged]
    return None if None in ends else max(end for end in ends if end)


def _planned_task(tenant: Tenant, planned: Planned, node: routes.Node, codes: Sequence[str]) -> TaskView:
    return TaskView(
        seq=node.seq,
        code=node.code,
        name=node.name,
        kind=node.kind.value,
        agency=node.agency,
        agency_name=agency_name(tenant, node.agency),
        services=tuple(codes[member] for member in node.members),
        after=node.after,
        state=(routes.TaskState.BLOCKED if node.after else routes.TaskState.READY).value,
        limit=node.limit,
        planned_on=planned.dates.ends[node.seq].date(),
        expected_on=planned.dates.ends[node.seq].date(),
        due_at=planned.dates.due[node.seq],
        started_at=None,
        ended_at=None,
        reasons=(),
    )


def _task(
    tenant: Tenant,
    task: routes.TaskRow,
    graph: routes.Graph,
    found: _Found,
    names: Mapping[int, Text],
    codes: Sequence[str],
) -> TaskView:
    return TaskView(
        seq=task.seq,
        code=task.code,
        name=names[task.seq],
        kind=task.kind,
        agency=task.agency,
        agency_name=agency_name(tenant, task.agency),
        services=tuple(codes[member] for member in graph.members[task.seq]),
        after=graph.after[task.seq],
        state=task.shown_state,
        limit=found.shape.steps[task.seq].limit,
        planned_on=task.planned_on,
        expected_on=local_date(found.dates.ends[task.seq], tenant.pack),
        due_at=task.due_at,
        started_at=task.started_at,
        ended_at=task.ended_at,
        reasons=task.reasons,
        desk_name=agency_name(tenant, task.desk) if task.desk and task.is_by_hand else None,
    )


def _applications(
    work: Work,
    bundle: applications.BundleRow,
    lodged: Sequence[applications.ApplicationRow],
    services: Sequence[ServiceSpec],
    found: _Found,
) -> tuple[ApplicationView, ...]:
    decided = {one.application_id: one for one in permits.decisions(work.connection, [bundle.id])}
    objected = objection_views(work, bundle.id)
    views = []
    for application, service in zip(lodged, services, strict=True):
        decision, objection = decided.get(application.id), objected.get(application.id)
        views.append(
            ApplicationView(
                service=service.code,
                name=service.name,
                state=application.state,
                promised_on=application.promised_on,
                first_promised_on=application.first_promised_on,
                clock_started_at=application.clock_started_at,
                due_at=application.due_at,
                held_by=found.dates.held[application.position],
                deemed_on=application.deemed_on,
                ended_at=application.ended_at,
                reasons=decision.reasons if decision else (),
                document=_document(decision, application) if decision else None,
                may_withdraw=application.state == "open" and not (decision and decision.issued_at),
                may_object_until=None if objection else may_object_until(work, service, decision),
                objection=objection,
            )
        )
    return tuple(views)


def _document(decision: permits.Decision, application: applications.ApplicationRow) -> DocumentView | None:
    if decision.issued_at is None or decision.kind == "registration":
        return None
    is_collectable = application.state != "open"  # payment after signature ends the application
    return DocumentView(decision.number, decision.kind, decision.code, decision.issued_at, is_collectable)


def _notices(work: Work, book: TenantBook, notices: Sequence[fees.Notice]) -> tuple[NoticeView, ...]:
    """Each told by the version of the standard that it was charged by."""
    numbers = {one.id: one.number for one in notices}
    warned = collection.warnings(work.connection, work.tenant.id, numbers) if numbers else {}
    return tuple(
        notice_view(
            work,
            one,
            book.standard(work.connection, work.tenant, one.standard_id),
            numbers,
            warned.get(one.id),
        )
        for one in notices
    )


def _events(
    work: Work, bundle: applications.BundleRow, names: Mapping[int, Text], services: Sequence[ServiceSpec]
) -> tuple[EventView, ...]:
    titles = {position: service.name for position, service in enumerate(services)}
    return tuple(
        EventView(row.seq, row.at, row.type, event_text(row.type, row.body, names, titles))
        for row in ledger.events(work.connection, bundle.id)
    )
