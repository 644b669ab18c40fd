"""What does not come through: by cause, with what the office can do about each."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ptsp.domain.deliveries import MESSAGE
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.web.delivery_port import DeliveryDesk
from ptsp.web.desk_cookie import shown_token
from ptsp.web.desk_door import desk_blueprint
from ptsp.web.pages import pages
from ptsp.web.reasons import reason

blueprint = desk_blueprint("desk_deliveries")
HOME = "/<tenant>/desk/deliveries"
LONGEST = 100
LONGEST_REASON = 2000
DONE = ("sent", "some", "handed", "ended")


def delivery_desk(tenant: str) -> DeliveryDesk:
    """The desk that the browser's token opens. Raises Forbidden without one."""
    return pages().office.delivery_desk(tenant, shown_token(tenant))


@blueprint.get(HOME)
def dead(tenant: str) -> ResponseReturnValue:
    """What goes on only when somebody has looked; all of it, or of one agency and cause."""
    return _page(tenant, delivery_desk(tenant))


@blueprint.post(f"{HOME}/<uuid:ident>/send")
def send(tenant: str, ident: UUID) -> ResponseReturnValue:
    """Send one on its way again."""
    mine = delivery_desk(tenant)
    try:
        if request.form.get("kind") == MESSAGE:
            mine.send_message_again(ident)
        else:
            mine.send_again(ident, sent_nothing=request.form.get("sent_nothing") == "yes")
    except (NotFound, Conflict):
        return _page(tenant, mine, is_conflict=True), 409
    return _done(tenant, "sent")


@blueprint.post(f"{HOME}/send")
def send_all(tenant: str) -> ResponseReturnValue:
    """Send on all of one agency and cause."""
    done = delivery_desk(tenant).send_all_again(_written("cause"), _written("agency"))
    return _done(tenant, "some" if done.unsure or done.next else "sent")


@blueprint.post(f"{HOME}/<uuid:ident>/hand")
def hand(tenant: str, ident: UUID) -> ResponseReturnValue:
    """Let a desk answer one by hand."""
    mine = delivery_desk(tenant)
    try:
        mine.hand(ident, _written("desk"))
    except (NotFound, Conflict, Invalid):
        return _page(tenant, mine, is_conflict=True), 409
    return _done(tenant, "handed")


@blueprint.post(f"{HOME}/gaps/<uuid:ident>/end")
def end_gap(tenant: str, ident: UUID) -> ResponseReturnValue:
    """End a gap between an agency's list and what it was asked, with a reason."""
    mine = delivery_desk(tenant)
    try:
        mine.end_gap(ident, request.form.get("reason", "")[:LONGEST_REASON])
    except Invalid as refusal:
        pack = pages().office.tenant(tenant)
        return _page(tenant, mine, refused=ident, why=reason(refusal.faults[0], pack)), 422
    except (NotFound, Conflict):
        return _page(tenant, mine, is_conflict=True), 409
    return _done(tenant, "ended")


def _page(
    tenant: str,
    mine: DeliveryDesk,
    *,
    is_conflict: bool = False,
    refused: UUID | None = None,
    why: str = "",
) -> str:
    cause, agency, after = (
        request.args.get(name, "")[:LONGEST] or None for name in ("cause", "agency", "after")
    )
    try:
        page = mine.dead(cause, agency, after)
    except Invalid as invalid:
        raise NotFound("there is no such page") from invalid
    done = request.args.get("done", "")
    return render_template(
        "pages/desk_deliveries.html",
        pack=pages().office.tenant(tenant),
        opened=mine.opened(),
        page=page,
        balances=None if cause or agency or after else mine.balances(),
        refused=refused,
        why=why,
        cause=cause,
        agency=agency,
        is_first=after is None,
        is_conflict=is_conflict,
        done=done if done in DONE else "",
    )


def _done(tenant: str, what: str) -> ResponseReturnValue:
    return redirect(url_for("desk_deliveries.dead", tenant=tenant, done=what), 303)


def _written(name: str) -> str:
    return request.form.get(name, "")[:LONGEST].strip()
