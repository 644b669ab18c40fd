"""An officer at a desk stops the clock of a task that waits there, lets it go on, or extends it."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from ptsp.domain import applications, deadlines
from ptsp.flows._case import Case, read_case
from ptsp.flows._case_acts import extendable, held_by_hand, stoppable
from ptsp.flows._corrections import of_bundle
from ptsp.flows.move_clock import extension, move_clock, resume, stop
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.limits import Limit
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import StopReason

STOPS = (deadlines.MarkKind.STOP, deadlines.MarkKind.RESET)
ENDS = (deadlines.MarkKind.RESUME, deadlines.MarkKind.RESTART)


@dataclass(frozen=True, slots=True)
class Steering:
    """What the officer wants of the clock.

    `reason` belongs to a stop and `by` to an extension; `stop` names the stop that ends, which may be left out
    where there is only one. `note` is for the ledger: no personal data.
    """

    kind: deadlines.MarkKind
    reason: StopReason | None = None
    stop: UUID | None = None
    by: Limit | None = None
    note: str = ""


def steer_clock(work: Work, book: TenantBook, agency: str, task_id: UUID, wanted: Steering) -> None:
    """Put one event on the clock of a task of this desk and on the legal clocks of its applications.

    Raises NotFound for a task of another desk, Conflict for one that is not under way and where nothing holds its
    clock that an officer may end (a correction holds it until it is answered or taken back, an outage until it
    ends), and Invalid naming the field: `reason`, `stop`, `by.amount`, `by.unit` or `note`.
    """
    if wrong := applications.text_fault("note", wanted.note):
        raise Invalid([wrong])
    case = read_case(work, book, agency, task_id)
    mark = _mark(work, case, wanted)
    move_clock(work, book, task_id, mark, note=wanted.note.strip())


def _mark(work: Work, case: Case, wanted: Steering) -> deadlines.Mark:
    if wanted.kind in STOPS:
        return _stop(work, case, wanted)
    if wanted.kind in ENDS:
        return _end(work, case, wanted)
    if wanted.by is None:
        raise Invalid([fault("by", "missing")])
    found = extendable(case)
    return extension(wanted.by, work, found.legal_basis if found else "")


def _stop(work: Work, case: Case, wanted: Steering) -> deadlines.Mark:
    if wanted.reason is None:
        raise Invalid([fault("reason", "missing")])
    reasons = stoppable([one.service for one in case.open_members])
    if wanted.reason not in reasons:
        raise Invalid([fault("reason", "choice", choices=", ".join(reasons))])
    return stop(work, wanted.reason, uuid4(), is_reset=wanted.kind is deadlines.MarkKind.RESET)


def _end(work: Work, case: Case, wanted: Steering) -> deadlines.Mark:
    held = held_by_hand(case, of_bundle(work, case.bundle.id))
    if not held:
        raise Conflict("nothing holds this clock that an officer may end")
    name = wanted.stop if wanted.stop is not None or len(held) > 1 else next(iter(held))
    if not isinstance(name, UUID) or name not in held:
        raise Invalid([fault("stop", "choice", choices=", ".join(sorted(map(str, held))))])
    return resume(work, name, anew=wanted.kind is deadlines.MarkKind.RESTART)
