"""T5: whether it takes longer to look for something that another office has than for what nobody has.

Samples of the two kinds are taken in turn, in random order, and compared by rank: the AUC is the chance that one of
the first kind took longer than one of the second (0.5: nothing can be told), with its 95 % interval under no
difference (Mann-Whitney, normal approximation with ties as halves).
"""

import math
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ptsp.main.prove.isolation.worlds import Line, Worlds

WIDEST = 0.01  # of the AUC from 0.5, in SQL, at the size of the long form
Z_95 = 1.96
LOOKUPS = (  # what an applicant or an officer can name: ids and references
    "SELECT count(*) FROM app.bundle WHERE tenant_id = %(here)s AND id = %(bundle)s",
    "SELECT count(*) FROM app.bundle WHERE id = %(bundle)s",
    "SELECT count(*) FROM app.task WHERE tenant_id = %(here)s AND id = %(task)s",
)


@dataclass(frozen=True, slots=True)
class Told:
    """`half_width`: of the interval around 0.5 in which the AUC lies 19 times of 20 when nothing can be told."""

    auc: float
    half_width: float
    samples: int

    @property
    def tells(self) -> bool:
        """A difference that chance does not explain and that is wider than the bar."""
        return abs(self.auc - 0.5) > max(WIDEST, self.half_width)


def sql_timing(worlds: Worlds, samples: int, seed: int) -> Told:
    """`samples` of each kind, through one connection of the application's role."""
    with worlds.admin() as connection:
        foreign = _ids(connection, worlds.there)
    dice = random.Random(f"timing {seed}")
    times: dict[bool, list[int]] = {True: [], False: []}
    with worlds.entered("ptsp_app") as line:
        line.prepare_threshold = 0
        for _ in range(samples // len(LOOKUPS) + 1):
            for query in LOOKUPS:
                for is_foreign in dice.sample((True, False), 2):
                    bundle, task = (
                        dice.choice(foreign) if is_foreign else (uuid.UUID(int=dice.getrandbits(128)),) * 2
                    )
                    values = {"here": worlds.here, "bundle": bundle, "task": task}
                    times[is_foreign].append(_timed(lambda q=query, v=values: line.execute(q, v).fetchone()))
    return compared(times[True], times[False])


def call_timing(call: Callable[[bool], object], samples: int, seed: int) -> Told:
    """The same of a whole request: `call(is_foreign)` makes one."""
    dice = random.Random(f"calls {seed}")
    times: dict[bool, list[int]] = {True: [], False: []}
    for _ in range(samples):
        for is_foreign in dice.sample((True, False), 2):
            times[is_foreign].append(_timed(lambda one=is_foreign: call(one)))
    return compared(times[True], times[False])


def compared(first: Sequence[int], second: Sequence[int]) -> Told:
    """The AUC of two samples."""
    ranked = sorted([(value, 1) for value in first] + [(value, 0) for value in second])
    n, m = len(first), len(second)
    rank_sum, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        rank = (at + 1 + end) / 2
        rank_sum += rank * sum(one for _, one in ranked[at:end])
        at = end
    auc = (rank_sum - n * (n + 1) / 2) / (n * m)
    return Told(round(auc, 4), round(Z_95 * math.sqrt((n + m + 1) / (12 * n * m)), 4), n)


def _timed(work: Callable[[], object]) -> int:
    begun = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - begun


def _ids(connection: Line, tenant: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    query = """SELECT b.id, t.id FROM app.bundle b JOIN app.task t ON t.tenant_id = b.tenant_id AND t.bundle_id = b.id
                WHERE b.tenant_id = %s"""
    return connection.execute(query, (tenant,)).fetchall()
