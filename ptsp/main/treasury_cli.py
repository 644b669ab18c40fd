"""The treasury of an office: cash and deposits, bank statements, differences, revenue."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import Engine

from ptsp.domain.treasury import Difference
from ptsp.flows.close_difference import book_difference, close_difference
from ptsp.flows.deposit_cash import cash_to_deposit, deposit_cash
from ptsp.flows.difference_texts import difference_text
from ptsp.flows.import_statement import import_statement
from ptsp.flows.match_statement import Reconciliation, reconciliation
from ptsp.flows.revenue_report import RevenueReport, revenue_report
from ptsp.flows.revenue_sheet import revenue_xlsx
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import Work, begin
from ptsp.kernel.money import rupiah
from ptsp.main.connections import doorbell_of, engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.sdk.contract import Taking

BY = "operator"
A_DAY = click.DateTime(["%Y-%m-%d"])
AS_JSON = click.option("--json", "as_json", is_flag=True, help="one JSON object")


@click.group()
def treasury() -> None:
    """Cash and its deposits, bank statements, where the bank's books and ours differ, and revenue."""


@treasury.command()
@click.argument("tenant")
@AS_JSON
def cash(*, tenant: str, as_json: bool) -> None:
    """List cash of TENANT that is not deposited yet."""
    with _entered(tenant) as work:
        found = cash_to_deposit(work)
    if as_json:
        _echo({"cash": [asdict(one) for one in found], "late": sum(one.is_late for one in found)})
        return
    for one in found:
        when = f"LATE, was due {one.due_on}" if one.is_late else f"due {one.due_on}"
        click.echo(f"{one.day}  {rupiah(one.amount)} in {one.payments} payments, {when}")
    click.echo("all cash is deposited" if not found else f"{rupiah(sum(one.amount for one in found))} in all")


@treasury.command()
@click.argument("tenant")
@click.argument("day", type=A_DAY)
@click.option("--reference", required=True, help="the bank's, as on the deposit slip")
def deposit(*, tenant: str, day: datetime, reference: str) -> None:
    """Record that TENANT's cash of DAY was brought to the treasury's account."""
    with _entered(tenant) as work:
        done = deposit_cash(work, day.date(), reference, by=BY)
    click.echo(f"{rupiah(done.amount)} of {done.cash_on} is deposited under {done.reference}")


@treasury.command()
@click.argument("tenant")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
def statement(*, tenant: str, file: Path, as_json: bool) -> None:
    """Import a bank statement (CSV or camt.053) and match it. The same file again changes nothing."""
    with _entered(tenant) as work:
        done = import_statement(work, file.name, file.read_bytes())
    if as_json:
        _echo(asdict(done))
        return
    again = "was imported before; " if done.is_again else ""
    click.echo(f"{again}{done.lines} new entries from {done.first_on} to {done.last_on}, {done.known} known")
    click.echo(f"{done.matched} matched, unreconciled {done.unreconciled}")


@treasury.command()
@click.argument("tenant")
@AS_JSON
def differences(*, tenant: str, as_json: bool) -> None:
    """List where the bank's books and TENANT's differ, and is open. Ends with status 1 when anything is."""
    with _entered(tenant) as work:
        found = reconciliation(work)
    if as_json:
        _echo(_as_object(found))
    else:
        for one in found.open:
            click.echo(f"{one.id}  {one.on}  {one.reference}  {difference_text(one)['en']}")
        for odd in found.unexplained:
            click.echo(
                f"{odd.what} {odd.id}: {rupiah(odd.explained)} of {rupiah(odd.amount)} is accounted for"
            )
        click.echo(f"unreconciled {found.unreconciled}, closed {len(found.closed)}")
    if found.unreconciled:
        raise SystemExit(1)


@treasury.command()
@click.argument("tenant")
@click.argument("ident", metavar="DIFFERENCE", type=click.UUID)
@click.option("--reason", required=True, help="why it stands; it is kept")
def close(*, tenant: str, ident: UUID, reason: str) -> None:
    """Close DIFFERENCE of TENANT for good."""
    with _entered(tenant) as work:
        close_difference(work, ident, reason, by=BY)
    click.echo(f"{ident} is closed")


@treasury.command()
@click.argument("tenant")
@click.argument("ident", metavar="DIFFERENCE", type=click.UUID)
@click.option("--customer-no", default="", help="whose bill it pays, where the bank does not say it")
def book(*, tenant: str, ident: UUID, customer_no: str) -> None:
    """Book money that the bank has and TENANT's books do not as a payment."""
    with _running() as (settings, engine):
        office = TenantBook(engine, Vault(settings.secret)).get(tenant)
        with begin(engine, office, actor=BY) as work:
            taking = book_difference(work, ident, customer_no=customer_no, by=BY)
        doorbell_of(settings).ring()
    paid = "it pays its bill" if taking is Taking.BOOKED else "it fits no bill and is owed back"
    click.echo(f"booked: {paid}")


@treasury.command()
@click.argument("tenant")
@click.option("--from", "first", type=A_DAY, help="the first day; the first of that month if not said")
@click.option("--to", "last", type=A_DAY, help="the last day; today if not said")
@AS_JSON
@click.option(
    "--xlsx", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="write a workbook"
)
def report(
    *, tenant: str, first: datetime | None, last: datetime | None, as_json: bool, xlsx: Path | None
) -> None:
    """What came in for TENANT, by day, revenue account, agency and channel; reversals count on their own day."""
    with _entered(tenant) as work:
        days = (first.date() if first else None, last.date() if last else None)
        made, now = revenue_report(work, *days), work.now
    if xlsx is not None:
        xlsx.write_bytes(revenue_xlsx(made, now))
    if as_json:
        _echo(made.as_json())
        return
    _show(made)
    if xlsx is not None:
        click.echo(f"written to {xlsx}")


def _show(made: RevenueReport) -> None:
    for line in made.days:
        ways = f"cash {rupiah(line.cash)}, VA {rupiah(line.va)}, QRIS {rupiah(line.qris)}"
        click.echo(f"{line.day}  {line.account}  {line.agency}  {rupiah(line.total)} ({ways})")
    for one in made.refunds:
        click.echo(f"{one.day}  refunds: {rupiah(one.owed)} came to be owed, {rupiah(one.paid)} paid out")
    click.echo(f"{rupiah(made.total)} from {made.first} to {made.last}")


def _as_object(found: Reconciliation) -> dict[str, object]:
    return {
        "unreconciled": found.unreconciled,
        "differences": [_told(one) for one in found.open],
        "unexplained": [asdict(one) for one in found.unexplained],
        "closed": [asdict(one) for one in found.closed],
    }


def _told(one: Difference) -> dict[str, object]:
    return {"id": one.id, **asdict(one), "explanation": difference_text(one)["en"]}


def _echo(value: object) -> None:
    click.echo(json.dumps(value, default=_text, ensure_ascii=False, indent=2))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


@contextmanager
def _running() -> Iterator[tuple[Settings, Engine]]:
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            yield settings, engine
        finally:
            engine.dispose()


@contextmanager
def _entered(tenant: str) -> Iterator[Work]:
    """One transaction of one office."""
    with (
        _running() as (settings, engine),
        begin(engine, TenantBook(engine, Vault(settings.secret)).get(tenant), actor=BY) as work,
    ):
        yield work
