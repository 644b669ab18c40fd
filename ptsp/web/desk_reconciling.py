"""The treasurer's desk beside the bank: statements are imported, and differences are ended one by one."""

import re
from collections.abc import Mapping
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ptsp.flows.difference_texts import difference_text
from ptsp.flows.import_statement import Imported
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.sdk.contract import Taking
from ptsp.web.desk_door import desk_blueprint
from ptsp.web.desk_money import HOME, money_desk, told, written
from ptsp.web.money_port import MoneyDesk
from ptsp.web.pages import pages, read, say

blueprint = desk_blueprint("desk_reconciling")
A_PAGE = 25
MOST_PAGES = 10_000
LONGEST_REASON = 2000
PLACE = re.compile(r"\b(line|column|statement|entry|balance|file)\b")
DONE = ("closed", "booked", "kept")


@blueprint.get(f"{HOME}/statements")
def statements(tenant: str) -> ResponseReturnValue:
    """Statements that were imported, and the form for another."""
    return _statements(tenant, money_desk(tenant))


@blueprint.post(f"{HOME}/statements")
def import_one(tenant: str) -> ResponseReturnValue:
    """Import a file: all of it, or every reason why not."""
    mine = money_desk(tenant)
    file = request.files.get("file")
    try:
        done = mine.import_statement(file.filename or "" if file else "", file.read() if file else b"")
    except Invalid as refusal:
        return _statements(tenant, mine, faults=told(tenant, refusal.faults)), 422
    return _statements(tenant, mine, done=done)


@blueprint.get(f"{HOME}/differences")
def differences(tenant: str) -> ResponseReturnValue:
    """Where the bank's books and ours differ."""
    return _differences(tenant, money_desk(tenant))


@blueprint.post(f"{HOME}/differences/<uuid:ident>/close")
def close(tenant: str, ident: UUID) -> ResponseReturnValue:
    """Close one with a reason."""
    mine = money_desk(tenant)
    try:
        mine.close(ident, written("reason", LONGEST_REASON))
    except Invalid as refusal:
        return _differences(tenant, mine, refused=ident, faults=told(tenant, refusal.faults)), 422
    except NotFound:
        return _differences(tenant, mine, is_conflict=True), 409
    return _done(tenant, "closed")


@blueprint.post(f"{HOME}/differences/<uuid:ident>/book")
def book(tenant: str, ident: UUID) -> ResponseReturnValue:
    """Book money that we did not know as a payment."""
    mine = money_desk(tenant)
    try:
        taking = mine.book(ident, written("customer_no"))
    except Invalid as refusal:
        return _differences(tenant, mine, refused=ident, faults=told(tenant, refusal.faults)), 422
    except (NotFound, Conflict):
        return _differences(tenant, mine, is_conflict=True), 409
    return _done(tenant, "booked" if taking is Taking.BOOKED else "kept")


def _done(tenant: str, what: str) -> ResponseReturnValue:
    return redirect(url_for("desk_reconciling.differences", tenant=tenant, done=what), 303)


def _statements(
    tenant: str, mine: MoneyDesk, *, faults: Mapping[str, str] | None = None, done: Imported | None = None
) -> str:
    page = _page()
    opened = mine.opened()
    found = mine.statements((page - 1) * A_PAGE, A_PAGE + 1)
    return render_template(
        "pages/desk_statements.html",
        pack=pages().office.tenant(tenant),
        opened=opened,
        statements=found[:A_PAGE],
        page=page,
        has_next=len(found) > A_PAGE,
        faults=faults or {},
        place=_place,
        done=done,
    )


def _differences(
    tenant: str,
    mine: MoneyDesk,
    *,
    refused: UUID | None = None,
    faults: Mapping[str, str] | None = None,
    is_conflict: bool = False,
) -> str:
    page = _page()
    found = mine.differences()
    here = found.open[(page - 1) * A_PAGE : page * A_PAGE]
    done = request.args.get("done", "")
    return render_template(
        "pages/desk_differences.html",
        pack=pages().office.tenant(tenant),
        opened=mine.opened(),
        found=found,
        differences=here,
        explained=lambda one: read(difference_text(one)),
        page=page,
        has_next=len(found.open) > page * A_PAGE,
        refused=refused,
        faults=faults or {},
        is_conflict=is_conflict,
        done=done if done in DONE else "",
    )


def _place(field: str) -> str:
    """Where a fault of a file is, in the reader's language: `baris 3, kolom amount`."""
    return PLACE.sub(lambda word: say(f"treasury.place.{word[0]}"), field)


def _page() -> int:
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 5 else 0
    if not 1 <= number <= MOST_PAGES:
        raise NotFound("there is no such page")
    return number
