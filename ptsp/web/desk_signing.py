"""The page of a signer: tick, type the passphrase once, and see what became of each document.

The passphrase lives in the memory of its one request. It is put into no address, page, cookie, session or log.
"""

from collections.abc import Sequence
from uuid import UUID

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from ptsp.flows.signatures import MOST
from ptsp.kernel.errors import Invalid
from ptsp.sdk.signing import Phrase
from ptsp.web.desk_cookie import shown_token
from ptsp.web.desk_door import desk_blueprint
from ptsp.web.pages import pages
from ptsp.web.reasons import reason
from ptsp.web.signing_port import SignedOrNot, SigningDesk

blueprint = desk_blueprint("desk_signing")
HOME = "/<tenant>/desk/signatures"
LONGEST = 200


def signing_desk(tenant: str) -> SigningDesk:
    """The desk that the browser's token opens. Raises Forbidden without one."""
    return pages().office.signing_desk(tenant, shown_token(tenant))


@blueprint.get(HOME)
def waiting(tenant: str) -> ResponseReturnValue:
    """What waits for a signature."""
    return _page(tenant, signing_desk(tenant))


@blueprint.get(f"{HOME}/<uuid:task>.pdf")
def draft(tenant: str, task: UUID) -> ResponseReturnValue:
    """What would be signed."""
    answer: Response = make_response(signing_desk(tenant).draft(task))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post(HOME)
def sign(tenant: str) -> ResponseReturnValue:
    """Sign what was ticked. What was typed is never shown again."""
    mine = signing_desk(tenant)
    ticked = _ticked()
    before = {one.id: one for one in mine.waiting()}
    try:
        done = mine.sign(
            ticked,
            nik=request.form.get("nik", "").strip()[:LONGEST],
            passphrase=Phrase(request.form.get("passphrase", "")[:LONGEST]),
        )
    except Invalid as refusal:
        pack = pages().office.tenant(tenant)
        told = {one.field: reason(one, pack) for one in reversed(refusal.faults)}
        return _page(tenant, mine, faults=told, ticked=ticked), 422
    left = [one.task_id for one in done if one.outcome != "issued"]
    return _page(tenant, mine, done=[(one, before.get(one.task_id)) for one in done], ticked=left)


def _page(
    tenant: str,
    mine: SigningDesk,
    *,
    faults: dict[str, str] | None = None,
    ticked: Sequence[UUID] = (),
    done: Sequence[tuple[SignedOrNot, object]] = (),
) -> str:
    return render_template(
        "pages/desk_signing.html",
        pack=pages().office.tenant(tenant),
        opened=mine.opened(),
        waiting=mine.waiting(),
        faults=faults or {},
        ticked=set(ticked),
        done=done,
        most=MOST,
    )


def _ticked() -> list[UUID]:
    found = []
    for written in request.form.getlist("tasks"):
        try:
            found.append(UUID(written))
        except ValueError:  # the form holds none such
            continue
    return found
