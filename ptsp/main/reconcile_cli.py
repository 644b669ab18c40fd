"""Balance days with agencies: what we asked, what they list, what differs, and what was signed of it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import Engine

from ptsp.domain import balances as room
from ptsp.flows.end_gap import end_gap
from ptsp.flows.owe_balances import asked_agencies
from ptsp.flows.reconcile_partner import Reconciled
from ptsp.flows.verify_balances import verify_balances
from ptsp.infra.gateway import Partners
from ptsp.infra.signing import authority_pem, ensure_trust
from ptsp.infra.tenants import Tenant, TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.jobs.reconcile import Clerk, Unhad, balance_day, signer_of
from ptsp.main.connections import doorbell_of, engine_for
from ptsp.main.differences import tell
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.main.wiring import keys_folder, partners_of

BY = "operator"
LONGEST_S = 300.0  # nobody waits behind it
DAYS = 14
A_DAY = click.DateTime(formats=["%Y-%m-%d"])
AS_JSON = click.option("--json", "as_json", is_flag=True, help="one JSON object a line")


@dataclass(frozen=True, slots=True)
class Counter:
    """What the commands work with."""

    settings: Settings
    engine: Engine
    book: TenantBook
    partners: Partners

    @property
    def clerk(self) -> Clerk:
        return Clerk(self.engine, self.partners, keys_folder(self.settings), BY, LONGEST_S)

    def offices(self, tenant: str | None) -> list[Tenant]:
        return list(self.book.all()) if tenant is None else [self.book.get(tenant)]

    def agencies(self, office: Tenant, agency: str | None) -> list[str]:
        """Those that are asked, or the one that is named. Raises BadParameter for one that is not asked."""
        found = asked_agencies(self.partners, office)
        if agency and agency not in found:
            raise click.BadParameter(f"{office.code} asks no agency {agency!r}", param_hint="AGENCY")
        return [agency] if agency else found


@click.group()
def reconcile() -> None:
    """Balance days with agencies: what did we ask, what do they have.

    Workers do so by themselves, an hour after each office's midnight, and again while there are gaps. What an agency
    has lost is put again under its key; what nobody can mend is listed here until a person ends it.
    """


@reconcile.command()
@click.argument("tenant", required=False)
@click.argument("agency", required=False)
@click.option("--day", type=A_DAY, help="a day of the office that is over; the last one if not said")
@AS_JSON
def run(*, tenant: str | None, agency: str | None, day: datetime | None, as_json: bool) -> None:
    """Make the balance of one day, now or again, with AGENCY or all of TENANT or of all offices. Exit 1 on gaps."""
    is_whole = True
    with _counter() as counter:
        for office in counter.offices(tenant):
            with begin(counter.engine, office, actor=BY) as work:
                on = day.date() if day else room.last_day(work.now, office.calendar.zone)
            for one in counter.agencies(office, agency):
                row = _made(counter, office, one, on)
                is_whole = is_whole and row["state"] in (room.State.BALANCED, room.State.NO_LIST)
                click.echo(json.dumps(row, default=str) if as_json else _line(row))
        doorbell_of(counter.settings).ring()
    if not is_whole:
        raise SystemExit(1)


@reconcile.command()
@click.argument("tenant", required=False)
@click.option("--agency", help="only of this agency")
@AS_JSON
def gaps(*, tenant: str | None, agency: str | None, as_json: bool) -> None:
    """List open gaps of TENANT or of all offices, the oldest days first."""
    total = 0
    with _counter() as counter:
        for office in counter.offices(tenant):
            with begin(counter.engine, office, actor=BY) as work:
                found = room.open_gaps(work.connection, agency=agency)
            total += len(found)
            for one in found:
                row = {"tenant": office.code, **asdict(one)}
                click.echo(json.dumps(row, default=str) if as_json else f"{office.code}  {_gap(one)}")
    if not as_json:
        click.echo(f"{total} {'gap is' if total == 1 else 'gaps are'} open" if total else "no gap is open")


@reconcile.command()
@click.argument("tenant")
@click.option("--agency", help="only of this agency")
@click.option(
    "--days", default=DAYS, show_default=True, type=click.IntRange(1, 366), help="so many days back"
)
@AS_JSON
def show(*, tenant: str, agency: str | None, days: int, as_json: bool) -> None:
    """Show the balances of the last days of TENANT, the newest first."""
    with _counter() as counter:
        office = counter.book.get(tenant)
        count = days * len(counter.agencies(office, agency))
        with begin(counter.engine, office, actor=BY) as work:
            found = room.balances(work.connection, agency=agency, limit=count)
    for one in found:
        row = _row(office, one)
        click.echo(json.dumps(row, default=str) if as_json else _line(row))
    if not found and not as_json:
        click.echo("no day was balanced yet")


@reconcile.command()
@click.argument("tenant")
@click.argument("gap", type=click.UUID)
@click.option("--reason", required=True, help="why it ends; it is kept")
def end(*, tenant: str, gap: UUID, reason: str) -> None:
    """End an open GAP of TENANT for good: found again, it stays ended."""
    with _counter() as counter, begin(counter.engine, counter.book.get(tenant), actor=BY) as work:
        end_gap(work, signer_of(counter.clerk, work), gap, reason, by=BY)
    click.echo(f"{gap} has ended")


@reconcile.command()
@click.argument("tenant")
@click.argument("agency")
@click.option("--day", type=A_DAY, help="the last statement of this day; the very last one if not said")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="where to write statement, signature and the authority's certificate",
)
def export(*, tenant: str, agency: str, day: datetime | None, folder: Path) -> None:
    """Write a signed statement for AGENCY, which needs nothing of ours to verify it.

    openssl cms -verify -binary -inform DER -in NAME.p7s -content NAME.json -CAfile authority.pem
    """
    with _counter() as counter, begin(counter.engine, counter.book.get(tenant), actor=BY) as work:
        one = room.last_statement(work.connection, agency, day.date() if day else None)
        trust = ensure_trust(keys_folder(counter.settings), work.now.astimezone(UTC))
    if one is None:
        raise click.ClickException("nothing was signed of it")
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{tenant}-{agency}-{one.day}-{one.seq}"
    (folder / f"{name}.json").write_bytes(one.body)
    (folder / f"{name}.p7s").write_bytes(one.signature)
    (folder / "authority.pem").write_bytes(authority_pem(trust))
    click.echo(f"{folder / name}.json")


@reconcile.command()
@click.argument("tenant", required=False)
@click.option("--json", "as_json", is_flag=True, help="the sums as one JSON object")
def verify(*, tenant: str | None, as_json: bool) -> None:
    """Verify all statements of TENANT or of all offices: signatures, chain, and the books. Exit 1 on faults."""
    found: dict[str, list[str]] = {}
    signed = 0
    with _counter() as counter:
        offices = counter.offices(tenant)
        for office in offices:
            with begin(counter.engine, office, actor=BY) as work:
                trust = ensure_trust(keys_folder(counter.settings), work.now.astimezone(UTC))
                counts = room.statement_counts(work.connection)
                signed += sum(counts.values())
                wrong = [words for one in sorted(counts) for words in verify_balances(work, trust, one)]
            if wrong:
                found[office.code] = wrong
    tell({"offices": len(offices), "statements": signed}, found, as_json=as_json)


def _made(counter: Counter, office: Tenant, agency: str, day: date) -> dict[str, object]:
    try:
        made = balance_day(counter.clerk, office, agency, day)
    except Unhad as error:
        missing = room.Balance(agency, day, room.State.DUE, error=str(error))
        return _row(office, missing)
    return _row(office, made.balance, made)


def _row(office: Tenant, one: room.Balance, made: Reconciled | None = None) -> dict[str, object]:
    row: dict[str, object] = {"tenant": office.code, **asdict(one)}
    if made:
        row |= {"open": made.open, "found": made.found, "ended": made.ended}
        row |= {str(act): count for act, count in made.acts.items()}
    return row


def _line(row: dict[str, object]) -> str:
    """Such as `sidoarjo  2026-11-22  trade  gaps: sent 3, listed 2, matched 2, missing there 1; sent again 1`."""
    counts = [f"{name} {row[name]}" for name in ("sent", "listed", "matched")]
    if row["state"] == room.State.NO_LIST:
        counts = counts[:1]
    more = [f"{kind.replace('_', ' ')} {row[kind]}" for kind in (room.Kind.LET_GO, *room.GAPS) if row[kind]]
    acts = [f"{act.replace('_', ' ')} {row[act]}" for act in room.Act if row.get(act)]
    told = ", ".join([*counts, *more]) + (f"; {', '.join(acts)}" if acts else "")
    told = str(row["error"]) if row["state"] == room.State.DUE else told
    return f"{row['tenant']}  {row['day']}  {row['agency']}  {str(row['state']).replace('_', ' ')}: {told}"


def _gap(one: room.Gap) -> str:
    ours, theirs = one.ours or "nothing", one.theirs or "nothing"
    return (
        f"{one.id}  {one.day}  {one.agency}  {one.kind.replace('_', ' ')}: {one.key or 'no key'}"
        f" {one.number or 'no number'}; we say {ours}, they say {theirs}; {one.act.replace('_', ' ')}"
    )


@contextmanager
def _counter() -> Iterator[Counter]:
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            yield Counter(settings, engine, TenantBook(engine, Vault(settings.secret)), partners_of(settings))
        finally:
            engine.dispose()
