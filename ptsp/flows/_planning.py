"""Turn a submission into its plan: what is asked, in which order, until when and for how much. Nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ptsp.domain import applications, fees, routes
from ptsp.infra.tenants import Tenant
from ptsp.kernel.errors import Fault, Invalid, PtspError
from ptsp.kernel.formulas import Value
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import Gate, ServiceSpec

MOST_APPLICATIONS = 20


@dataclass(frozen=True, slots=True)
class Planned:
    """A submission that fits: `ends[seq]` and `promised[position]` are dates, `bills[position]` what it costs."""

    lodged: tuple[routes.Lodged, ...]
    plan: routes.Plan
    ends: tuple[date, ...]
    promised: Mapping[int, date]
    bills: tuple[fees.Bill, ...]

    @property
    def promised_on(self) -> date:
        return max(self.promised.values())


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is wanted, read against the standards: `missing` are documents that can still be brought."""

    lodged: tuple[routes.Lodged, ...]
    bills: tuple[fees.Bill, ...]
    faults: tuple[Fault, ...]
    missing: tuple[Fault, ...]


def plan_bundle(tenant: Tenant, order: applications.Order, today: date) -> Planned:
    """Raises Invalid naming every fault of the submission at once."""
    who = {name: getattr(order.applicant, name) for name in order.applicant.__slots__}
    judged = _judged(tenant, order.applications, today)
    faults = applications.applicant_faults(who, today)
    return _planned(tenant, judged, today, [*faults, *judged.faults, *judged.missing])


def plan_inquiry(
    tenant: Tenant, inquiry: applications.Inquiry, today: date
) -> tuple[Planned, tuple[str, ...]]:
    """The plan, and the paths of documents still to be brought. Raises Invalid with every fault of what is given."""
    judged = _judged(tenant, inquiry.applications, today)
    faults = applications.applicant_faults(inquiry.given, today)
    planned = _planned(tenant, judged, today, [*faults, *judged.faults])
    return planned, tuple(one.field for one in judged.missing)


def _planned(tenant: Tenant, judged: _Judged, today: date, faults: Sequence[Fault]) -> Planned:
    if faults:
        raise Invalid(faults)
    plan = routes.merge(judged.lodged)
    ends = routes.finish_dates(plan.nodes, today, tenant.calendar_of)
    return Planned(judged.lodged, plan, ends, routes.promises(plan, ends), judged.bills)


def _judged(tenant: Tenant, applied: Sequence[applications.Wanted], today: date) -> _Judged:
    faults = _bundle_faults(applied)
    missing: list[Fault] = []
    lodged: list[routes.Lodged] = []
    bills: list[fees.Bill] = []
    for position, wanted in enumerate(applied):
        service, wrong = _service(tenant, wanted, position, today)
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
        missing += _missing_documents(one, applied, position)
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
    tenant: Tenant, wanted: applications.Wanted, position: int, today: date
) -> tuple[ServiceSpec | None, list[Fault]]:
    where = f"applications[{position}].service"
    if wanted.service not in tenant.standards:
        offered = ", ".join(sorted(tenant.standards))
        return None, [fault(where, "not_offered", service=wanted.service, offered=offered)]
    _, service = tenant.standards[wanted.service]
    wrong = applications.offer_fault(where, service, today)
    return service, [wrong] if wrong else []


def _unasked_documents(one: routes.Lodged, position: int) -> list[Fault]:
    asked = {spec.code for spec in one.service.requirements if routes.is_asked(spec, one)}
    where = f"applications[{position}].documents"
    return [fault(f"{where}.{code}", "unknown") for code in sorted(one.shown - asked)]


def _missing_documents(
    one: routes.Lodged, applied: Sequence[applications.Wanted], position: int
) -> list[Fault]:
    faults = []
    for requirement in routes.missing_permits(one, (wanted.service for wanted in applied)):
        where = f"applications[{position}].documents.{requirement.code}"
        name = requirement.label.get("en", requirement.code)
        if requirement.permit:
            faults.append(
                fault(where, "document_or_permit_missing", document=name, service=requirement.permit)
            )
        else:
            faults.append(fault(where, "document_missing", document=name))
    return faults
