"""All layers in one go, in a database of the proof's own, and every fault that they have to see."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from ptsp.infra.database import open_engine, platform_transaction
from ptsp.infra.servers.version import require_fixed_server
from ptsp.main.prove.isolation.asking import (
    FOREIGN,
    NOBODYS,
    Operation,
    as_documented,
    ask,
    documented,
    operations_of,
)
from ptsp.main.prove.isolation.attack import attack_everything
from ptsp.main.prove.isolation.binding import binding
from ptsp.main.prove.isolation.callers import APPLICANT
from ptsp.main.prove.isolation.catalogue import QUERIES, violations
from ptsp.main.prove.isolation.contexts import walk
from ptsp.main.prove.isolation.copies import copy_of
from ptsp.main.prove.isolation.differential import Compared, Differential, figures
from ptsp.main.prove.isolation.hostile import tried
from ptsp.main.prove.isolation.mutants import IN_PROCESS, MUTATIONS, ROLES, red_with
from ptsp.main.prove.isolation.scene import Scene, Spoil, two_worlds
from ptsp.main.prove.isolation.timing import call_timing, sql_timing
from ptsp.main.prove.isolation.worlds import foreign_rows, known_tables
from ptsp.main.settings import ROOT, Settings

ATTACKERS = ("ptsp_app", "ptsp_worker")
# Enough for a fault of the application to show itself: reads by an officer and by an applicant.
WATCHED = (
    "GET /<tenant>/desk/queue",
    "GET /api/v1/offices/<tenant>/desk/tasks",
    "GET /api/v1/offices/<tenant>/bundles/<reference>",
)
WATCHERS = ("front office", "applicant of office B")
LOOKED_UP = "GET /api/v1/offices/<tenant>/bundles/<reference>"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything. `operations`: those that are named, or all if None; `roles` likewise."""

    seed: int = 2026
    operations: tuple[str, ...] | None = None
    roles: tuple[str, ...] | None = None
    samples: int = 20_000
    calls: int = 1_000
    steps: int = 3_000
    transactions: int = 1_500
    mutants: tuple[str, ...] | None = None


def isolation(settings: Settings, size: Size, say: Say) -> dict[str, Any]:
    """Make the two worlds with `settings`, whose database and folders are the proof's own, and try every layer."""
    with two_worlds(settings) as scene:
        worlds = scene.worlds
        say("two worlds are there")
        with worlds.admin() as admin:
            found: dict[str, Any] = {"seed": size.seed, "tables": len(known_tables(admin))}
            wrong = violations(admin)
        found |= {"questions": len(QUERIES), "violations": len(wrong)}
        found |= {"context_steps": size.steps, "context_violations": len(seen := _contexts(scene, size))}
        attacks = [one for role in ATTACKERS for one in attack_everything(worlds, role)]
        learnt = [one for one in attacks if one.tells]
        wrong += seen + [f"the published attack on {one.where}" for one in learnt]
        say(f"catalogue, contexts and the published attack: {len(wrong)} faults")
        compared, extra = _compared(scene, size, say)
        found |= extra
        hostile = _hostile(scene)
        say(f"hostile statements: {hostile['statements']}")
        forgotten = sum(foreign_rows(worlds, role) for role in ROLES)
        found |= {
            "statements": hostile["statements"],
            "rows_changed": hostile["changed"] + compared.rows_changed,
            "foreign_rows_seen": hostile["seen"] + compared.foreign_rows_seen + forgotten,
            "keys_attacked": len(attacks) // 2,
            "attacks_that_told": len(learnt),
        }
        told = sql_timing(worlds, size.samples, size.seed)
        found |= {
            "auc": told.auc,
            "auc_interval": _interval(told.auc, told.half_width),
            "auc_samples": told.samples,
        }
        found |= {"auc_tells": told.tells, **_http_timing(scene, size)}
        say(f"timing: AUC {told.auc}")
        found["binding"] = _binding(scene, size)
        killed = _killed(scene, size, say)
    found |= {
        "mutants_planted": len(killed),
        "mutants_killed": sum(map(bool, killed.values())),
        "killed_by": killed,
    }
    return found | {"words": [*wrong, *hostile["wrong"], *compared.words]}


def is_good(found: Mapping[str, Any]) -> bool:
    """Nothing was seen, changed or told, every operation was proved, and every planted fault was seen."""
    nothing = ("violations", "context_violations", "differences", "rows_changed", "foreign_rows_seen")
    return (
        not any(found[name] for name in (*nothing, "attacks_that_told", "auc_tells", "words"))
        and not found["operations_without_success"]
        and found["mutants_killed"] == found["mutants_planted"]
    )


