"""The page of a case: what an officer needs to decide, and the forms to do it with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from uuid import UUID

from flask import g, render_template, request, send_file
from flask.typing import ResponseReturnValue

from ptsp.flows.case_views import CaseView
from ptsp.web import format as shown
from ptsp.web.desk_door import desk, desk_blueprint
from ptsp.web.desk_words import answer_words, clock_words, critical_words, held_words, slack_words, ticks
from ptsp.web.pages import pages

blueprint = desk_blueprint("desk_case")
DONE = ("take", "release", "approve", "reject", "return", "take_back", "stop", "resume", "extend")


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was sent in vain: which, what stood in it, and what is wrong, by input; "" is the whole form."""

    act: str
    status: int
    faults: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, list[str]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return (self.values.get(name) or [""])[0]


@blueprint.get("/<tenant>/desk/tasks/<uuid:task>")
def case(tenant: str, task: UUID) -> ResponseReturnValue:
    """The case of one task of the desk."""
    return show(tenant, task)


@blueprint.get("/<tenant>/desk/tasks/<uuid:task>/documents/<uuid:document>")
def document(tenant: str, task: UUID, document: UUID) -> ResponseReturnValue:
    """A document that the applicant handed in, to keep."""
    data, name, media_type = desk(tenant).document(task, document)
    answer = send_file(BytesIO(data), mimetype=media_type, as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def show(tenant: str, task: UUID, refused: Refused | None = None) -> ResponseReturnValue:
    """The page as it stands, with what is wrong with a form beside its inputs."""
    mine = desk(tenant)
    one = mine.case(task)
    done = request.args.get("done", "")
    page = render_template(
        "pages/desk_case.html",
        pack=pages().office.tenant(tenant),
        case=one,
        opened=mine.opened(),
        refused=refused,
        act=refused.act if refused else "",
        faults=refused.faults if refused else {},
        done=done if done in DONE and not refused else "",
        **_words(one),
    )
    return page, refused.status if refused else 200


def _words(one: CaseView) -> dict[str, object]:
    """What the template says things with."""
    return {
        "clock": lambda clock: clock_words(clock, one.now, one.time_zone),
        "ticks": ticks,
        "held": held_words,
        "slack": slack_words,
        "critical": critical_words(one),
        "told": answer_words,
        "day": lambda at: shown.local_day(at, one.time_zone),
        "kb": lambda size: shown.number(max(1, size // 1024), g.lang),
    }
