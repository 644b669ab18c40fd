"""What does not come through is noticed: outages are put on record and ended, and somebody is told, once a cause."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from ptsp.domain import balances, deliveries, messages, outages
from ptsp.flows._names import agency_name
from ptsp.flows.declare_outage import declare_outage
from ptsp.flows.delivery_texts import DETECTED, alert_body, alert_subject
from ptsp.flows.owe_messages import owe_messages
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict

KIND = "delivery"
HEAD = "head"


def watch_deliveries(work: Work, *, public_url: str) -> int:
    """Look at one office; returns how many outages and alerts began or ended. Safe to repeat, and side by side."""
    found = deliveries.circuits(work.connection, work.tenant.id)
    return _follow_outages(work, found) + _alert(work, found, public_url)


def _follow_outages(work: Work, found: Sequence[deliveries.Circuit]) -> int:
    """Declare what has lasted, and end what we declared. Outages first and circuits after: as whoever records."""
    changed: dict[str, UUID | None] = {}
    for circuit in found:
        if circuit.outage_id is not None and circuit.opened_at is None:
            outages.end(
                work.connection, work.tenant.id, circuit.outage_id, now=work.now, by=work.actor
            )  # a person may have ended it
            changed[circuit.agency] = None
        elif deliveries.is_an_outage(circuit, work.now) and circuit.agency in work.tenant.pack.agencies:
            declared = _declared(work, circuit)
            if declared:
                changed[circuit.agency] = declared
    for agency, outage in changed.items():
        deliveries.set_outage(work.connection, work.tenant.id, agency, outage)
    return len(changed)


def _declared(work: Work, circuit: deliveries.Circuit) -> UUID | None:
    """None while an outage of the same agency is on record, which a person declared."""
    assert circuit.opened_at is not None
    at = circuit.opened_at.astimezone(work.tenant.calendar.zone)
    note = " / ".join(DETECTED[language].format(at=f"{at:%d-%m-%Y %H.%M}") for language in ("id", "en"))
    try:
        return declare_outage(work, circuit.agency, note)
    except Conflict:
        return None


def _alert(work: Work, found: Sequence[deliveries.Circuit], public_url: str) -> int:
    """One alert for each agency and cause that is in trouble; those whose cause is gone are closed."""
    connection, tenant_id = work.connection, work.tenant.id
    troubles = deliveries.troubles(connection, tenant_id)
    troubles += [
        deliveries.Trouble(circuit.agency, deliveries.CIRCUIT, circuit.failures)
        for circuit in found
        if deliveries.is_worth_telling(circuit, work.now)
    ]
    troubles += [deliveries.Trouble(*one) for one in balances.troubles(connection, tries=balances.MOST_TRIES)]
    known = {(one.agency, one.cause): one for one in deliveries.open_alerts(connection, tenant_id)}
    still = {(one.agency, one.cause): one.count for one in troubles}
    grown = {one.id: still[key] for key, one in known.items() if still.get(key, 0) > one.count}
    deliveries.count(connection, tenant_id, grown, work.now)
    gone = [one.id for key, one in known.items() if key not in still]
    deliveries.close(connection, tenant_id, gone, work.now)
    new = [trouble for trouble in troubles if (trouble.agency, trouble.cause) not in known]
    return len(gone) + sum(_opened(work, trouble, public_url) for trouble in new)


def _opened(work: Work, trouble: deliveries.Trouble, public_url: str) -> bool:
    alert = deliveries.Alert(uuid4(), trouble.agency, trouble.cause, work.now, trouble.count, work.now)
    if not deliveries.open_alert(work.connection, work.tenant.id, alert):
        return False
    agency = work.tenant.pack.agencies.get(trouble.agency)
    name = agency_name(work.tenant, trouble.agency)
    url = f"{public_url.rstrip('/')}/{work.tenant.code}/desk/deliveries"
    message = messages.NewMessage(
        id=uuid4(),
        key=f"{KIND}:{alert.id}",
        bundle_id=None,
        to_role=agency.alert_to if agency else HEAD,
        agency=None,
        kind=f"{KIND}.{trouble.cause}",
        subject=alert_subject(name, trouble),
        body=alert_body(name, trouble, url),
    )
    owe_messages(work, [message])
    return True
