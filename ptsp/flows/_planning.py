"""Turn a submission into its plan: what is asked, in which order, until when and for how much. Nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ptsp.domain import applications, deadlines, fees, routes
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work
from ptsp.kernel.errors import Fault, Invalid, PtspError
from ptsp.kernel.formulas import Value
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import Gate, ServiceSpec

MOST_APPLICATIONS = 20


@dataclass(frozen=True, slots=True)
class Planned:
    """A submission that fits: its graph, its clocks as they start, what follows from them, `bills[position]`."""

    lodged: tuple[routes.Lodged, ...]
    plan: routes.Plan
    line: deadlines.Timeline
    dates: deadlines.Dates
    warnings: deadlines.Warnings
    bills: tuple[fees.Bill, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is wanted, read against the standards: `missing` are documents that can still be brought."""

    lodged: tuple[routes.Lodged, ...]
    bills: tuple[fees.Bill, ...]
    faults: tuple[Fault, ...]
    missing: tuple[Fault, ...]


def plan_bundle(
    work: Work, order: applications.Order, standing: applications.Standing = applications.Standing.PUBLIC
) -> Planned:
    """Raises Invalid naming every fault of the submission at once. `standing`: of who applies."""
    who = {name: getattr(order.applicant, name) for name in order.applicant.__slots__}
    judged = _judged(work.tenant, order.applications, work.today, standing=standing)
    faults = applications.applicant_faults(who, work.today)
    return _planned(work, judged, [*faults, *judged.faults, *judged.missing])


def plan_inquiry(work: Work, inquiry: applications.Inquiry) -> tuple[Planned, tuple[str, ...]]:
    """The plan, and the paths of documents still to be brought. Raises Invalid with every fault of what is given."""
    judged = _judged(work.tenant, inquiry.applications, work.today)
    faults = applications.applicant_faults(inquiry.given, work.today)
    planned = _planned(work, judged, [*faults, *judged.faults])
    return planned, tuple(one.field for one in judged.missing)


def plan_addition(work: Work, wanted: applications.Wanted, beside: Sequence[str]) -> routes.Lodged:
    """One more application for a bundle in which permits of the services `beside` come, or came.

    Raises Invalid naming every fault, by paths of this application alone.
    """
    judged = _judged(work.tenant, [wanted], work.today, beside)
    faults = [
        replace(one, field=one.field.removeprefix("applications[0]."))
        for one in (*judged.faults, *judged.missing)
    ]
    if faults:
        raise Invalid(faults)
    return judged.lodged[0]


def _planned(work: Work, judged: _Judged, faults: Sequence[Fault]) -> Planned:
    if faults:
        raise Invalid(faults)
    plan = routes.merge(judged.lodged)
    line = deadlines.Timeline.at_lodging(shape_of(plan, [one.service for one in judged.lodged]), work.now)
    times, calendar_of = line.times(), work.tenant.calendars.of
    dates = deadlines.dates(line.shape, times, calendar_of)
    rules = [one.service.standard.warnings for one in judged.lodged]
    warnings = deadlines.Warnings(line.shape, times, dates, calendar_of, rules)
    return Planned(judged.lodged, plan, line, dates, warnings, judged.bills)


def shape_of(plan: routes.Plan, services: Sequence[ServiceSpec]) -> deadlines.Shape:
    """The bundle as time sees it. `services[position]`."""
    return deadlines.Shape(
        steps=tuple(
            deadlines.StepShape(node.agency, node.kind, node.limit, node.after, node.members)
            for node in plan.nodes
        ),
        permits=tuple(
            deadlines.PermitShape(
                service.standard.time_limit.limit,
                _starter(plan, position, service),
                service.standard.clock.stops,
            )
            for position, service in enumerate(services)
        ),
    )


def _starter(plan: routes.Plan, position: int, service: ServiceSpec) -> int | None:
    """The task that finds this application complete and correct, if lodging does not do."""
    code = service.standard.clock.starts_after
    if code is None:
        return None
    mine = (position, code)
    return next((node.seq for node in plan.nodes if mine in zip(node.members, node.codes, strict=True)), None)


