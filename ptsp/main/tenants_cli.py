"""One office as a whole: write it to a file, check the file, bring it back, remove it, and look for what is left."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import make_url

from ptsp.infra.database import platform_transaction
from ptsp.infra.files import open_store
from ptsp.infra.tenant_life import (
    Change,
    Manifest,
    Places,
    acts,
    clear_outside,
    offices,
    open_archive,
    plan_restore,
    queues_of,
    remove_rows,
    restore_archive,
    scan,
    sweep,
    write_archive,
)
from ptsp.infra.vault import Vault
from ptsp.kernel.errors import Fault, Invalid
from ptsp.main.settings import Settings
from ptsp.main.tenants_counter import (
    bar,
    before_restore,
    broker_connectors,
    digest_of,
    faults_of,
    moment,
    must_be_accounted_for,
    must_be_of,
    must_be_reached,
    must_be_removed,
    must_be_typed,
    must_be_whole,
    office_of,
    opened,
    outside,
    redis_line,
    source,
    tell_register,
)
from ptsp.main.wiring import keys_folder

FILE = click.Path(path_type=Path, dir_okay=False)
by_option = click.option("--by", default="", metavar="LABEL", help="Who does it: a label, such as admin-1.")
reason_option = click.option("--reason", default="", help="Why; it stays in the register.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
queue_option = click.option(
    "--queue", "queues", multiple=True, help="A queue of questions to look into as well."
)


@click.group()
def tenants() -> None:
    """Show offices, write one to a file, bring one back, or remove one."""


@tenants.command("list")
@json_option
def show(*, as_json: bool) -> None:
    """List the offices of this installation, and what was done to whole ones, the newest first."""
    with opened() as (_, owner):
        found = offices(owner)
        with platform_transaction(owner) as connection:
            done = acts(connection)
    if as_json:
        _print({"offices": list(map(asdict, found)), "acts": list(map(asdict, done))})
        return
    for one in found:
        kind = "archive" if one.is_archive else one.region_code
        click.echo(f"{one.id:>4}  {one.code}  {one.prefix}  {kind}")
    for act in done:
        click.echo(f"{moment(act.at)}  {act.code}  {act.act} by {act.by}: {act.reason}")


@tenants.command()
@click.argument("code")
@click.option("-o", "--output", required=True, type=FILE, help="A new file.")
@click.option("--open", "is_opened", is_flag=True, help="Also open personal data, for whoever takes over.")
@by_option
@reason_option
@json_option
def export(*, code: str, output: Path, is_opened: bool, by: str, reason: str, as_json: bool) -> None:
    """Write all of the office CODE to one file, as it stands at one moment: rows, documents, packs and ledger.

    Personal data stay sealed. --open adds them readable; that wants --by and --reason, and goes into the register.
    """
    if is_opened:
        must_be_accounted_for(by, reason)
    with opened() as (settings, owner):
        office = office_of(owner, code)
        with bar() as progress:
            written = write_archive(
                source(settings, owner), office, output, is_opened=is_opened, progress=progress
            )
        if is_opened:
            tell_register(owner, office, output, written.digest, by=by, reason=reason)
    manifest = written.manifest
    rows = sum(one.rows for one in manifest.tables)
    if as_json:
        counts = {"rows": rows, "tables": len(manifest.tables), "documents": manifest.documents}
        lacking = {"missing": manifest.missing, "shut": written.shut}
        _print({**_of(manifest), "file": output, "digest": written.digest, **counts, **lacking})
        return
    click.echo(
        f"{code}: {rows} rows of {len(manifest.tables)} tables, {manifest.documents} documents in {output}"
    )
    click.echo(f"as of {moment(manifest.taken_at)}, digest {written.digest}")
    if manifest.missing:
        click.echo(f"{manifest.missing} documents that rows name are not in the store, or damaged", err=True)
    if written.shut:
        click.echo(f"{written.shut} sealed values could not be opened", err=True)


@tenants.command()
@click.argument("file", type=FILE)
@json_option
def check(*, file: Path, as_json: bool) -> None:
    """Hold FILE against what it says of itself: every row, every document, and the office's signature.

    Ends with status 1 when anything is wrong, and names it by file and line.
    """
    settings = Settings.from_env(os.environ)
    with open_archive(file) as archive:
        faults = faults_of(settings, archive)
        manifest = archive.manifest
    if as_json:
        wrong = [{"field": one.field, "reason": one.reason} for one in faults]
        _print({**_of(manifest), "digest": archive.digest, "missing": manifest.missing, "faults": wrong})
    else:
        for fault in faults:
            click.echo(f"  {fault}")
        state = f"{len(faults)} faults" if faults else "whole, and signed by the office"
        click.echo(f"{manifest.office.code} as of {moment(manifest.taken_at)}: {state}")
        if manifest.missing:
            click.echo(f"{manifest.missing} documents were not in the store when it was written")
    sys.exit(1 if faults else 0)


@tenants.command()
@click.argument("code")
@click.argument("file", type=FILE)
@click.option("--plan", "is_plan", is_flag=True, help="Only say what would change.")
@click.option("--exactly", "is_exact", is_flag=True, help="Give numbers again, and send messages again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option
@reason_option
@json_option
def restore(
    *, code: str, file: Path, is_plan: bool, is_exact: bool, yes: bool, by: str, reason: str, as_json: bool
) -> None:
    """Bring the office CODE back to what FILE says, while all others work on.

    First the state as it is now is written to PTSP_HOME/archives. Numbers that were given since and messages that were
    sent since stay given and sent; questions to agencies are put again under their old keys, which agencies know.
    """
    if not is_plan:
        must_be_accounted_for(by, reason)
    with opened() as (settings, owner), open_archive(file) as archive:
        office = office_of(owner, code)
        must_be_of(archive, office)
        must_be_whole(settings, archive)
        vault = Vault(settings.secret)
        changes = [one for one in plan_restore(owner, archive, vault) if not one.is_same]
        for change in () if as_json else changes:
            click.echo(f"  {change.table}: {change.now} rows now, {change.then} then")
        said = {**_of(archive.manifest), "changes": [_change(one) for one in changes]}
        if is_plan:
            if as_json:
                _print(said)
            return
        if not yes:
            must_be_typed(office.code, "brought back")
        before = before_restore(settings, office.code)
        with bar() as progress:
            write_archive(source(settings, owner), office, before, progress=progress)
            click.echo(f"the state until now is in {before}", err=True)
            store = open_store(settings.files_url)
            done = restore_archive(
                owner, archive, store, vault, by=by, reason=reason, is_exact=is_exact, progress=progress
            )
    if as_json:
        _print({**said, "before": before, **asdict(done)})
        return
    click.echo(
        f"{code} is as of {moment(archive.manifest.taken_at)}: {done.rows} rows, {done.documents} documents brought"
        f" back; {done.numbers} series and {done.messages} messages stay as they are, for they are out in the world"
    )


@tenants.command()
@click.argument("code")
@click.option("--export", "file", type=FILE, help="The archive of it, which is checked first.")
@click.option("--no-export", is_flag=True, help="Without an archive.")
@queue_option
@by_option
@reason_option
@json_option
def remove(
    *,
    code: str,
    file: Path | None,
    no_export: bool,
    queues: tuple[str, ...],
    by: str,
    reason: str,
    as_json: bool,
) -> None:
    """Remove the office CODE: all rows, documents, keys, messages. It cannot be brought back.

    Started again after it was broken off, it takes away what was left outside the database; its queues are known no
    more then, and have to be named.
    """
    must_be_accounted_for(by, reason)
    if (file is None) != no_export:
        raise Invalid([Fault("export", "give the archive with --export FILE, or say --no-export")])
    rows = 0
    with opened() as (settings, owner), redis_line(settings) as line:
        must_be_reached(settings, line)
        office = next((one for one in offices(owner) if one.code == code), None)
        if office is None:
            must_be_removed(owner, code)
            looked_into = list(queues)
        else:
            digest = digest_of(settings, office, file)
            looked_into = [*queues, *queues_of(owner, office, broker_connectors(settings))]
            if settings.broker_url and looked_into:
                click.echo(f"its queues are {', '.join(looked_into)}", err=True)
            must_be_typed(code, "removed")
            rows = remove_rows(owner, office, by=by, reason=reason, digest=digest)
            sweep(owner)
        cleared = clear_outside(code, outside(settings, line, looked_into))
    if as_json:
        _print({"office": code, "rows": rows, **asdict(cleared)})
    else:
        for what, count in {"rows": rows, **asdict(cleared)}.items():
            click.echo(f"{code}: {count} {what.replace('_', ' ')} removed")
    if (settings.tenants_dir / code).exists():
        click.echo(f"its pack is still in {settings.tenants_dir}: ptsp migrate would open it anew", err=True)


@tenants.command("scan")
@click.argument("markers", metavar="MARKER...", nargs=-1, required=True)
@queue_option
@json_option
def look(*, markers: tuple[str, ...], queues: tuple[str, ...], as_json: bool) -> None:
    """Look for words in every table, document, key of Redis, message of the broker, and log.

    Ends with status 1 when any is found. The database is entered as PTSP_DATABASE_URL says: as a superuser.
    """
    with opened() as (settings, owner), redis_line(settings) as line:
        connectors = broker_connectors(settings)
        known = {queue for one in offices(owner) for queue in queues_of(owner, one, connectors)}
        url = make_url(settings.database_url).set(drivername="postgresql")
        places = Places(
            url.render_as_string(hide_password=False),
            open_store(settings.files_url),
            line,
            settings.broker_url,
            sorted({*known, *queues}),
            (settings.home / "log", keys_folder(settings), settings.home / "archives"),
        )
        found, looked = scan(places, markers)
    total = sum(one.count for one in found)
    if as_json:
        _print({"found": total, "traces": list(map(asdict, found)), "looked_at": asdict(looked)})
    else:
        for trace in found:
            click.echo(f"  {trace.marker}: {trace.count} in {trace.place}")
        over = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in asdict(looked).items())
        click.echo(f"markers found {total}, looked at {over}")
    sys.exit(1 if found else 0)


def _of(manifest: Manifest) -> dict[str, Any]:
    return {"office": manifest.office.code, "as_of": manifest.taken_at.isoformat()}


def _change(one: Change) -> dict[str, Any]:
    return {"table": one.table, "now": one.now, "then": one.then}


def _print(said: dict[str, Any]) -> None:
    click.echo(json.dumps(said, default=str))
