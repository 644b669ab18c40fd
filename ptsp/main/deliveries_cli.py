"""What does not come through, why, and how to send it on; nothing may wait unseen."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from uuid import UUID

import click
from sqlalchemy import Engine

from ptsp.domain import deliveries as room
from ptsp.domain import routes
from ptsp.flows.replay_deliveries import Replayed, hand_to_desk, replay_deliveries, replay_task
from ptsp.flows.show_dead import DeadView, show_dead
from ptsp.infra.gateway import Partners
from ptsp.infra.tenants import Tenant, TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import doorbell_of, engine_for
from ptsp.main.differences import tell
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from ptsp.main.wiring import partners_of

BY = "operator"
CAUSES = click.Choice([*(cause.value for cause in routes.Cause), room.MESSAGE])


@dataclass(frozen=True, slots=True)
class Counter:
    """What the commands work with."""

    settings: Settings
    engine: Engine
    book: TenantBook
    partners: Partners

    def offices(self, tenant: str | None) -> list[Tenant]:
        return list(self.book.all()) if tenant is None else [self.book.get(tenant)]


@click.group()
def deliveries() -> None:
    """Show what does not come through, and send it on.

    A question is dead when only a person can say what becomes of it: refused, faulty, too old, or perhaps with the
    agency already. It keeps its key, however often it is sent.
    """


@deliveries.command("list")
@click.argument("tenant", required=False)
@click.option("--cause", type=CAUSES, help="only these")
@click.option("--agency", help="only what this agency was to be asked")
@click.option("--after", help="the page after this one, as the last page said")
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="so many an office"
)
@click.option("--json", "as_json", is_flag=True, help="one JSON object a delivery")
def list_dead(
    *, tenant: str | None, cause: str | None, agency: str | None, after: str | None, limit: int, as_json: bool
) -> None:
    """List dead deliveries of TENANT or of all offices, the longest waiting first.

    A failed message (cause `message`) is sent on by `ptsp messages retry`.
    """
    if after and tenant is None:
        raise click.UsageError("--after needs the TENANT whose page it was")
    total = 0
    with _counter() as counter:
        for office in counter.offices(tenant):
            with begin(counter.engine, office, actor=BY) as work:
                page = show_dead(work, counter.partners, cause=cause, agency=agency, after=after, limit=limit)
                now = work.now
            total += len(page.found)
            for one in page.found:
                age_h = (now - one.since).total_seconds() / 3600
                click.echo(_as_json(office, one) if as_json else f"{office.code}  {_line(one, age_h)}")
            if page.next:
                more = _more(office, page.next, cause=cause, agency=agency, limit=limit)
                click.echo(f"more: {more}", err=True)
        if not total and cause != room.MESSAGE:
            _check_agency(counter.offices(tenant), agency)
    if not as_json:
        click.echo(f"{total} {'is' if total == 1 else 'are'} dead" if total else "nothing is dead")


@deliveries.command()
@click.argument("tenant")
@click.argument("task", type=click.UUID, required=False)
@click.option("--cause", type=CAUSES, help="all of this cause")
@click.option("--agency", help="all that this agency was to be asked")
@click.option("--all", "is_all", is_flag=True, help="all of the office")
@click.option("--sent-nothing", is_flag=True, help="somebody has looked: the agency has nothing of it")
@click.option("--plan", "is_plan", is_flag=True, help="only say how many would go on")
def replay(
    *,
    tenant: str,
    task: UUID | None,
    cause: str | None,
    agency: str | None,
    is_all: bool,
    sent_nothing: bool,
    is_plan: bool,
) -> None:
    """Send stuck tasks of the office TENANT on their way again: one TASK, or those of a filter. They keep their keys.

    What an agency may have that cannot be asked stays, unless --sent-nothing is said.
    """
    if (task is not None) == bool(cause or agency or is_all):
        raise click.UsageError("name one task, or say --cause, --agency or --all")
    if task is not None and is_plan:
        raise click.UsageError("--plan is for a filter")
    if cause == room.MESSAGE:
        raise click.UsageError("messages are sent on by `ptsp messages retry TENANT`")
    with _counter() as counter:
        office = counter.book.get(tenant)
        if task is not None:
            with begin(counter.engine, office, actor=BY) as work:
                replay_task(work, counter.partners, task, sent_nothing=sent_nothing)
            going, unsure = 1, 0
        else:
            pages = list(_pages(counter, office, cause, agency, sent_nothing=sent_nothing, is_plan=is_plan))
            going, unsure = sum(len(one.going) for one in pages), sum(len(one.unsure) for one in pages)
            if not going and not unsure:
                _check_agency([office], agency)
        if not is_plan:
            doorbell_of(counter.settings).ring()
    goes = "would go" if is_plan else "goes" if going == 1 else "go"
    click.echo(f"{going} {goes} on")
    if unsure:
        click.echo(f"{unsure} may be at the agency already: look there first, then say --sent-nothing")


def _pages(
    counter: Counter,
    office: Tenant,
    cause: str | None,
    agency: str | None,
    *,
    sent_nothing: bool,
    is_plan: bool,
) -> Iterator[Replayed]:
    """A page a transaction, so that nobody waits for thousands."""
    place = None
    while True:
        with begin(counter.engine, office, actor=BY) as work:
            page = replay_deliveries(
                work,
                counter.partners,
                cause=cause,
                agency=agency,
                sent_nothing=sent_nothing,
                is_plan=is_plan,
                after=place,
            )
        yield page
        place = page.next
        if place is None:
            return


@deliveries.command()
@click.argument("tenant")
@click.argument("task", type=click.UUID)
@click.argument("desk")
def hand(*, tenant: str, task: UUID, desk: str) -> None:
    """Hand a stuck TASK of the office TENANT to a DESK, whose officers answer it by hand from now on."""
    with _counter() as counter, begin(counter.engine, counter.book.get(tenant), actor=BY) as work:
        hand_to_desk(work, task, desk)
    click.echo(f"{task} is answered at {desk}")


@deliveries.command()
@click.argument("tenant", required=False)
@click.option("--json", "as_json", is_flag=True, help="one JSON object an agency")
def circuits(*, tenant: str | None, as_json: bool) -> None:
    """List agencies that did not answer the last time, with those that nothing but a probe is sent to now."""
    total = 0
    with _counter() as counter:
        for office in counter.offices(tenant):
            with begin(counter.engine, office, actor=BY) as work:
                found = [one for one in room.circuits(work.connection, office.id) if one.failures]
            total += len(found)
            for one in found:
                row = {"tenant": office.code, **asdict(one)}
                click.echo(
                    json.dumps(row, default=str) if as_json else f"{office.code}  {_circuit(office, one)}"
                )
    if not as_json and not total:
        click.echo("all agencies answer")


@deliveries.command()
@click.argument("tenant", required=False)
@click.option("--json", "as_json", is_flag=True, help="the sums as one JSON object")
def check(*, tenant: str | None, as_json: bool) -> None:
    """Check that nothing waits unseen: whatever is under way waits for a moment. Exit 1 where something does not."""
    found: dict[str, list[str]] = {}
    with _counter() as counter:
        offices = counter.offices(tenant)
        for office in offices:
            with begin(counter.engine, office, actor=BY) as work:
                unseen = room.unseen(work.connection)
            if unseen:
                found[office.code] = [
                    f"{one.kind} {one.id} of {one.agency} is {one.state}, and nobody will look at it"
                    for one in unseen
                ]
    tell({"offices": len(offices)}, found, as_json=as_json)


@contextmanager
def _counter() -> Iterator[Counter]:
    with running(Settings.from_env(os.environ)) as settings:
        engine = engine_for(settings, "ptsp_app", pool_size=1)
        try:
            yield Counter(settings, engine, TenantBook(engine, Vault(settings.secret)), partners_of(settings))
        finally:
            engine.dispose()


def _check_agency(offices: Sequence[Tenant], agency: str | None) -> None:
    """Where nothing was found, a misspelt agency must not pass for good news. Raises BadParameter."""
    if agency and not any(agency in office.pack.agencies for office in offices):
        raise click.BadParameter(f"no agency has the code {agency!r}", param_hint="--agency")


def _more(office: Tenant, after: str, *, cause: str | None, agency: str | None, limit: int) -> str:
    """The command that shows the next page of the same."""
    filters = {"--cause": cause, "--agency": agency, "--limit": limit, "--after": after}
    said = " ".join(f"{name} {value}" for name, value in filters.items() if value)
    return f"ptsp deliveries list {office.code} {said}"


def _line(one: DeadView, age_h: float) -> str:
    services = f" for {', '.join(one.services)}" if one.services else ""
    check = ", look there first" if one.needs_check else ""
    return (
        f"{one.id}  {one.cause}{check}: {one.code} at {one.agency}{services} ({one.reference}),"
        f" {age_h:.1f} h, tried {'once' if one.attempts == 1 else f'{one.attempts} times'}: {one.words}"
    )


def _as_json(office: Tenant, one: DeadView) -> str:
    names = ("agency_name", "cause_name")
    row = {name: value for name, value in asdict(one).items() if name not in names}
    return json.dumps({"tenant": office.code, **row}, default=str)


def _circuit(office: Tenant, one: room.Circuit) -> str:
    zone = office.calendar.zone
    if one.opened_at is None or one.probe_at is None:
        return f"{one.agency}: {one.failures} failures in a row"
    since, probe = one.opened_at.astimezone(zone), one.probe_at.astimezone(zone)
    outage = ", an outage is on record" if one.outage_id else ""
    return (
        f"{one.agency}: left alone since {since:%Y-%m-%d %H:%M:%S} after {one.failures} failures in a row,"
        f" next probe {probe:%H:%M:%S}{outage}"
    )
