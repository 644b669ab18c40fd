"""A case at a desk: everything an officer needs to decide, and the clock of the task."""

from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask.views import MethodView
from marshmallow import RAISE, Schema, fields, validate

from ptsp.api.access import access
from ptsp.api.reading import StrictBlueprint
from ptsp.api.v1.bundles import file_answer
from ptsp.api.v1.desk import opened_task
from ptsp.api.v1.schemas import OutcomeSchema
from ptsp.api.v1.shapes import shape
from ptsp.domain.deadlines import MarkKind
from ptsp.domain.people import Right
from ptsp.flows.case_views import CaseView
from ptsp.flows.fetch_document import fetch_for_desk
from ptsp.flows.show_case import show_case
from ptsp.flows.steer_clock import Steering, steer_clock
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import StopReason

blueprint = StrictBlueprint("case", __name__, url_prefix="/api/v1", description="Cases at a desk")

MOST = 1000  # of any unit


class ExtensionSchema(Schema):
    """So much longer."""

    class Meta:
        unknown = RAISE

    amount = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST))
    unit = fields.Enum(Unit, by_value=True, load_default=Unit.WORKING_DAYS)


class SteeringSchema(Schema):
    """What happens to the clock of a task. A stop has a `reason`, an extension `by`.

    `stop` names the stop that ends; it may be left out where only one holds the clock.
    """

    class Meta:
        unknown = RAISE

    kind = fields.Enum(MarkKind, by_value=True, required=True)
    reason = fields.Enum(StopReason, by_value=True, load_default=None)
    stop = fields.UUID(load_default=None)
    by = fields.Nested(ExtensionSchema, load_default=None)
    note = fields.String(load_default="", validate=validate.Length(max=2000))


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>")
class Case(MethodView):
    @blueprint.response(200, shape(CaseView), description="the case as the officer of the task may see it")
    def get(self, tenant: str, task: UUID) -> ResponseReturnValue:
        """What is asked, the clocks, whose days were used, and what the promised date hangs on."""
        with opened_task(tenant, Right.SEE, task) as (work, desk):
            return show_case(work, access().book, desk.agency, task, access().partners.receives)  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>/clock")
class Clock(MethodView):
    @blueprint.arguments(SteeringSchema)
    @blueprint.response(200, OutcomeSchema, description="recorded")
    def post(self, asked: dict[str, Any], tenant: str, task: UUID) -> ResponseReturnValue:
        """Stop the clock of a task with a reason, let it go on or begin anew, or extend it."""
        by = asked["by"]
        wanted = Steering(
            kind=asked["kind"],
            reason=asked["reason"],
            stop=asked["stop"],
            by=Limit(by["amount"], by["unit"]) if by else None,
            note=asked["note"],
        )
        with opened_task(tenant, Right.ANSWER, task) as (work, desk):
            steer_clock(work, access().book, desk.agency, task, wanted)
        return {"outcome": "recorded"}


@blueprint.route("/offices/<tenant>/desk/tasks/<uuid:task>/documents/<uuid:document>")
class CaseDocument(MethodView):
    @blueprint.response(200, description="the file as uploaded")
    def get(self, tenant: str, task: UUID, document: UUID) -> ResponseReturnValue:
        """A document for one of the applications that the task is for."""
        with opened_task(tenant, Right.SEE, task) as (work, desk):
            data, row = fetch_for_desk(work, access().book, access().files, desk.agency, task, document)
        return file_answer(data, row.name, row.media_type)
