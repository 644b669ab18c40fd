"""`ptsp packs`: check the tenants' packs, and show what they say and which file says so."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from ptsp.infra.packs import (
    BY_LAWS,
    TIMING,
    Checked,
    Layers,
    Part,
    look_at,
    pack_to_json,
    read_pack,
    service_to_json,
)
from ptsp.kernel.errors import Fault, NotFound
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import Audience, CalendarSpec, FeeSpec, InterestSpec, ServiceSpec, TenantPack
from ptsp.main.fee_examples import example_faults, fee_examples
from ptsp.main.packs_apply_cli import apply, diff, history, plan, rollback
from ptsp.main.packs_archive_cli import pack as pack_command
from ptsp.main.packs_archive_cli import sign_file, verify_file
from ptsp.main.packs_new_cli import new
from ptsp.main.settings import Settings

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def packs() -> None:
    """Start, check, show, plan and apply the tenants' packs."""


for _command in (new, diff, plan, apply, rollback, history, pack_command, sign_file, verify_file):
    packs.add_command(_command)


@packs.command("check")
@click.argument("folder", metavar="[DIR]", type=FOLDER, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(*, folder: Path | None, as_json: bool) -> None:
    """Name every mistake of all packs in DIR at once: file, path, reason. Exits with 1 if there is any.

    Runs the worked examples of fees, too: each figure that comes out otherwise is a mistake.
    """
    settings = Settings.from_env(os.environ)
    checked = look_at(folder or settings.tenants_dir, reach=settings.reach)
    examples = fee_examples(checked)
    faults = [*checked.faults, *(fault for one in examples for fault in example_faults(one))]
    if as_json:
        found = {
            "packs": [one.code for one in checked.offices],
            "faults": len(faults),
            "fee_examples": len(examples),
            "mistakes": [_as_json(one) for one in faults],
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for line in _report(checked, faults, len(examples)):
            click.echo(line)
    if faults:
        raise SystemExit(1)


@packs.command("show")
@click.argument("code")
@click.argument("service", required=False)
@click.option("--dir", "folder", type=FOLDER, help="Where the packs are, if not where the settings say.")
@click.option("--json", "as_json", is_flag=True, help="Print it as it is stored.")
def show(*, code: str, service: str | None, folder: Path | None, as_json: bool) -> None:
    """Show what is in force at the tenant CODE, or of one SERVICE, and from which file each part comes."""
    settings = Settings.from_env(os.environ)
    root = folder or settings.tenants_dir
    pack = read_pack(root, code, reach=settings.reach)
    chosen = _service_of(pack, service) if service else None
    if as_json:
        stored = service_to_json(chosen) if chosen else pack_to_json(pack)
        click.echo(json.dumps(stored, ensure_ascii=False, indent=2))
        return
    layers = look_at(root, only=code).offices[0]
    for line in _service_lines(chosen, layers) if chosen else _pack_lines(pack, layers):
        click.echo(line)


def _service_of(pack: TenantPack, code: str) -> ServiceSpec:
    if code not in pack.services:
        raise NotFound(f"{pack.code} has no service `{code}`; there is {', '.join(sorted(pack.services))}")
    return pack.services[code]


# check


def _report(checked: Checked, faults: list[Fault], examples: int) -> Iterator[str]:
    for file, those in groupby(faults, key=_file):
        yield file
        for fault in those:
            path = fault.field.partition(": ")[2]
            yield f"  {path}: {fault.reason}" if path else f"  {fault.reason}"
        yield ""
    laws = len(checked.library.codes)
    counted = [
        _plural(len(checked.offices), "pack"),
        _plural(laws, "by-law"),
        _plural(examples, "fee example"),
    ]
    yield ", ".join([*counted, _plural(len(faults), "fault")])


def _as_json(fault: Fault) -> dict[str, Any]:
    return {"file": _file(fault), "path": fault.field.partition(": ")[2], "reason": fault.reason}


def _file(fault: Fault) -> str:
    return fault.field.partition(": ")[0]


def _plural(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


# show


def _pack_lines(pack: TenantPack, layers: Layers) -> Iterator[str]:
    yield f"{pack.code}: {pack.name['id']} / {pack.name['en']}"
    place = f"{pack.region} {pack.region_code}".strip()
    head = f"{place}, {pack.time_zone}, {pack.pattern}, references {pack.prefix}-..."
    under = f" under {pack.above}" if pack.above else ""
    file = layers.tenant.file if layers.tenant else ""
    yield from _table("office", [(head, file), (f"{pack.level}{under}", file)])
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
    yield from _fee_lines(service.fee, layers.services[service.code])


def _fee_lines(fee: FeeSpec, part: Part) -> Iterator[str]:
    """What the fee says, each entry with the file that says it: the service's, its by-law's or the defaults'."""

    def of(path: str) -> str:
        return part.loans[path].part.file if path in part.loans else part.file

    told = [(f"{fee.legal_basis} ({fee.basis}: {fee.source})", part.file)]
    if fee.by_law is not None:
        told.append((f"by-law {fee.by_law}{_effect(fee)}", f"{BY_LAWS}/{fee.by_law}.yaml"))
    yield from _table("fee", told)
    entries: dict[str, list[str]] = {
        "lines": [f"{one.code} [{one.account}, {one.agency}] = {one.amount}" for one in fee.lines],
        "lets": [f"{name} = {value}" for name, value in fee.lets.items()],
        "tables": [f"{one.code}, {one.kind} ({one.basis}: {one.source})" for one in fee.tables.values()],
    }
    for key, rows in entries.items():
        yield from _table(key, [(row, of(f".fee.{key}[{at}]")) for at, row in enumerate(rows)])
    if not fee.lines:
        return
    rules, signers = fee.collection, fee.signers
    days = f"due in {rules.due_days} days, warned {rules.warn_after_days} days later ({rules.basis}: {rules.source})"
    late = [f"interest = {_interest(rules.interest)}"] if rules.interest else []
    yield from _table("collection", [(one, of(".fee.collection")) for one in (days, *late)])
    papers = f"notice {signers.notice}, receipt {signers.receipt}, demand {signers.demand}"
    yield from _table("signers", [(papers, of(".fee.signers"))])


def _effect(fee: FeeSpec) -> str:
    begins = f", in force from {fee.in_force_from}" if fee.in_force_from else ""
    return f"{begins} until {fee.in_force_until}" if fee.in_force_until else begins


def _interest(interest: InterestSpec) -> str:
    parts = "".join(f", {name} = {value}" for name, value in interest.lets.items())
    return f"{interest.amount}{parts}"


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
    whom = ", to the office's own staff" if service.audience is Audience.INTERNAL else ""
    return f"standard version {service.standard.version}, offered from {service.offered_from}{until}{whom}"


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
