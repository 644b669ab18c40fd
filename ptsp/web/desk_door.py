"""The door of a desk: an officer signs in, or shows a desk's token once, and the browser keeps it for these pages."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ptsp.kernel.errors import Forbidden, NotYours, TryLater
from ptsp.web.desk_cookie import COOKIE as COOKIE
from ptsp.web.desk_cookie import (
    LONGEST_TOKEN,
    forget_token,
    has_token,
    keep_device,
    keep_token,
    shown_device,
    shown_token,
)
from ptsp.web.desk_port import Desk
from ptsp.web.pages import new_blueprint, pages, say, show_error
from ptsp.web.people_port import Stage

LONGEST = 200
TOO_SOON = 429


def send_to_door(_: Forbidden) -> ResponseReturnValue:
    """Whoever has no token, or one that opens nothing any more, is asked for one."""
    tenant = (request.view_args or {})["tenant"]
    return redirect(url_for("desk_door.door", tenant=tenant), 303)


def say_not_yours(_: NotYours) -> ResponseReturnValue:
    """Whoever is in and may not do this is told so: the door would only send him back."""
    return show_error(403)


def desk_blueprint(name: str) -> Blueprint:
    """A blueprint whose pages send whoever has no token that opens a desk to its door."""
    blueprint = new_blueprint(name)
    blueprint.register_error_handler(Forbidden, send_to_door)
    blueprint.register_error_handler(NotYours, say_not_yours)
    return blueprint


def desk(tenant: str) -> Desk:
    """The desk that the browser's token opens. Raises Forbidden without one; its verbs do for a wrong one."""
    return pages().office.desk(tenant, shown_token(tenant))


blueprint = desk_blueprint("desk_door")


@blueprint.get("/<tenant>/desk")
def door(tenant: str) -> ResponseReturnValue:
    """The form to sign in; whoever is in goes on to the queue, or to the account if no desk is open to it."""
    office = pages().office
    office.tenant(tenant)
    if not has_token(tenant):
        return _form(tenant)
    token = shown_token(tenant)
    try:
        office.desk(tenant, token).opened()
    except Forbidden:
        return _half_way(tenant, token)
    return redirect(url_for("desk_queue.queue", tenant=tenant), 303)


def _half_way(tenant: str, token: str) -> ResponseReturnValue:
    try:
        stage = pages().office.account(tenant, token).stage()
    except Forbidden:
        return forget_token(make_response(_form(tenant, is_over=True)), tenant)
    if stage is Stage.CODE:
        return _code_form(tenant)
    return redirect(url_for("desk_account.account", tenant=tenant), 303)


@blueprint.post("/<tenant>/desk")
def come_in(tenant: str) -> ResponseReturnValue:
    """Keep the token, if it opens a desk here. Why it does not is told to nobody."""
    pages().office.tenant(tenant)
    token = request.form.get("token", "").strip()[:LONGEST_TOKEN]
    try:
        pages().office.desk(tenant, token).opened()
    except Forbidden:
        return _form(tenant, is_wrong=True), 403
    return keep_token(_on(tenant, "desk_queue.queue"), tenant, token)


@blueprint.post("/<tenant>/desk/sign-in")
def sign_in(tenant: str) -> ResponseReturnValue:
    """Sign in with login and password. Which of them is wrong is told to nobody."""
    reception = pages().office.reception(tenant)
    login, password = request.form.get("login", "")[:LONGEST], request.form.get("password", "")[:LONGEST]
    try:
        entered = reception.sign_in(
            login, password, address=request.remote_addr or "", device=shown_device(tenant)
        )
    except TryLater as refusal:
        return _later(_form(tenant, login=login, said=wait_words(refusal)), refusal)
    if entered is None:
        return _form(tenant, login=login, said=say("people.wrong")), 403
    if has_token(tenant):  # a session that was there before must not stay open behind this one
        reception.sign_out(shown_token(tenant))
    return keep_device(keep_token(_on(tenant), tenant, entered.token), tenant, entered.device)


@blueprint.post("/<tenant>/desk/code")
def confirm(tenant: str) -> ResponseReturnValue:
    """Show the code, if the password was right before."""
    code = request.form.get("code", "").strip()[:LONGEST]
    token = pages().office.reception(tenant).confirm(shown_token(tenant), code)
    if token is None:
        return _code_form(tenant, is_wrong=True), 403
    return keep_token(_on(tenant), tenant, token)


@blueprint.post("/<tenant>/desk/leave")
def leave(tenant: str) -> ResponseReturnValue:
    """End the session, and forget the token in this browser."""
    if has_token(tenant):
        pages().office.reception(tenant).sign_out(shown_token(tenant))
    return forget_token(_on(tenant, "desk_door.door", left=1), tenant)


def wait_words(refusal: TryLater) -> str:
    """How long somebody has to wait."""
    if refusal.seconds < 60:
        return say("people.wait_s", n=refusal.seconds)
    return say("people.wait_min", n=-(-refusal.seconds // 60))


def _later(page: str, refusal: TryLater) -> Response:
    answer = make_response(page, TOO_SOON)
    answer.headers["Retry-After"] = str(refusal.seconds)
    return answer


def _form(
    tenant: str, *, is_wrong: bool = False, is_over: bool = False, login: str = "", said: str = ""
) -> str:
    pack = pages().office.tenant(tenant)
    return render_template(
        "pages/desk_door.html", pack=pack, is_wrong=is_wrong, is_over=is_over, login=login, said=said
    )


def _code_form(tenant: str, *, is_wrong: bool = False) -> str:
    return render_template("pages/desk_code.html", pack=pages().office.tenant(tenant), is_wrong=is_wrong)


def _on(tenant: str, where: str = "desk_door.door", **values: int) -> Response:
    return make_response(redirect(url_for(where, tenant=tenant, **values), 303))