def _judged(
    tenant: Tenant,
    applied: Sequence[applications.Wanted],
    today: date,
    beside: Sequence[str] = (),
    standing: applications.Standing = applications.Standing.PUBLIC,
) -> _Judged:
    faults = _bundle_faults(applied)
    offered = [*beside, *(wanted.service for wanted in applied)]
    missing: list[Fault] = []
    lodged: list[routes.Lodged] = []
    bills: list[fees.Bill] = []
    for position, wanted in enumerate(applied):
        service, wrong = _service(tenant, wanted, position, today, standing)
        faults += wrong
        if service is None:
            continue
        answers, wrong = applications.typed_answers(service, wanted.answers, f"applications[{position}]")
        faults += wrong
        if wrong:
            continue
        bill, wrong = _bill(service, answers, position)
        one = routes.Lodged(service, answers, frozenset(wanted.documents), is_billed(service, bill))
        faults += wrong + _unasked_documents(one, position)
        missing += _missing_documents(one, offered, position)
        lodged.append(one)
        bills.append(bill)
    return _Judged(tuple(lodged), tuple(bills), tuple(faults), tuple(missing))


def is_billed(service: ServiceSpec, bill: fees.Bill) -> bool:
    """Does this application get a fee notice? One of nothing is not sent."""
    return service.gate is not Gate.NONE and bill.total > 0


def _bill(service: ServiceSpec, answers: Mapping[str, Value], position: int) -> tuple[fees.Bill, list[Fault]]:
    try:
        return fees.price(service, answers), []
    except PtspError as error:
        return fees.Bill((), 0), [fault(f"applications[{position}].answers", "no_fee", why=error)]


def _bundle_faults(applied: Sequence[applications.Wanted]) -> list[Fault]:
    count = len(applied)
    if not 1 <= count <= MOST_APPLICATIONS:
        return [fault("applications", "how_many", least=1, most=MOST_APPLICATIONS, count=count)]
    first: dict[str, int] = {}
    return [
        fault(f"applications[{position}].service", "twice", service=wanted.service)
        for position, wanted in enumerate(applied)
        if first.setdefault(wanted.service, position) != position
    ]


def _service(
    tenant: Tenant, wanted: applications.Wanted, position: int, today: date, standing: applications.Standing
) -> tuple[ServiceSpec | None, list[Fault]]:
    where = f"applications[{position}].service"
    service, wrong = offered_to(tenant, wanted.service, standing, where)
    if service is None:
        return None, wrong
    not_today = applications.offer_fault(where, service, today)
    return service, [not_today] if not_today else []


def offered_to(
    tenant: Tenant, code: str, standing: applications.Standing, where: str
) -> tuple[ServiceSpec | None, list[Fault]]:
    """The service of this code, or why somebody of this standing cannot have it, told at the path `where`."""
    open_to = {
        one: spec for one, (_, spec) in tenant.standards.items() if applications.may_apply(spec, standing)
    }
    if code in open_to:
        return open_to[code], []
    if code in tenant.standards:
        return None, [fault(where, "staff_only", service=code)]
    return None, [fault(where, "not_offered", service=code, offered=", ".join(sorted(open_to)))]


def _unasked_documents(one: routes.Lodged, position: int) -> list[Fault]:
    asked = {spec.code for spec in one.service.requirements if routes.is_asked(spec, one)}
    where = f"applications[{position}].documents"
    return [fault(f"{where}.{code}", "unknown") for code in sorted(one.shown - asked)]


def _missing_documents(one: routes.Lodged, offered: Sequence[str], position: int) -> list[Fault]:
    faults = []
    for requirement in routes.missing_permits(one, offered):
        where = f"applications[{position}].documents.{requirement.code}"
        name = requirement.label.get("en", requirement.code)
        if requirement.permit:
            faults.append(
                fault(where, "document_or_permit_missing", document=name, service=requirement.permit)
            )
        else:
            faults.append(fault(where, "document_missing", document=name))
    return faults
