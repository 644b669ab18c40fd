"""Run the year in a database of its own, and hold what is stored against the ledger afterwards."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from psycopg import sql

from ptsp.domain import payments
from ptsp.flows.apply_pack import apply_pack
from ptsp.flows.recompute_fees import recompute_fees
from ptsp.flows.refold import recompute
from ptsp.infra.packs import read_all
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.bench.stores import connect, own_database
from ptsp.main.connections import engine_for
from ptsp.main.demo.orders import TENANT
from ptsp.main.migrate_cli import bring_up
from ptsp.main.settings import Settings
from ptsp.main.year.office import year_pack
from ptsp.main.year.play import FIRST, LANES, Year
from ptsp.main.year.proofs import proofs

DATABASE = "ptsp_year"
ANALYZED_ON = 1  # of each month, and on these days after the first, when the tables grow most quickly
EARLY = (3, 8, 18)


def run_year(
    settings: Settings, *, bundles: int, seed: int, progress: Callable[[date], None]
) -> dict[str, Any]:
    """Play it and prove it. `differences`, `without_cause` and `deemed_in_outage` have to be 0."""
    pack = year_pack(next(one for one in read_all(settings.tenants_dir) if one.code == TENANT))
    with own_database(settings.database_url, DATABASE) as url:
        own = replace(settings, database_url=url)
        bring_up(own)
        _make_ready(own)
        owner, engine = (
            engine_for(own, "ptsp_owner", pool_size=1),
            engine_for(own, "ptsp_worker", pool_size=LANES),
        )
        try:
            tenant_id = apply_pack(owner, pack, by="year").tenant_id
            book = TenantBook(engine, Vault(own.secret))
            started = time.monotonic()
            played = Year(engine, owner, book, tenant_id, seed).play(
                bundles, lambda day: _end_of(own, day, progress)
            )
            took = time.monotonic() - started
            with begin(engine, book.by_id(tenant_id), actor="year") as work:
                found = recompute(work.connection, work.tenant)
                proved = proofs(work.connection)
                fees = recompute_fees(work, book)
                loose = payments.unexplained(work.connection, tenant_id)
        finally:
            owner.dispose()
            engine.dispose()
    return {
        "seed": seed,
        "bundles": played.bundles,
        **played.events,
        "deadlines": found.deadlines,
        "promises_moved": found.moves,
        "differences": len(found.differences),
        "first_differences": found.differences[:5],
        "fee_notices": fees.notices,
        "fees": fees.rupiah,
        "fee_differences": len(fees.differences),
        "unreconciled": len(loose),
        **proved,
        "played_s": round(took, 1),
        "recomputed_s": round(time.monotonic() - started - took, 1),
    }


def _make_ready(settings: Settings) -> None:
    """An index for the simulation's own look, and no waiting for the disk: the year is gone when it ends.

    It proves dates, not durability; that is proved where workers are killed.
    """
    named = sql.Identifier(DATABASE)
    with connect(settings.admin_database_url) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit TO off").format(named))
        connection.execute("CREATE INDEX task_by_start ON app.task (tenant_id, started_at)")


def _end_of(settings: Settings, day: date, progress: Callable[[date], None]) -> None:
    """A year goes by in the time between two visits of autovacuum, so the tables' statistics are renewed by hand."""
    progress(day)
    if day.day == ANALYZED_ON or (day - FIRST).days in EARLY:
        with connect(settings.admin_database_url) as connection:
            connection.execute("ANALYZE")
