"""The counter lodges for somebody who stands before it: the only way in for services that are for the staff alone."""

from collections.abc import Iterable
from uuid import UUID

from ptsp.domain.applications import Order, Standing
from ptsp.flows.open_desk import Desk
from ptsp.flows.store_document import store_document
from ptsp.flows.submit_bundle import Accepted, submit_bundle
from ptsp.infra.files import FileStore
from ptsp.infra.work import Work
from ptsp.kernel.errors import Forbidden
from ptsp.kernel.specs import ServiceSpec, StepKind


def counters(service: ServiceSpec) -> frozenset[str]:
    """The desks that take the service in: those of steps which nothing comes before."""
    return frozenset(step.agency for step in service.route if step.kind is StepKind.DESK and not step.after)


def lodge_at_desk(work: Work, desk: Desk, order: Order) -> Accepted:
    """Lodge one bundle for a member of the staff, whose standing this desk has seen.

    Raises Forbidden for a desk that does not take in each of the services, Invalid with every fault.
    """
    _require_counter(work, desk, (one.service for one in order.applications))
    return submit_bundle(work, order, Standing.STAFF)


def store_at_desk(
    work: Work, desk: Desk, files: FileStore, service: str, requirement: str, name: str, data: bytes
) -> UUID:
    """Keep a document for what is lodged at this desk; returns its id. Raises as `lodge_at_desk` does."""
    _require_counter(work, desk, [service])
    return store_document(work, files, service, requirement, name, data, Standing.STAFF)


def _require_counter(work: Work, desk: Desk, services: Iterable[str]) -> None:
    """A service that the office does not have is left to those who tell what it has."""
    known = (work.tenant.standards[code][1] for code in services if code in work.tenant.standards)
    for service in known:
        if desk.agency not in counters(service):
            desks = ", ".join(sorted(counters(service))) or "no desk"
            raise Forbidden(f"{desk.agency} does not take in {service.code}; {desks} does")
