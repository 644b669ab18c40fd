"""The people of an office, for its administrators: who has an account, what each may do, who is signed in."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ptsp.domain.people import Role
from ptsp.flows.add_person import NewPerson
from ptsp.flows.hold_role import Wish
from ptsp.kernel.errors import Conflict, Invalid
from ptsp.kernel.reasons import fault
from ptsp.web.desk_cookie import shown_token
from ptsp.web.desk_door import desk_blueprint
from ptsp.web.pages import pages
from ptsp.web.people_port import StaffDesk
from ptsp.web.reasons import reason

blueprint = desk_blueprint("desk_people")
HOME = "/<tenant>/desk/people"
ONE = f"{HOME}/<login>"
LONGEST = 200


def staff_desk(tenant: str) -> StaffDesk:
    """The people of the office. Raises Forbidden without a session; its verbs do for whoever is no administrator."""
    return pages().office.staff(tenant, shown_token(tenant))


@blueprint.get(HOME)
def people(tenant: str) -> ResponseReturnValue:
    """Everybody with an account, 50 at a time."""
    return _list(tenant, staff_desk(tenant))


@blueprint.post(HOME)
def add(tenant: str) -> ResponseReturnValue:
    """Give somebody an account; the start password is shown once."""
    mine = staff_desk(tenant)
    new = NewPerson(_text("login").lower(), _text("name"), _text("nik"))
    try:
        start = mine.add(new)
    except Invalid as refusal:
        return _list(tenant, mine, _told(tenant, refusal)), 422
    return _one(tenant, mine, new.login, start=start)


@blueprint.get(ONE)
def person(tenant: str, login: str) -> ResponseReturnValue:
    """One person: holdings, sessions, and what may be done."""
    return _one(tenant, staff_desk(tenant), login)


@blueprint.post(f"{ONE}/grant")
def grant(tenant: str, login: str) -> ResponseReturnValue:
    """Let somebody do something."""
    return _act(tenant, login, "grant", lambda mine: mine.grant(login, _wish()))


@blueprint.post(f"{ONE}/holdings/<uuid:holding>/revoke")
def revoke(tenant: str, login: str, holding: UUID) -> ResponseReturnValue:
    """Take it away."""
    return _act(tenant, login, "revoke", lambda mine: mine.revoke(login, holding))


@blueprint.post(f"{ONE}/sessions/end")
def end_sessions(tenant: str, login: str) -> ResponseReturnValue:
    """End all sessions of somebody."""
    return _act(tenant, login, "sessions", lambda mine: mine.end_sessions(login))


@blueprint.post(f"{ONE}/leave")
def leave(tenant: str, login: str) -> ResponseReturnValue:
    """Somebody leaves the office."""
    return _act(tenant, login, "leave", lambda mine: mine.leave(login))


@blueprint.post(f"{ONE}/password")
def password(tenant: str, login: str) -> ResponseReturnValue:
    """A new start password, shown once."""
    mine = staff_desk(tenant)
    try:
        start = mine.start_password(login)
    except Invalid as refusal:
        return _one(tenant, mine, login, act="password", faults=_told(tenant, refusal)), 422
    return _one(tenant, mine, login, start=start)


def _act(tenant: str, login: str, act: str, do: Callable[[StaffDesk], object]) -> ResponseReturnValue:
    mine = staff_desk(tenant)
    try:
        do(mine)
    except Invalid as refusal:
        return _one(tenant, mine, login, act=act, faults=_told(tenant, refusal)), 422
    except Conflict:
        return _one(tenant, mine, login, act="changed"), 409
    return redirect(url_for("desk_people.person", tenant=tenant, login=login, done=act), 303)


def _wish() -> Wish:
    written = _text("until")
    try:
        until = date.fromisoformat(written) if written else None
    except ValueError as error:
        raise Invalid([fault("until", "date")]) from error
    return Wish(_text("role"), _text("agency"), _text("service"), until)


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:LONGEST]


def _told(tenant: str, refusal: Invalid) -> dict[str, str]:
    pack = pages().office.tenant(tenant)
    return {one.field: reason(one, pack) for one in reversed(refusal.faults)}


def _list(tenant: str, mine: StaffDesk, faults: dict[str, str] | None = None) -> str:
    after = request.args.get("after", "")[:LONGEST]
    return render_template(
        "pages/desk_people.html",
        pack=pages().office.tenant(tenant),
        page=mine.people(after),
        is_first=not after,
        faults=faults or {},
        typed={name: _text(name) for name in ("login", "name")},
    )


def _one(
    tenant: str,
    mine: StaffDesk,
    login: str,
    *,
    start: str = "",
    act: str = "",
    faults: dict[str, str] | None = None,
) -> str:
    found, sessions = mine.person(login)
    return render_template(
        "pages/desk_person.html",
        pack=pages().office.tenant(tenant),
        one=found,
        sessions=sessions,
        services=mine.services(),
        roles=[role.value for role in Role],
        start=start,
        act=act,
        faults=faults or {},
        done=request.args.get("done", ""),
        typed={name: _text(name) for name in ("role", "agency", "service", "until")},
    )
