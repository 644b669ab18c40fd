"""What an officer does with a task: each act has its own address, and ends on the page of the case."""

import re
from collections.abc import Callable
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from ptsp.domain.deadlines import MarkKind
from ptsp.flows.steer_clock import Steering
from ptsp.kernel.errors import Conflict, Fault, Invalid
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import StopReason
from ptsp.web.desk_case import Refused, show
from ptsp.web.desk_door import desk, desk_blueprint
from ptsp.web.desk_port import Desk
from ptsp.web.pages import pages
from ptsp.web.reasons import reason

blueprint = desk_blueprint("desk_acts")
TASK = "/<tenant>/desk/tasks/<uuid:task>"
LONGEST = 4000
MOST_CHOSEN = 200
MOST_DIGITS = 4
# The input beside which a fault of a flow is shown: the fault's field without its place in a list.
INPUTS = {"fields": "asked", "documents": "asked", "by": "amount", "by.amount": "amount", "by.unit": "amount"}
BESIDE = ("reasons", "asked", "message", "reason", "note", "amount", "stop")


@blueprint.post(f"{TASK}/take")
def take(tenant: str, task: UUID) -> ResponseReturnValue:
    """Take the task into one's hands."""
    return _act(tenant, task, "take", lambda mine: mine.take(task))


@blueprint.post(f"{TASK}/release")
def release(tenant: str, task: UUID) -> ResponseReturnValue:
    """Lay it back."""
    return _act(tenant, task, "release", lambda mine: mine.release(task))


@blueprint.post(f"{TASK}/approve")
def approve(tenant: str, task: UUID) -> ResponseReturnValue:
    """Approve the task."""
    return _act(tenant, task, "approve", lambda mine: mine.answer(task, is_approved=True, reasons=()))


@blueprint.post(f"{TASK}/reject")
def reject(tenant: str, task: UUID) -> ResponseReturnValue:
    """Reject it; each line of the input is a reason."""
    reasons = [line.strip() for line in _text("reasons").splitlines() if line.strip()]
    return _act(tenant, task, "reject", lambda mine: mine.answer(task, is_approved=False, reasons=reasons))


@blueprint.post(f"{TASK}/return")
def ask(tenant: str, task: UUID) -> ResponseReturnValue:
    """Return it to the applicant: the fields and documents that were ticked, and what is wrong with them."""
    fields, documents = _chosen("fields"), _chosen("documents")
    return _act(tenant, task, "return", lambda mine: mine.ask(task, fields, documents, _text("message")))


@blueprint.post(f"{TASK}/take-back")
def take_back(tenant: str, task: UUID) -> ResponseReturnValue:
    """Do without the answer."""
    return _act(tenant, task, "take_back", lambda mine: mine.take_back(task))


@blueprint.post(f"{TASK}/stop")
def stop(tenant: str, task: UUID) -> ResponseReturnValue:
    """Stop the clock, or stop it and set it back."""
    kind = MarkKind.RESET if request.form.get("anew") else MarkKind.STOP

    def do(mine: Desk) -> None:
        why = next((one for one in StopReason if one.value == _text("reason")), None)
        mine.steer(task, Steering(kind, reason=why, note=_text("note")))

    return _act(tenant, task, "stop", do)


@blueprint.post(f"{TASK}/resume")
def resume(tenant: str, task: UUID) -> ResponseReturnValue:
    """Let the clock go on, or begin anew."""
    kind = MarkKind.RESTART if request.form.get("anew") else MarkKind.RESUME

    def do(mine: Desk) -> None:
        mine.steer(task, Steering(kind, stop=_stop_id(), note=_text("note")))

    return _act(tenant, task, "resume", do)


@blueprint.post(f"{TASK}/extend")
def extend(tenant: str, task: UUID) -> ResponseReturnValue:
    """Give more time, by the law that the standard names."""

    def do(mine: Desk) -> None:
        mine.steer(task, Steering(MarkKind.EXTEND, by=_longer(), note=_text("note")))

    return _act(tenant, task, "extend", do)


def _act(tenant: str, task: UUID, act: str, do: Callable[[Desk], None]) -> ResponseReturnValue:
    """Do it and say so on the page of the case; or show that page with what was wrong."""
    try:
        do(desk(tenant))
    except Invalid as refusal:
        return show(tenant, task, _refused(tenant, act, refusal.faults))
    except Conflict:
        return show(tenant, task, Refused(act, 409))
    return redirect(url_for("desk_case.case", tenant=tenant, task=task, done=act), 303)


def _refused(tenant: str, act: str, faults: tuple[Fault, ...]) -> Refused:
    pack = pages().office.tenant(tenant)
    told: dict[str, str] = {}
    for wrong in faults:
        place = re.sub(r"\[\d+\]", "", wrong.field)
        name = INPUTS.get(place, place)
        told.setdefault(f"{act}.{name}" if name in BESIDE else "", reason(wrong, pack))
    values = {name: request.form.getlist(name) for name in request.form}
    return Refused(act, 422, told, values)


def _text(name: str) -> str:
    return request.form.get(name, "")[:LONGEST].replace("\r\n", "\n").strip()


def _chosen(name: str) -> list[str]:
    return [one[:LONGEST] for one in request.form.getlist(name)[:MOST_CHOSEN]]


def _stop_id() -> UUID | None:
    try:
        return UUID(_text("stop"))
    except ValueError:
        return None


def _longer() -> Limit:
    """The amount in the unit that the form showed."""
    amount, unit = _text("amount"), next((one for one in Unit if one.value == _text("unit")), None)
    if not amount:
        raise Invalid([fault("by.amount", "missing")])
    if not (amount.isascii() and amount.isdigit() and len(amount) <= MOST_DIGITS) or unit is None:
        raise Invalid([fault("by.amount", "number")])
    return Limit(int(amount), unit)
