"""People of an office at the command line: for the operator, who makes the first administrator."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import Any, TextIO
from uuid import UUID

import click

from ptsp.domain.people import Role
from ptsp.flows.add_person import NewPerson, add_person, leave_office
from ptsp.flows.end_sessions import end_sessions
from ptsp.flows.hold_role import Wish, grant_role, revoke_role
from ptsp.flows.set_password import start_password
from ptsp.flows.show_people import HoldingView, PersonView, show_people, show_sessions
from ptsp.infra.passwords import Passwords, readable
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import Work, begin
from ptsp.main.connections import engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.main.staff_counter import GROUPS

BY = "the operator"  # no login has a space, so that this is nobody of the office
AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON in place of words")


@click.group()
def people() -> None:
    """Accounts of an office: who works there, and what each may do.

    The first administrator is made here; administrators then look after the others in the pages.
    """


@people.command()
@click.argument("tenant")
@click.argument("login")
@click.option("--name", required=True, help="the person's name; it is stored encrypted")
@click.option(
    "--nik-file",
    type=click.File("r"),
    help="where the person's NIK stands (- for standard input), so that nobody decides his own case",
)
@AS_JSON
def add(*, tenant: str, login: str, name: str, nik_file: TextIO | None, as_json: bool) -> None:
    """Give somebody an account at TENANT, and print the start password, once."""
    nik = nik_file.read().strip() if nik_file else ""
    start = readable(GROUPS)
    hashed = Passwords().hashed(start)
    with _work(tenant) as work:
        add_person(work, NewPerson(login, name, nik), hashed=hashed, by=BY)
    _say({"login": login, "start_password": start}, _start(login, start), as_json=as_json)


@people.command("list")
@click.argument("tenant")
@AS_JSON
def list_people(*, tenant: str, as_json: bool) -> None:
    """List the people of TENANT, one JSON object each with --json."""
    after: str | None = ""
    shown = 0
    with _work(tenant) as work:
        while after is not None:
            page = show_people(work, after=after)
            for one in page.people:
                _say(asdict(one), "\n".join(_lines(one)), as_json=as_json)
            shown += len(page.people)
            after = page.next
    if not shown and not as_json:
        click.echo("nobody has an account")


@people.command()
@click.argument("tenant")
@click.argument("login")
@click.argument("role", type=click.Choice([one.value for one in Role]))
@click.option("--agency", default="", help="whose desk; needed for all roles but auditor and administrator")
@click.option("--service", default="", help="for one service only")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="the last day")
@AS_JSON
def grant(
    *, tenant: str, login: str, role: str, agency: str, service: str, until: Any, as_json: bool
) -> None:
    """Let somebody of TENANT do what a ROLE may. It counts from the next time that the person signs in."""
    last: date | None = until.date() if until else None
    with _work(tenant) as work:
        ident = grant_role(work, login, Wish(role, agency, service, last), by=BY)
    _say({"id": ident}, f"{login} is {role}; the holding is {ident}", as_json=as_json)


@people.command()
@click.argument("tenant")
@click.argument("login")
@click.argument("holding", type=click.UUID)
@AS_JSON
def revoke(*, tenant: str, login: str, holding: UUID, as_json: bool) -> None:
    """Take a HOLDING away, whose id `ptsp people list` shows. It opens nothing from the next request on."""
    with _work(tenant) as work:
        revoke_role(work, login, holding, by=BY)
    _say({"revoked": holding}, f"{login} holds it no longer", as_json=as_json)


@people.command()
@click.argument("tenant")
@click.argument("login")
@AS_JSON
def password(*, tenant: str, login: str, as_json: bool) -> None:
    """Print a new start password, once, for somebody who lost the password or the telephone; sessions end."""
    start = readable(GROUPS)
    hashed = Passwords().hashed(start)
    with _work(tenant) as work:
        start_password(work, login, hashed=hashed)
    _say({"login": login, "start_password": start}, _start(login, start), as_json=as_json)


@people.command()
@click.argument("tenant")
@click.argument("login")
@AS_JSON
def sessions(*, tenant: str, login: str, as_json: bool) -> None:
    """List where somebody is signed in, one JSON object a session with --json."""
    with _work(tenant) as work:
        found = show_sessions(work, login)
    for one in found:
        seen = f"{one.agency or 'no desk'}: since {one.started_at:%Y-%m-%d %H:%M %z}"
        _say(asdict(one), f"{seen}, last seen {one.seen_at:%Y-%m-%d %H:%M %z}", as_json=as_json)
    if not found and not as_json:
        click.echo(f"{login} is not signed in")


@people.command()
@click.argument("tenant")
@click.argument("login")
@AS_JSON
def end(*, tenant: str, login: str, as_json: bool) -> None:
    """End all sessions of somebody; they open nothing from the next request on."""
    with _work(tenant) as work:
        ended = end_sessions(work, login)
    _say({"ended": ended}, f"{ended} sessions ended", as_json=as_json)


@people.command()
@click.argument("tenant")
@click.argument("login")
@AS_JSON
def leave(*, tenant: str, login: str, as_json: bool) -> None:
    """Somebody leaves: all holdings and sessions end. The login stays taken, since it stands in the ledger."""
    with _work(tenant) as work:
        ended = leave_office(work, login, by=BY)
    _say({"left": login, "ended": ended}, f"{login} has left; {ended} sessions ended", as_json=as_json)


@contextmanager
def _work(tenant: str) -> Iterator[Work]:
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            with begin(engine, TenantBook(engine, Vault(settings.secret)).get(tenant), actor=BY) as work:
                yield work
        finally:
            engine.dispose()


def _say(row: dict[str, Any], words: str, *, as_json: bool) -> None:
    click.echo(json.dumps(row, default=str, ensure_ascii=False) if as_json else words)


def _start(login: str, start: str) -> str:
    return f"start password of {login}, to be changed within 7 days and shown only now: {start}"


def _lines(one: PersonView) -> Iterator[str]:
    marks = [
        "left" if one.left_at else "",
        "has not chosen a password" if one.must_choose else "",
        "with a telephone" if one.has_totp else "",
    ]
    yield "  ".join([one.login, one.name, *filter(None, marks)])
    yield from (f"  {_held(held)}" for held in one.holdings)


def _held(one: HoldingView) -> str:
    where = f"{one.agency or 'the whole office'}, {one.service or 'all services'}"
    until = f" until {one.until:%Y-%m-%d}" if one.until else ""
    return f"{one.id}  {one.role} at {where}{until}{'' if one.is_in_force else ' (over)'}"