def _contexts(scene: Scene, size: Size) -> list[str]:
    """T0 and T3: the server has the fixes, and one pooled connection shows one tenant at a time."""
    worlds = scene.worlds
    engine = open_engine(worlds.settings.database_url_for("ptsp_app"), pool_size=1)
    try:
        with platform_transaction(engine) as connection:
            number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
        require_fixed_server(number, embedded=worlds.settings.embedded_database)
        return walk(engine, (worlds.here, worlds.there), size.steps, size.seed)
    finally:
        engine.dispose()


@contextmanager
def _differential(scene: Scene, spoil: Spoil | None = None) -> Iterator[Differential]:
    planted = {} if spoil is None else {"spoil": spoil}
    with scene.opened(is_empty=True, **planted) as empty, scene.opened(is_empty=False, **planted) as full:
        yield Differential(scene, empty, full)


def _compared(scene: Scene, size: Size, say: Say) -> tuple[Compared, dict[str, Any]]:
    """T2; an operation of the OpenAPI documents that is none of the application's own would go unasked."""
    with _differential(scene) as differential:
        app = differential.empty.app
        operations = _chosen(operations_of(app), size.operations)
        roles = size.roles or tuple(scene.callers)
        compared = differential.compare(operations, roles, say)
        folder = ROOT / "schemas"
        told = documented(app, folder)
        asked = {as_documented(one) for one in operations}
    unasked = [] if size.operations else sorted(told - asked)
    for one in unasked:
        compared.tell(f"{one} is documented and was not asked")
    missing = compared.without_success(operations) if size.roles is None else []
    return compared, {**figures(compared, missing), "documented": len(told)}


def _chosen(operations: list[Operation], names: tuple[str, ...] | None) -> list[Operation]:
    return [one for one in operations if names is None or str(one) in names]


def _hostile(scene: Scene) -> dict[str, Any]:
    """T4, in a copy for each role, since what the statements can do is committed."""
    all_tried = []
    for role in ATTACKERS:
        with copy_of(scene.worlds.settings, "hostile") as url:
            all_tried.append(tried(scene.worlds.at(url), role))
    return {
        "statements": sum(one.statements for one in all_tried),
        "seen": sum(one.foreign_rows_seen for one in all_tried),
        "changed": sum(one.rows_changed for one in all_tried),
        "wrong": [words for one in all_tried for words in one.wrong],
    }


def _http_timing(scene: Scene, size: Size) -> dict[str, Any]:
    """T5 through the whole application, without the network: reported, and no bar."""
    with scene.opened(is_empty=False) as world:
        (operation,) = _chosen(operations_of(world.app), (LOOKED_UP,))
        caller = scene.callers[APPLICANT]

        def call(is_foreign: object) -> None:
            with world.keeping.once():
                variant = FOREIGN if is_foreign else NOBODYS
                ask(world.app, operation, caller, variant, scene.own, scene.foreign)

        told = call_timing(call, size.calls, size.seed)
    return {"http_auc": told.auc, "http_auc_interval": _interval(told.auc, told.half_width)}


def _interval(auc: float, half_width: float) -> list[float]:
    return [round(auc - half_width, 4), round(auc + half_width, 4)]


def _binding(scene: Scene, size: Size) -> dict[str, object]:
    with copy_of(scene.worlds.settings, "binding") as url:
        return binding(scene.worlds.at(url), size.transactions, size.seed)


def _killed(scene: Scene, size: Size, say: Say) -> dict[str, list[str]]:
    """Fault -> the layers that saw it."""
    killed: dict[str, list[str]] = {}
    for mutation in MUTATIONS:
        if size.mutants is None or mutation.name in size.mutants:
            with copy_of(scene.worlds.settings, "mutant") as url:
                killed[mutation.name] = red_with(scene.worlds.at(url), mutation)
            say(f"{mutation.name}: {', '.join(killed[mutation.name]) or 'ALIVE'}")
    for fault in IN_PROCESS:
        if size.mutants is None or fault.name in size.mutants:
            with _differential(scene, fault.spoil) as differential:
                watched = _chosen(operations_of(differential.empty.app), WATCHED)
                compared = differential.compare(watched, WATCHERS)
            killed[fault.name] = ["differential"] if compared.differences else []
            say(f"{fault.name}: {compared.differences} differences")
    return killed
