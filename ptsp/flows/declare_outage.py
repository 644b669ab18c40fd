"""An agency, or a central system, is down: it is put on record, and its clocks stand from now on."""

from uuid import UUID, uuid4

from ptsp.domain import applications, outages
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.reasons import fault


def declare_outage(work: Work, agency: str, note: str) -> UUID:
    """Record the outage and return its id; `agency` is `outages.CENTRAL` for a system that all depend on.

    Only the record is made here: `follow_outages` then stops the clocks, bundle by bundle, and goes on after a
    crash. Raises Invalid for an agency that the office does not have and for a note that says nothing, Conflict
    while an outage of the same agency lasts.
    """
    faults = []
    if agency != outages.CENTRAL and agency not in work.tenant.pack.agencies:
        faults.append(fault("agency", "choice", choices=", ".join(sorted(work.tenant.pack.agencies))))
    if not note.strip():
        faults.append(fault("note", "blank"))
    elif wrong := applications.text_fault("note", note):
        faults.append(wrong)
    if faults:
        raise Invalid(faults)
    outage = outages.Outage(uuid4(), agency, note.strip(), work.now, work.actor)
    if not outages.declare(work.connection, work.tenant.id, outage):
        raise Conflict("an outage of the same agency is on record and has not ended")
    return outage.id
