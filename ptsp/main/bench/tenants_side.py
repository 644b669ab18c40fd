"""What a bundle costs among all regions of the country, beside an office alone; and what row-level security costs.

Three private databases hold the same office with the same eight tasks: one with an office for every other region, one
with nobody else, and one like that whose policies are disabled, which only an office alone may be. Cost is processor
time, of this process and of PostgreSQL, so that what else the machine does falls on nobody.
"""

import logging
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import structlog
from sqlalchemy import text

from ptsp.flows.apply_pack import apply_pack
from ptsp.flows.submit_bundle import submit_bundles
from ptsp.infra.database import tenant_transaction
from ptsp.infra.packs import read_all
from ptsp.infra.packs.new import new_pack, proposed, read_base
from ptsp.infra.regions import regions
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.jobs.drain import drain
from ptsp.jobs.tools import Tools
from ptsp.kernel.specs import TenantPack
from ptsp.main.bench.measure import NotMeasured, cpu_seconds
from ptsp.main.bench.own_side import LOCAL, Nearby, bench_pack, order, settings_at
from ptsp.main.bench.stores import connect, own_database, schema, server_processes
from ptsp.main.migrate_cli import bring_up
from ptsp.main.packs_new_cli import write_files
from ptsp.main.settings import Settings
from ptsp.main.wiring import engine_for, tools_of

SCHEMA = "ptsp_bench_tenants"
SIDES = ("many", "one", "one_without_policies")
WARM_UP = (
    40  # bundles of each side before anything counts, so that the planner knows tables with something in them
)
MOST_DRAINS = 200
GUARDED = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'app' AND c.relrowsecurity ORDER BY c.relname"""


@dataclass(frozen=True, slots=True)
class Place:
    """One database with the measured office in it, and what is needed to work there."""

    url: str
    tools: Tools
    tenant_id: int
    guarded: int  # tables whose policies hold


@dataclass(frozen=True, slots=True)
class Round:
    """What a bundle cost in one round, in milliseconds."""

    cpu_ms: float
    ms: float


def measure(
    *,
    bundles: int,
    rounds: int,
    tenants_dir: Path,
    database_url: str,
    redis_url: str,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """The three sides in turn, `rounds` times over; ratios are medians over the rounds, each against its neighbour."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    postgres = server_processes(database_url, redis_url).get("postgres")
    if postgres is None:
        raise NotMeasured("PostgreSQL runs elsewhere: its processor time cannot be seen from here")
    with schema(database_url, SCHEMA), ExitStack() as held:
        places: dict[str, Place] = {}
        loaded: dict[str, Any] = {}
        for name in SIDES:
            others, loaded = generated(tenants_dir, say) if name == "many" else ([], loaded)
            url = held.enter_context(own_database(database_url, f"{SCHEMA}_{name}"))
            places[name], took = held.enter_context(
                _place(url, redis_url, others, has_policies=name != SIDES[2])
            )
            loaded |= took if name == "many" else {}
            say(f"{name}: {len(others) + 1} offices, policies on {places[name].guarded} tables")
        found = _alternate(places, postgres, bundles, rounds, say)
    return loaded | {
        "tenants": len(regions()),
        "bundles": bundles,
        "rounds": rounds,
        **{name: _middle(found[name]) for name in SIDES},
        "ratio_tenants": _ratio(found["many"], found["one"]),
        "ratio_rls": _ratio(found["one"], found["one_without_policies"]),
    }


def lines(report: Mapping[str, Any]) -> list[str]:
    """The report for people."""
    return [
        f"{report['tenants']} offices written in {report['write_s']} s, read and checked in {report['read_s']} s",
        f"in force in {report['apply_s']} s, known to a process in {report['book_s']} s",
        *(
            f"{name:21} {report[name]['cpu_ms']:8.2f} ms of processor, {report[name]['ms']:8.2f} ms a bundle"
            for name in SIDES
        ),
        f"among {report['tenants']} offices a bundle costs {report['ratio_tenants']} times what it costs alone",
        f"with row-level security it costs {report['ratio_rls']} times what it costs without",
    ]


def generated(tenants_dir: Path, say: Callable[[str], None]) -> tuple[list[TenantPack], dict[str, Any]]:
    """An office for every region, made by `packs new`'s own code, read and checked as any others."""
    with tempfile.TemporaryDirectory(prefix="ptsp-bench-") as folder:
        root = Path(folder)
        for name in ("_base", "_bylaws"):
            shutil.copytree(tenants_dir / name, root / name)
        began = time.perf_counter()
        base, taken = read_base(root, "_base"), dict[str, str]()
        for region in regions().values():
            code = f"r{region.code.replace('.', '_')}"
            answers = proposed(code, region, base, taken)
            taken[answers.prefix] = code
            write_files(root / code, new_pack(code, region, answers, base))
        written = time.perf_counter()
        packs = read_all(root)
        read = time.perf_counter()
    say(f"{len(packs)} packs written in {written - began:.1f} s, read and checked in {read - written:.1f} s")
    return packs, {"write_s": round(written - began, 2), "read_s": round(read - written, 2)}


