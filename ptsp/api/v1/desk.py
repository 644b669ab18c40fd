"""The desk of an office or agency: what waits there, and the officer's verdict."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask.views import MethodView
from werkzeug.exceptions import Unauthorized

from ptsp.api.access import access
from ptsp.api.reading import StrictBlueprint
from ptsp.api.v1.bundles import bearer
from ptsp.api.v1.schemas import OutcomeSchema, VerdictSchema
from ptsp.api.v1.shapes import shape
from ptsp.domain import routes
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.open_desk import desk_of
from ptsp.infra.work import Work

blueprint = StrictBlueprint("desk", __name__, url_prefix="/api/v1", description="Work at a desk")


@dataclass(frozen=True, slots=True)
class DeskView:
    """What waits at a desk."""

    agency: str
    tasks: tuple[routes.TaskRow, ...]


@blueprint.route("/offices/<tenant>/desk/tasks")
class Tasks(MethodView):
    @blueprint.response(200, shape(DeskView), description="at most 50 tasks, the most urgent first")
    def get(self, tenant: str) -> ResponseReturnValue:
        """What waits at the desk that the token opens."""
        with _desk(tenant) as (work, agency):
            return DeskView(agency, tuple(routes.at_desk(work.connection, agency)))  # type: ignore[return-value]


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


@contextmanager
def _desk(tenant: str) -> Iterator[tuple[Work, str]]:
    token = bearer()
    with access().work(tenant, "desk") as work:
        agency = desk_of(work, token)
        if agency is None:
            raise Unauthorized("this token opens no desk")
        yield work, agency
