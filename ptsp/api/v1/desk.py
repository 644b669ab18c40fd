"""The desk of an office or agency: what waits there, the officer's verdict, corrections and objections."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask.views import MethodView
from werkzeug.exceptions import Unauthorized

from ptsp.api.access import access
from ptsp.api.reading import StrictBlueprint
from ptsp.api.v1.bundles import bearer
from ptsp.api.v1.schemas import (
    AskSchema,
    ObjectionVerdictSchema,
    OutcomeSchema,
    QueueSchema,
    VerdictSchema,
)
from ptsp.api.v1.shapes import shape
from ptsp.domain import corrections
from ptsp.domain.people import Right
from ptsp.flows._desk_tasks import own_corrections, own_queue, require_task
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.ask_correction import ask_correction, take_back_correction
from ptsp.flows.desk_queue import QueuedTask
from ptsp.flows.object_to_refusal import DeskObjection, decide_objection, objections_at
from ptsp.flows.open_desk import Desk, desk_of
from ptsp.flows.take_task import release_task, take_task
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault

blueprint = StrictBlueprint("desk", __name__, url_prefix="/api/v1", description="Work at a desk")


@dataclass(frozen=True, slots=True)
class DeskView:
    """What waits at a desk. `officer` is whom the token names; `next` asks for the following page as `after`."""

    agency: str
    officer: str | None
    tasks: tuple[QueuedTask, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class AwaitedView:
    """Corrections that a desk has asked for and that are not answered, the most urgent first."""

    agency: str
    corrections: tuple[corrections.Correction, ...]


@dataclass(frozen=True, slots=True)
class ObjectionsView:
    """Objections that the desk has to decide, the most urgent first."""

    agency: str
    objections: tuple[DeskObjection, ...]


@blueprint.route("/offices/<tenant>/desk/tasks")
class Tasks(MethodView):
    @blueprint.arguments(QueueSchema, location="query")
    @blueprint.response(200, shape(DeskView), description="at most 50 tasks, the most urgent first")
    def get(self, asked: dict[str, Any], tenant: str) -> ResponseReturnValue:
        """What waits at the desk that the token opens; what is on hold comes last."""
        with opened(tenant, Right.SEE) as (work, desk):
            if asked["mine"] and desk.officer is None:
                raise Invalid([fault("mine", "no_officer")])
            officer = desk.officer if asked["mine"] else None
            page = own_queue(work, desk, officer=officer, after=asked["after"])
            return DeskView(desk.agency, desk.officer, page.tasks, page.next)  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>")
class Task(MethodView):
    @blueprint.arguments(VerdictSchema)
    @blueprint.response(200, OutcomeSchema, description="recorded")
    def post(self, verdict: dict[str, object], tenant: str, task: UUID) -> ResponseReturnValue:
        """Approve a task, or reject it with reasons."""
        with opened_task(tenant, Right.ANSWER, task) as (work, desk):
            reasons = tuple(map(str, verdict["reasons"]))  # type: ignore[call-overload]
            answer_at_desk(
                work, desk.agency, task, is_approved=verdict["verdict"] == "approved", reasons=reasons
            )
        access().ring()
        return {"outcome": "recorded"}


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>/take")
class TakenTask(MethodView):
    @blueprint.response(200, OutcomeSchema, description="taken")
    def post(self, tenant: str, task: UUID) -> ResponseReturnValue:
        """Take a task: others at the desk see whose it is. Only with a token that names an officer."""
        with opened_task(tenant, Right.ANSWER, task) as (work, desk):
            take_task(work, desk, task)
        return {"outcome": "taken"}


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>/release")
class ReleasedTask(MethodView):
    @blueprint.response(200, OutcomeSchema, description="laid back")
    def post(self, tenant: str, task: UUID) -> ResponseReturnValue:
        """Lay a task back that this officer has taken."""
        with opened_task(tenant, Right.ANSWER, task) as (work, desk):
            release_task(work, desk, task)
        return {"outcome": "released"}


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>/correction")
class TaskCorrection(MethodView):
    @blueprint.arguments(AskSchema)
    @blueprint.response(201, shape(corrections.Correction), description="asked; the clocks stand meanwhile")
    def post(self, asked: dict[str, Any], tenant: str, task: UUID) -> ResponseReturnValue:
        """Return applications of a task to the applicant: which fields, which documents, and why."""
        what = corrections.Ask(tuple(asked["fields_"]), tuple(asked["documents"]), asked["message"])
        with opened_task(tenant, Right.ANSWER, task) as (work, desk):
            return ask_correction(work, access().book, desk.agency, task, what), 201

    @blueprint.response(200, OutcomeSchema, description="taken back; the clocks go on")
    def delete(self, tenant: str, task: UUID) -> ResponseReturnValue:
        """Take back what was asked and is not answered yet. The round does not count."""
        with opened_task(tenant, Right.ANSWER, task) as (work, desk):
            take_back_correction(work, desk.agency, task)
        return {"outcome": "taken_back"}


@blueprint.route("/offices/<tenant>/desk/corrections")
class Corrections(MethodView):
    @blueprint.response(200, shape(AwaitedView), description="at most 50, the most urgent first")
    def get(self, tenant: str) -> ResponseReturnValue:
        """What the desk has asked applicants for and waits for."""
        with opened(tenant, Right.SEE) as (work, desk):
            found = corrections.open_of_desk(work.connection, work.tenant.id, desk.agency, limit=50)
            return AwaitedView(desk.agency, tuple(own_corrections(work, desk, found)))  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/desk/objections")
class Objections(MethodView):
    @blueprint.response(200, shape(ObjectionsView), description="at most 50, the most urgent first")
    def get(self, tenant: str) -> ResponseReturnValue:
        """Objections to refusals that the desk has signed."""
        with opened(tenant, Right.SEE) as (work, desk):
            found = objections_at(work, access().book, desk.agency)
            mine = tuple(one for one in found if desk.may(Right.SEE, [one.service]))
            return ObjectionsView(desk.agency, mine)  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/desk/objections/<uuid:objection>")
class Objection(MethodView):
    @blueprint.arguments(ObjectionVerdictSchema)
    @blueprint.response(200, OutcomeSchema, description="recorded")
    def post(self, verdict: dict[str, Any], tenant: str, objection: UUID) -> ResponseReturnValue:
        """Uphold an objection, which annuls the refusal, or reject it; with reasons either way."""
        is_upheld, reasons = verdict["verdict"] == "upheld", tuple(verdict["reasons"])
        with opened(tenant, Right.SIGN) as (work, desk):
            decide_objection(
                work, access().book, desk.agency, objection, is_upheld=is_upheld, reasons=reasons
            )
        return {"outcome": "recorded"}


@contextmanager
def opened(tenant: str, right: Right) -> Iterator[tuple[Work, Desk]]:
    """The desk that the caller's token or session opens. Raises Unauthorized, and NotYours without the right."""
    token = bearer()
    with access().work(tenant, "desk") as work:
        desk = desk_of(work, token)
        if desk is None:
            raise Unauthorized("this token opens no desk")
        desk.require(right)
        yield desk.at(work), desk


@contextmanager
def opened_task(tenant: str, right: Right, task: UUID) -> Iterator[tuple[Work, Desk]]:
    """The same for one task, which may be of services that are not this officer's."""
    with opened(tenant, right) as (work, desk):
        require_task(work, desk, right, task)
        yield work, desk
