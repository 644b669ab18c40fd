"""`ptsp packs diff`, `plan`, `apply`, `rollback` and `history`: what a pack would change, and changing it."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from ptsp.flows.apply_pack import Applied, apply_packs
from ptsp.flows.plan_pack import PackPlan, plan_pack
from ptsp.flows.roll_back_pack import former_pack, pack_history, roll_back_pack
from ptsp.infra.packs import read_pack
from ptsp.infra.servers.places import Places
from ptsp.kernel.errors import Fault, Invalid, NotFound
from ptsp.main.calendar_following import follow_calendars, followed_in_words
from ptsp.main.connections import engine_for
from ptsp.main.pack_fees import FeeEffect, fee_effects
from ptsp.main.pack_lines import LANGUAGES, against, diff_lines, plan_as_json, plan_lines
from ptsp.main.pack_sources import Source, of_base, of_province, sources_of, whole_folder
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
dir_option = click.option(
    "--dir", "folder", type=FOLDER, help="Where the packs are, if not where the settings say."
)
lang_option = click.option("--lang", type=click.Choice(LANGUAGES), default="id", show_default=True)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@click.argument("code", metavar="CODE|DIR/CODE")
@click.option(
    "--against", "other", type=FOLDER, help="Another folder of packs, in place of what is in force."
)
@dir_option
@lang_option
def diff(*, code: str, other: Path | None, folder: Path | None, lang: str) -> None:
    """Say in plain words what the files of CODE would change against what is in force."""
    settings = Settings.from_env(os.environ)
    root, code = _place(settings, folder, code)
    pack = read_pack(root, code, reach=settings.reach)
    if other is not None or not _has_database(settings):
        old = read_pack(other, code, reach=settings.reach) if other is not None else None
        lines = list(against(old, pack, lang))
    else:
        with running(settings) as settings:
            owner = engine_for(settings, "ptsp_owner", pool_size=1)
            plan = plan_pack(owner, pack)
            owner.dispose()
        lines = list(diff_lines(plan.before, pack, plan.changes, plan.open_cases or {}, lang))
    for line in lines:
        click.echo(line)


@click.command()
@click.argument("names", metavar="CODE|FILE...", nargs=-1, required=True)
@dir_option
@lang_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan(*, names: tuple[str, ...], folder: Path | None, lang: str, as_json: bool) -> None:
    """Say what applying would do to open cases, fees and promises, and whether it would be refused.

    Writes nothing. Ends with status 1 where a pack would be refused.
    """
    settings = Settings.from_env(os.environ)
    root = folder or settings.tenants_dir
    with sources_of(settings, names, root, now=datetime.now(UTC)) as sources, running(settings) as settings:
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        plans = _planned(owner, sources)
        owner.dispose()
    if as_json:
        click.echo(json.dumps([plan_as_json(*one) for one in plans], ensure_ascii=False, indent=2))
    else:
        _show(plans, lang)
    if any(one.faults for one, _ in plans):
        raise SystemExit(1)


@click.command()
@click.argument("names", metavar="[CODE|FILE...]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every pack of the folder.")
@click.option("--province", metavar="REGION", help="Every office of a province, all of them or none.")
@click.option("--base", help="Every office that builds on this base, all of them or none.")
@click.option("--together", is_flag=True, help="All of those named or none.")
@dir_option
@lang_option
@yes_option
def apply(
    *,
    names: tuple[str, ...],
    everything: bool,
    province: str | None,
    base: str | None,
    together: bool,
    folder: Path | None,
    lang: str,
    yes: bool,
) -> None:
    """Bring packs into force: one transaction an office, or one for all with --province, --base or --together.

    Running processes see them within seconds; nothing is restarted. Open cases keep their standards.
    """
    if sum((bool(names), everything, province is not None, base is not None)) != 1:
        raise Invalid([Fault("packs", "name packs, or give one of --all, --province and --base")])
    settings = Settings.from_env(os.environ)
    root = folder or settings.tenants_dir
    with sources_of(settings, names, root, now=datetime.now(UTC)) as named, running(settings) as settings:
        sources = named or _chosen(settings, root, province, base)
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        try:
            plans = _planned(owner, sources)
            _show(plans, lang)
            if any(one.faults for one, _ in plans):
                raise SystemExit(1)
            if not yes:
                click.confirm(f"apply {len(sources)}?", abort=True)
            as_one = together or province is not None or base is not None
            batches = [sources] if as_one else [[source] for source in sources]
            for batch in batches:
                _tell(settings, _apply(owner, batch))
        finally:
            owner.dispose()


@click.command()
@click.argument("code")
@click.option(
    "--to", "digest", default="", metavar="DIGEST", help="The pack to go back to; else the one before."
)
@lang_option
@yes_option
def rollback(*, code: str, digest: str, lang: str, yes: bool) -> None:
    """Bring a pack that was in force at CODE before into force again; nothing is deleted.

    The files stay as they are, and applying them again brings them back into force.
    """
    with running(Settings.from_env(os.environ)) as settings:
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        try:
            pack = former_pack(owner, code, digest)
            found = plan_pack(owner, pack, is_former=True)
            _show([(found, [])], lang)
            if found.faults:
                raise SystemExit(1)
            if not yes:
                click.confirm(f"go back to {pack.digest[:12]}?", abort=True)
            applied = roll_back_pack(owner, pack, by="ptsp packs rollback")
        finally:
            owner.dispose()
        _tell(settings, [applied])


@click.command()
@click.argument("code")
def history(*, code: str) -> None:
    """List what has been in force at CODE, the newest first."""
    with running(Settings.from_env(os.environ)) as settings:
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        try:
            rows = pack_history(owner, code)
        finally:
            owner.dispose()
    for at, one in enumerate(rows):
        state = "in force" if at == 0 else ""
        click.echo(f"{one.digest[:12]}  {one.at:%Y-%m-%d %H:%M:%S}Z  {one.by}  {state}".rstrip())


def _place(settings: Settings, folder: Path | None, code: str) -> tuple[Path, str]:
    """`sidoarjo` in the folder of packs, or `path/to/packs/sidoarjo`."""
    path = Path(code)
    return (path.parent, path.name) if len(path.parts) > 1 else (folder or settings.tenants_dir, code)


def _has_database(settings: Settings) -> bool:
    return bool(settings.database_url) or Places(settings.home, settings.home).postgres.exists()


def _chosen(settings: Settings, root: Path, province: str | None, base: str | None) -> list[Source]:
    found = whole_folder(settings, root)
    if province is not None:
        return of_province(found, province)
    found = of_base(found, root, base) if base is not None else found
    if not found:
        raise NotFound(f"there is no pack in {root}")
    return found


Planned = tuple[PackPlan, list[FeeEffect]]


def _planned(owner: Engine, sources: Sequence[Source]) -> list[Planned]:
    """What each would do, and what that means for its fees."""
    planned = []
    for source in sources:
        found = plan_pack(owner, source.pack)
        old = found.before
        fees = fee_effects(source.root, old, found.pack, found.changes) if old is not None else []
        planned.append((found, fees))
    return planned


def _show(plans: Sequence[Planned], language: str) -> None:
    for one, fees in plans:
        for line in plan_lines(one, fees, language):
            click.echo(line)


def _apply(owner: Engine, sources: Sequence[Source]) -> list[Applied]:
    """In one transaction; the history says who vouched for what was applied."""
    signers = sorted({one.signer for one in sources if one.signer})
    by = f"ptsp packs apply, signed by {' and '.join(signers)}" if signers else "ptsp packs apply"
    return apply_packs(owner, [one.pack for one in sources], by=by)


def _tell(settings: Settings, applied: Sequence[Applied]) -> None:
    """What was done; open cases follow where a calendar is another one now."""
    for one in applied:
        state = "now in force" if one.is_new else "in force already"
        standards = f", new standards: {', '.join(one.new_standards)}" if one.new_standards else ""
        click.echo(f"{one.tenant}: {state}{standards}")
        if one.has_new_calendar:
            followed = follow_calendars(settings, one.tenant)[one.tenant]
            click.echo(f"{one.tenant}: {followed_in_words(followed)}")