@contextmanager
def _place(
    url: str, redis_url: str, others: Sequence[TenantPack], *, has_policies: bool
) -> Iterator[tuple[Place, dict[str, Any]]]:
    settings = settings_at(url, redis_url)
    bring_up(settings)
    owner = engine_for(settings, "ptsp_owner", pool_size=1)
    began = time.perf_counter()
    for pack in others:
        apply_pack(owner, pack, by="bench")
    applied = time.perf_counter()
    tenant_id = apply_pack(owner, bench_pack(), by="bench").tenant_id
    owner.dispose()
    took = {"apply_s": round(applied - began, 2), "book_s": _book_s(settings)}
    guarded = _guarded(url, has_policies=has_policies)
    tools = tools_of(settings, ring=lambda: None, local={LOCAL: Nearby()})
    try:
        yield Place(url, tools, tenant_id, guarded), took
    finally:
        tools.engine.dispose()
        tools.sweeper.dispose()


def _book_s(settings: Settings) -> float:
    """How long a process takes to know every office."""
    engine = engine_for(settings, "ptsp_app", pool_size=1)
    began = time.perf_counter()
    TenantBook(engine, Vault(settings.secret)).all()
    took = time.perf_counter() - began
    engine.dispose()
    return round(took, 2)


def _guarded(url: str, *, has_policies: bool) -> int:
    """How many tables are guarded by policies, after those were disabled where there shall be none."""
    with connect(url) as connection:
        if not has_policies:
            for (table,) in connection.execute(GUARDED).fetchall():
                connection.execute(f'ALTER TABLE app."{table}" DISABLE ROW LEVEL SECURITY'.encode())
        return len(connection.execute(GUARDED).fetchall())


def _alternate(
    places: Mapping[str, Place],
    postgres: psutil.Process,
    bundles: int,
    rounds: int,
    say: Callable[[str], None],
) -> dict[str, list[Round]]:
    found: dict[str, list[Round]] = {name: [] for name in SIDES}
    for name in SIDES:
        _round(places[name], postgres, 0, WARM_UP)
        with connect(places[name].url) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
    for number in range(rounds):
        # Each round begins with another side, so that none always follows the same one.
        for name in [*SIDES[number % 3 :], *SIDES[: number % 3]]:
            one = _round(places[name], postgres, WARM_UP + number * bundles, bundles)
            found[name].append(one)
            say(f"{name} {number + 1}/{rounds}: {one.cpu_ms:.2f} ms of processor, {one.ms:.2f} ms a bundle")
    return found


def _round(place: Place, postgres: psutil.Process, first: int, count: int) -> Round:
    """Lodge so many bundles, each in a transaction of its own as the API does, and work until all have ended."""
    cpu, began = cpu_seconds([postgres]) + time.process_time(), time.perf_counter()
    tools = place.tools
    for number in range(first, first + count):
        with begin(tools.engine, tools.book.by_id(place.tenant_id), actor="bench") as opened:
            submit_bundles(opened, [order(number)])
    for _ in range(MOST_DRAINS):
        if not drain(tools) and _ended(place) >= first + count:
            break
    else:
        raise NotMeasured(f"{_ended(place)} of {first + count} bundles ended")
    ms = 1000 * (time.perf_counter() - began)
    cpu_ms = 1000 * (cpu_seconds([postgres]) + time.process_time() - cpu)
    return Round(cpu_ms / count, ms / count)


def _ended(place: Place) -> int:
    with tenant_transaction(place.tools.engine, place.tenant_id) as connection:
        return int(
            connection.execute(text("SELECT count(*) FROM app.bundle WHERE state = 'ended'")).scalar_one()
        )


def _middle(rounds: Sequence[Round]) -> dict[str, float]:
    return {
        "cpu_ms": round(statistics.median(one.cpu_ms for one in rounds), 3),
        "ms": round(statistics.median(one.ms for one in rounds), 3),
    }


def _ratio(ours: Sequence[Round], other: Sequence[Round]) -> float:
    pairs = zip(ours, other, strict=True)
    return round(statistics.median(mine.cpu_ms / theirs.cpu_ms for mine, theirs in pairs), 3)
