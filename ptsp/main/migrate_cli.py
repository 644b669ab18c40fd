"""Bring the database to the newest form and the packs into force."""

import os

import click
from sqlalchemy import Engine, create_engine, text

from ptsp.flows.apply_pack import Applied, apply_pack
from ptsp.infra.database import platform_transaction
from ptsp.infra.migrations import migrate as migrate_database
from ptsp.infra.packs import read_all
from ptsp.main.calendar_following import follow_calendars, followed_in_words
from ptsp.main.connections import engine_for
from ptsp.main.national_days import SOURCE, national_days
from ptsp.main.pack_sources import require_folders_allowed
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

FIRST_YEAR, LAST_YEAR = 2024, 2028

ADD_DAYS = text("""
    INSERT INTO app.national_day (on_day, kind, name, source)
    SELECT d.*, :source FROM unnest(CAST(:on_day AS date[]), CAST(:kind AS text[]), CAST(:name AS text[])) AS d
    ON CONFLICT (on_day, kind) DO UPDATE SET name = EXCLUDED.name, source = EXCLUDED.source""")


@click.command()
@click.option("--without-packs", is_flag=True, help="only the tables")
def migrate(*, without_packs: bool) -> None:
    """Bring the database to the newest form and apply the packs of PTSP_TENANTS_DIR."""
    with running(Settings.from_env(os.environ)) as settings:
        bring_up(settings)
        if not without_packs:
            for applied in apply_packs(settings):
                state = "now in force" if applied.is_new else "in force already"
                click.echo(f"{applied.tenant}: {state}, {len(applied.new_standards)} new standards")


def bring_up(settings: Settings) -> None:
    """Roles, tables and the national calendar. Safe to call again."""
    admin = create_engine(settings.admin_database_url)
    migrate_database(admin, settings.database_password)
    admin.dispose()
    owner = engine_for(settings, "ptsp_owner", pool_size=1)
    seed_national_days(owner)
    owner.dispose()


def apply_packs(settings: Settings) -> list[Applied]:
    """Bring every pack of the tenants' folder into force; open cases follow where a calendar has changed.

    Raises Forbidden where only signed archives may be applied (`ptsp packs apply FILE`).
    """
    require_folders_allowed(settings)
    owner = engine_for(settings, "ptsp_owner", pool_size=1)
    try:
        packs = read_all(settings.tenants_dir, reach=settings.reach)
        applied = [apply_pack(owner, pack, by="ptsp migrate") for pack in packs]
    finally:
        owner.dispose()
    for tenant, followed in follow_calendars(settings).items():
        if followed.bundles:
            click.echo(f"{tenant}: {followed_in_words(followed)}", err=True)
    return applied


def seed_national_days(owner: Engine) -> None:
    """Write public holidays and collective leave of the years in use; the tables are read from then on."""
    days = national_days(range(FIRST_YEAR, LAST_YEAR + 1))
    values = {
        "source": SOURCE,
        "on_day": [day.on for day in days],
        "kind": [day.kind for day in days],
        "name": [day.name for day in days],
    }
    with platform_transaction(owner) as connection:
        connection.execute(ADD_DAYS, values)
