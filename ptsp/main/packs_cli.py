"""`ptsp packs`: check the tenants' packs, and show what is in force and which file says so."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from ptsp.infra.packs import (
    TIMING,
    Checked,
    Layers,
    look_at,
    pack_to_json,
    read_pack,
    service_to_json,
)
from ptsp.kernel.errors import Fault, NotFound
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import CalendarSpec, ServiceSpec, TenantPack
from ptsp.main.settings import Settings

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def packs() -> None:
    """Check and show the tenants' packs."""


@packs.command("check")
@click.argument("folder", metavar="[DIR]", type=FOLDER, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(*, folder: Path | None, as_json: bool) -> None:
    """Name every mistake of all packs in DIR at once: file, path, reason. Exits with 1 if there is any."""
    checked = look_at(folder or _tenants_dir())
    if as_json:
        click.echo(json.dumps(_as_json(checked), ensure_ascii=False, indent=2))
    else:
        for line in _report(checked):
            click.echo(line)
    if checked.faults:
        raise SystemExit(1)


@packs.command("show")
@click.argument("code")
@click.argument("service", required=False)
@click.option("--dir", "folder", type=FOLDER, help="Where the packs are, if not where the settings say.")
@click.option("--json", "as_json", is_flag=True, help="Print it as it is stored.")
def show(*, code: str, service: str | None, folder: Path | None, as_json: bool) -> None:
    """Show what is in force at the tenant CODE, or of one SERVICE, and from which file each part comes."""
    root = folder or _tenants_dir()
    pack = read_pack(root, code)
    chosen = _service_of(pack, service) if service else None
    if as_json:
        stored = service_to_json(chosen) if chosen else pack_to_json(pack)
        click.echo(json.dumps(stored, ensure_ascii=False, indent=2))
        return
    layers = look_at(root, only=code).offices[0]
    for line in _service_lines(chosen, layers) if chosen else _pack_lines(pack, layers):
        click.echo(line)


def _tenants_dir() -> Path:
    return Settings.from_env(os.environ).tenants_dir


def _service_of(pack: TenantPack, code: str) -> ServiceSpec:
    if code not in pack.services:
        raise NotFound(f"{pack.code} has no service `{code}`; there is {', '.join(sorted(pack.services))}")
    return pack.services[code]


# check


def _report(checked: Checked) -> Iterator[str]:
    for file, faults in groupby(checked.faults, key=_file):
        yield file
        for fault in faults:
            path = fault.field.partition(": ")[2]
            yield f"  {path}: {fault.reason}" if path else f"  {fault.reason}"
        yield ""
    count = len(checked.faults)
    yield f"{_plural(len(checked.offices), 'pack')}, {_plural(count, 'fault')}"


def _as_json(checked: Checked) -> dict[str, Any]:
    faults = [
        {"file": _file(one), "path": one.field.partition(": ")[2], "reason": one.reason}
        for one in checked.faults
    ]
    return {"packs": [one.code for one in checked.offices], "faults": faults}


def _file(fault: Fault) -> str:
    return fault.field.partition(": ")[0]


def _plural(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


# show


def _pack_lines(pack: TenantPack, layers: Layers) -> Iterator[str]:
    yield f"{pack.code}: {pack.name['id']} / {pack.name['en']}"
    head = f"{pack.region} {pack.region_code}, {pack.time_zone}, {pack.pattern}, references {pack.prefix}-..."
    yield from _table("office", [(head, layers.tenant.file if layers.tenant else "")])
    week = _calendar(pack.calendar)
    yield from _table("calendar", [(week, layers.calendar.file if layers.calendar else "")])
    agencies = layers.agencies or {}
    rows = [(f"{code}: {_answers(pack, code)}", agencies[code].file) for code in pack.agencies]
    yield from _table("agencies", rows)
    services = [
        (f"{one.code}: {_promise(one)}", layers.services[one.code].file) for one in pack.services.values()
    ]
    yield from _table("services", services)
    yield from _table("texts", [(key, part.file) for key, part in (layers.texts or {}).items()])
    yield from _table("templates", [(name, file) for name, (file, _) in layers.templates.items()])
    yield f"digest {pack.digest}"


def _service_lines(service: ServiceSpec, layers: Layers) -> Iterator[str]:
    file = layers.services[service.code].file
    yield f"{service.code}: {service.name['id']} / {service.name['en']}"
    yield from _table("promise", [(_promise(service), file), (_offer(service), file)])
    yield from _table("standard", list(_components(service, layers)))
    yield from _table("time", list(_timing(service, layers)))
    yield from _table("fields", [(_named(one.code, one.type, when=one.when), file) for one in service.fields])
    wanted = [(_named(one.code, one.permit or "file", when=one.when), file) for one in service.requirements]
    yield from _table("requirements", wanted)
    steps = [
        _named(one.code, f"{one.kind} {one.agency}, {_limit(one.limit)}", after=one.after, when=one.when)
        for one in service.route
    ]
    yield from _table("route", [(one, file) for one in steps])
    fee = service.fee
    yield from _table("fee", [(f"{fee.legal_basis} ({fee.basis}: {fee.source})", file)])
    yield from _table("lines", [(f"{one.code} [{one.account}] = {one.amount}", file) for one in fee.lines])
    tables = [(f"{one.code}, {one.kind} ({one.basis}: {one.source})", file) for one in fee.tables.values()]
    yield from _table("tables", tables)


def _components(service: ServiceSpec, layers: Layers) -> Iterator[tuple[str, str]]:
    """The components of the standard that may come from elsewhere than the service's own file."""
    part = layers.services[service.code]
    raw: Mapping[str, Any] = part.raw["standard"]
    own = {"complaints"} & raw.keys() | raw.get("internal", {}).keys()
    defaults = {**layers.internal, **({"complaints": layers.complaints} if layers.complaints else {})}
    words = {"complaints": service.standard.complaints, **service.standard.internal}
    for key, text in words.items():
        yield f"{key}: {text['en']}", part.file if key in own else defaults[key].file


def _timing(service: ServiceSpec, layers: Layers) -> Iterator[tuple[str, str]]:
    """The rules of time that are given somewhere, as written, and the file that gives each."""
    part = layers.services[service.code]
    for key in TIMING:
        own = part.raw["standard"].get(key)
        raw, file = (own, part.file) if own is not None else _default(layers, key)
        if raw is not None:
            yield f"{key}: {json.dumps(raw, ensure_ascii=False)}", file


def _default(layers: Layers, key: str) -> tuple[Any, str]:
    part = layers.timing.get(key)
    return (part.raw, part.file) if part else (None, "")


def _calendar(calendar: CalendarSpec) -> str:
    leave = "off" if calendar.collective_leave else "worked"
    regional = _plural(len(calendar.days_off), "regional day")
    made_up = _plural(len(calendar.make_up_days), "make-up day")
    hours = "office hours" if calendar.hours else "no office hours"
    days = f"{len(calendar.weekdays)} days a week, {hours}"
    return f"{days}, collective leave is {leave}, {regional} off, {made_up}"


def _answers(pack: TenantPack, code: str) -> str:
    agency = pack.agencies[code]
    ways = [f"connector {agency.connector}"] if agency.connector else []
    answers = " and ".join([*ways, *(["desk"] if agency.desk else [])])
    return f"{answers}, {_calendar(agency.calendar)}" if agency.calendar else answers


def _promise(service: ServiceSpec) -> str:
    promised = service.standard.time_limit
    fee = "free" if not service.fee.lines else f"fee by {len(service.fee.lines)} lines, {service.gate}"
    limit = f"{_limit(promised.limit)} ({promised.basis})"
    return f"{service.outcome}, {limit}, {fee}, signed by {service.signer} in {_limit(service.sign_limit)}"


def _limit(limit: Limit) -> str:
    first = " with the first" if limit.counts_first_day else ""
    return f"{limit.amount} {limit.unit}{first}"


def _offer(service: ServiceSpec) -> str:
    until = f" until {service.offered_until}" if service.offered_until else ""
    return f"standard version {service.standard.version}, offered from {service.offered_from}{until}"


def _named(code: str, what: str, *, after: Iterable[str] = (), when: str | None = None) -> str:
    behind = f" after {', '.join(after)}" if tuple(after) else ""
    condition = f" when {when}" if when else ""
    return f"{code}: {what}{behind}{condition}"


def _table(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if not rows:
        return
    yield title
    for words, file in rows:
        line = " ".join(words.split())
        yield f"  {line}  <- {file}"
