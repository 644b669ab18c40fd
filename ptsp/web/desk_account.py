"""One's own account: the password, the telephone, the desk one works at, and where one is signed in."""

from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ptsp.kernel.errors import Conflict, Invalid, TryLater
from ptsp.web.desk_cookie import keep_token, shown_token
from ptsp.web.desk_door import TOO_SOON, desk_blueprint, wait_words
from ptsp.web.money import drawn
from ptsp.web.pages import pages
from ptsp.web.people_port import AccountDesk, Stage
from ptsp.web.reasons import reason

blueprint = desk_blueprint("desk_account")
HOME = "/<tenant>/desk/account"
LONGEST = 200


def account_desk(tenant: str) -> AccountDesk:
    """The account that the browser's session is of. Raises Forbidden without one."""
    return pages().office.account(tenant, shown_token(tenant))


@blueprint.get(HOME)
def account(tenant: str) -> ResponseReturnValue:
    """The account, or the one form that is open while a start password has to be changed."""
    mine = account_desk(tenant)
    if mine.stage() is Stage.CODE:
        return redirect(url_for("desk_door.door", tenant=tenant), 303)
    return _page(tenant, mine)


@blueprint.post(f"{HOME}/password")
def change_password(tenant: str) -> ResponseReturnValue:
    """Choose a password; all other sessions end."""
    mine = account_desk(tenant)
    old, new = (request.form.get(name, "")[:LONGEST] for name in ("old", "new"))
    try:
        token = mine.change_password(old, new)
    except (Invalid, TryLater) as refusal:
        return _refused(tenant, mine, "password", refusal)
    return _done(tenant, "password", token)


@blueprint.post(f"{HOME}/telephone")
def begin_totp(tenant: str) -> ResponseReturnValue:
    """Make a secret for the telephone to read."""
    account_desk(tenant).begin_totp()
    return _done(tenant, "begun")


@blueprint.post(f"{HOME}/telephone/confirm")
def confirm_totp(tenant: str) -> ResponseReturnValue:
    """The telephone's first code puts it in force; the recovery codes are shown once."""
    mine = account_desk(tenant)
    try:
        token, codes = mine.confirm_totp(request.form.get("code", "")[:LONGEST])
    except Invalid as refusal:
        return _refused(tenant, mine, "telephone", refusal)
    page = _page(tenant, pages().office.account(tenant, token), codes=codes)
    return keep_token(make_response(page), tenant, token)


@blueprint.post(f"{HOME}/telephone/end")
def end_totp(tenant: str) -> ResponseReturnValue:
    """Do without the telephone; the password is asked for once more."""
    mine = account_desk(tenant)
    try:
        token = mine.end_totp(request.form.get("old", "")[:LONGEST])
    except (Invalid, TryLater) as refusal:
        return _refused(tenant, mine, "end", refusal)
    return _done(tenant, "telephone_ended", token)


@blueprint.post(f"{HOME}/desk")
def go_to(tenant: str) -> ResponseReturnValue:
    """Work at another desk from now."""
    token = account_desk(tenant).go_to(request.form.get("agency", "")[:LONGEST])
    answer = make_response(redirect(url_for("desk_queue.queue", tenant=tenant), 303))
    return keep_token(answer, tenant, token)


@blueprint.post(f"{HOME}/sessions/<uuid:ident>/end")
def end_session(tenant: str, ident: UUID) -> ResponseReturnValue:
    """End one of one's sessions."""
    account_desk(tenant).end_session(ident)
    return _done(tenant, "session")


@blueprint.post(f"{HOME}/sessions/end")
def end_sessions(tenant: str) -> ResponseReturnValue:
    """End all of one's sessions but this."""
    account_desk(tenant).end_other_sessions()
    return _done(tenant, "sessions")


@blueprint.errorhandler(Conflict)
def changed(_: Conflict) -> ResponseReturnValue:
    """Something went on in another tab: the account as it is now."""
    tenant = (request.view_args or {})["tenant"]
    return _page(tenant, account_desk(tenant), is_changed=True), 409


def _refused(tenant: str, mine: AccountDesk, act: str, refusal: Invalid | TryLater) -> ResponseReturnValue:
    if isinstance(refusal, TryLater):
        answer = make_response(_page(tenant, mine, act, {"old": wait_words(refusal)}), TOO_SOON)
        answer.headers["Retry-After"] = str(refusal.seconds)
        return answer
    pack = pages().office.tenant(tenant)
    return _page(tenant, mine, act, {one.field: reason(one, pack) for one in refusal.faults}), 422


def _page(
    tenant: str,
    mine: AccountDesk,
    act: str = "",
    faults: dict[str, str] | None = None,
    *,
    codes: tuple[str, ...] = (),
    is_changed: bool = False,
) -> str:
    must_choose = mine.stage() is Stage.PASSWORD
    telephone = None if must_choose else mine.waiting_totp()
    return render_template(
        "pages/desk_account.html",
        pack=pages().office.tenant(tenant),
        mine=mine.show(),
        must_choose=must_choose,
        address=telephone.address if telephone else "",
        picture=drawn(telephone.address) if telephone else "",
        act=act,
        faults=faults or {},
        codes=codes,
        done=request.args.get("done", ""),
        is_changed=is_changed,
    )


def _done(tenant: str, what: str, token: str = "") -> Response:
    answer = make_response(redirect(url_for("desk_account.account", tenant=tenant, done=what), 303))
    return keep_token(answer, tenant, token) if token else answer
