"""Turn a submission into its plan: what is asked, in which order, until when and for how much. Nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ptsp.domain import applications, fees, routes
from ptsp.infra.tenants import Tenant
from ptsp.kernel.errors import Fault, Invalid, PtspError
from ptsp.kernel.formulas import Value
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


def plan_bundle(
    tenant: Tenant, order: applications.Order, today: date, regions: frozenset[str] | None = None
) -> Planned:
    """Raises Invalid naming every fault of the submission at once."""
    faults = applications.applicant_faults(order.applicant, today, regions)
    faults += _bundle_faults(order)
    lodged: list[routes.Lodged] = []
    bills: list[fees.Bill] = []
    for position, wanted in enumerate(order.applications):
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
        faults += wrong + _document_faults(one, order, position)
        lodged.append(one)
        bills.append(bill)
    if faults:
        raise Invalid(faults)
    plan = routes.merge(lodged)
    ends = routes.finish_dates(plan.nodes, today, tenant.calendar_of)
    return Planned(tuple(lodged), plan, ends, routes.promises(plan, ends), tuple(bills))


def is_billed(service: ServiceSpec, bill: fees.Bill) -> bool:
    """Does this application get a fee notice? One of nothing is not sent."""
    return service.gate is not Gate.NONE and bill.total > 0


def _bill(service: ServiceSpec, answers: Mapping[str, Value], position: int) -> tuple[fees.Bill, list[Fault]]:
    try:
        return fees.price(service, answers), []
    except PtspError as error:
        fault = Fault(f"applications[{position}].answers", f"the fee cannot be worked out: {error}")
        return fees.Bill((), 0), [fault]


def _bundle_faults(order: applications.Order) -> list[Fault]:
    count = len(order.applications)
    if not 1 <= count <= MOST_APPLICATIONS:
        return [Fault("applications", f"must hold 1 to {MOST_APPLICATIONS} applications, not {count}")]
    first: dict[str, int] = {}
    return [
        Fault(f"applications[{position}].service", f"{wanted.service} is already applied for in this bundle")
        for position, wanted in enumerate(order.applications)
        if first.setdefault(wanted.service, position) != position
    ]


def _service(
    tenant: Tenant, wanted: applications.Wanted, position: int, today: date
) -> tuple[ServiceSpec | None, list[Fault]]:
    where = f"applications[{position}].service"
    if wanted.service not in tenant.standards:
        offered = ", ".join(sorted(tenant.standards))
        return None, [Fault(where, f"{wanted.service!r} is not offered by this office; it offers {offered}")]
    _, service = tenant.standards[wanted.service]
    reason = applications.offer_fault(service, today)
    return service, [Fault(where, reason)] if reason else []


def _document_faults(one: routes.Lodged, order: applications.Order, position: int) -> list[Fault]:
    where = f"applications[{position}].documents"
    known = {
        requirement.code for requirement in one.service.requirements if routes.is_asked(requirement, one)
    }
    faults = [Fault(f"{where}.{code}", "is not asked for") for code in sorted(one.shown - known)]
    for requirement in routes.missing_permits(one, (wanted.service for wanted in order.applications)):
        name = requirement.label.get("en", requirement.code)
        instead = f", or apply for {requirement.permit} in the same bundle" if requirement.permit else ""
        faults.append(Fault(f"{where}.{requirement.code}", f"is missing: {name}{instead}"))
    return faults
