"""The door of a desk: an officer shows its token once, and the browser keeps it for this desk's pages alone."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ptsp.kernel.errors import Forbidden
from ptsp.web.desk_port import Desk
from ptsp.web.pages import new_blueprint, pages

COOKIE = "ptsp_desk"
A_SHIFT_S = 12 * 3600
LONGEST_TOKEN = 200


def send_to_door(_: Forbidden) -> ResponseReturnValue:
    """Whoever has no token, or one that opens nothing any more, is asked for one."""
    tenant = (request.view_args or {})["tenant"]
    return redirect(url_for("desk_door.door", tenant=tenant), 303)


def desk_blueprint(name: str) -> Blueprint:
    """A blueprint whose pages send whoever has no token that opens a desk to its door."""
    blueprint = new_blueprint(name)
    blueprint.register_error_handler(Forbidden, send_to_door)
    return blueprint


def desk(tenant: str) -> Desk:
    """The desk that the browser's token opens. Raises Forbidden without one; its verbs do for a wrong one."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise Forbidden("no token was shown")
    return pages().office.desk(tenant, token[:LONGEST_TOKEN])


blueprint = desk_blueprint("desk_door")


@blueprint.get("/<tenant>/desk")
def door(tenant: str) -> ResponseReturnValue:
    """The form that asks for the token; whoever has shown it goes on to the queue."""
    pages().office.tenant(tenant)
    if COOKIE not in request.cookies:
        return _form(tenant)
    try:
        desk(tenant).opened()
    except Forbidden:
        answer = make_response(_form(tenant, is_over=True))
        answer.delete_cookie(COOKIE, path=_path(tenant))
        return answer
    return redirect(url_for("desk_queue.queue", tenant=tenant), 303)


@blueprint.post("/<tenant>/desk")
def come_in(tenant: str) -> ResponseReturnValue:
    """Keep the token, if it opens a desk here. Why it does not is told to nobody."""
    pages().office.tenant(tenant)
    token = request.form.get("token", "").strip()[:LONGEST_TOKEN]
    try:
        pages().office.desk(tenant, token).opened()
    except Forbidden:
        return _form(tenant, is_wrong=True), 403
    answer = _redirect(url_for("desk_queue.queue", tenant=tenant))
    answer.set_cookie(
        COOKIE,
        token,
        max_age=A_SHIFT_S,
        path=_path(tenant),
        httponly=True,
        samesite="Strict",
        secure=pages().secure_cookies,
    )
    return answer


@blueprint.post("/<tenant>/desk/leave")
def leave(tenant: str) -> ResponseReturnValue:
    """Forget the token in this browser."""
    answer = _redirect(url_for("desk_door.door", tenant=tenant, left=1))
    answer.delete_cookie(COOKIE, path=_path(tenant))
    return answer


def _form(tenant: str, *, is_wrong: bool = False, is_over: bool = False) -> str:
    pack = pages().office.tenant(tenant)
    return render_template("pages/desk_door.html", pack=pack, is_wrong=is_wrong, is_over=is_over)


def _path(tenant: str) -> str:
    return url_for("desk_door.door", tenant=tenant)


def _redirect(address: str) -> Response:
    return make_response(redirect(address, 303))
