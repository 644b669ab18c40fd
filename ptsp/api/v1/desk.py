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
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.ask_correction import ask_correction, take_back_correction
from ptsp.flows.desk_queue import QueuedTask, desk_queue
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
        with opened(tenant) as (work, desk):
            if asked["mine"] and desk.officer is None:
                raise Invalid([fault("mine", "no_officer")])
            officer = desk.officer if asked["mine"] else None
            page = desk_queue(work, desk.agency, officer=officer, after=asked["after"])
            return DeskView(desk.agency, desk.officer, page.tasks, page.next)  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>")
class Task(MethodView):
    @blueprint.arguments(VerdictSchema)
    @blueprint.response(200, OutcomeSchema, description="recorded")
    def post(self, verdict: dict[str, object], tenant: str, task: UUID) -> ResponseReturnValue:
        """Approve a task, or reject it with reasons."""
        with _desk(tenant) as (work, agency):
            reasons = tuple(map(str, verdict["reasons"]))  # type: ignore[call-overload]
            answer_at_desk(work, agency, task, is_approved=verdict["verdict"] == "approved", reasons=reasons)
        access().ring()
        return {"outcome": "recorded"}


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>/take")
class TakenTask(MethodView):
    @blueprint.response(200, OutcomeSchema, description="taken")
    def post(self, tenant: str, task: UUID) -> ResponseReturnValue:
        """Take a task: others at the desk see whose it is. Only with a token that names an officer."""
        with opened(tenant) as (work, desk):
            take_task(work, desk, task)
        return {"outcome": "taken"}


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>/release")
class ReleasedTask(MethodView):
    @blueprint.response(200, OutcomeSchema, description="laid back")
    def post(self, tenant: str, task: UUID) -> ResponseReturnValue:
        """Lay a task back that this officer has taken."""
        with opened(tenant) as (work, desk):
            release_task(work, desk, task)
        return {"outcome": "released"}


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>/correction")
class TaskCorrection(MethodView):
    @blueprint.arguments(AskSchema)
    @blueprint.response(201, shape(corrections.Correction), description="asked; the clocks stand meanwhile")
    def post(self, asked: dict[str, Any], tenant: str, task: UUID) -> ResponseReturnValue:
        """Return applications of a task to the applicant: which fields, which documents, and why."""
        what = corrections.Ask(tuple(asked["fields_"]), tuple(asked["documents"]), asked["message"])
        with _desk(tenant) as (work, agency):
            return ask_correction(work, access().book, agency, task, what), 201

    @blueprint.response(200, OutcomeSchema, description="taken back; the clocks go on")
    def delete(self, tenant: str, task: UUID) -> ResponseReturnValue:
        """Take back what was asked and is not answered yet. The round does not count."""
        with _desk(tenant) as (work, agency):
            take_back_correction(work, agency, task)
        return {"outcome": "taken_back"}


@blueprint.route("/offices/<tenant>/desk/corrections")
class Corrections(MethodView):
    @blueprint.response(200, shape(AwaitedView), description="at most 50, the most urgent first")
    def get(self, tenant: str) -> ResponseReturnValue:
        """What the desk has asked applicants for and waits for."""
        with _desk(tenant) as (work, agency):
            found = corrections.open_of_desk(work.connection, work.tenant.id, agency, limit=50)
            return AwaitedView(agency, tuple(found))  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/desk/objections")
class Objections(MethodView):
    @blueprint.response(200, shape(ObjectionsView), description="at most 50, the most urgent first")
    def get(self, tenant: str) -> ResponseReturnValue:
        """Objections to refusals that the desk has signed."""
        with _desk(tenant) as (work, agency):
            return ObjectionsView(agency, objections_at(work, access().book, agency))  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/desk/objections/<uuid:objection>")
class Objection(MethodView):
    @blueprint.arguments(ObjectionVerdictSchema)
    @blueprint.response(200, OutcomeSchema, description="recorded")
    def post(self, verdict: dict[str, Any], tenant: str, objection: UUID) -> ResponseReturnValue:
        """Uphold an objection, which annuls the refusal, or reject it; with reasons either way."""
        is_upheld, reasons = verdict["verdict"] == "upheld", tuple(verdict["reasons"])
        with _desk(tenant) as (work, agency):
            decide_objection(work, access().book, agency, objection, is_upheld=is_upheld, reasons=reasons)
        return {"outcome": "recorded"}


@contextmanager
def opened(tenant: str) -> Iterator[tuple[Work, Desk]]:
    token = bearer()
    with access().work(tenant, "desk") as work:
        desk = desk_of(work, token)
        if desk is None:
            raise Unauthorized("this token opens no desk")
        yield work, desk


@contextmanager
def _desk(tenant: str) -> Iterator[tuple[Work, str]]:
    with opened(tenant) as (work, desk):
        yield work, desk.agency
