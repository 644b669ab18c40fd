"""Which sides there are, which package each needs, and loading only those that were asked for."""

import importlib
import importlib.util
from typing import Protocol, cast

from ptsp.kernel.errors import Fault, Invalid
from ptsp.main.bench.measure import NotMeasured, Result

OWN = "ours"
ONE_BY_ONE = "ours_one_by_one"
RQ = "rq"
BROKER = "ours_broker"
HTTP = "ours_http"
MODULES = {
    OWN: "ptsp.main.bench.own_side",
    ONE_BY_ONE: "ptsp.main.bench.one_by_one_side",
    RQ: "ptsp.main.bench.rq_side",
    "dbos": "ptsp.main.bench.dbos_side",
    "spiff": "ptsp.main.bench.spiff_side",
    "celery": "ptsp.main.bench.celery_side",
    BROKER: "ptsp.main.bench.broker_side",
    HTTP: "ptsp.main.bench.http_side",
    "celery_pg": "ptsp.main.bench.celery_pg_side",
}
EXTRA = {"dbos": "dbos", "spiff": "SpiffWorkflow", "celery": "celery", "celery_pg": "celery"}


class RunningSide(Protocol):
    def run(self, *, bundles: int, workers: int, database_url: str, redis_url: str) -> Result:
        """Do the whole work once with processes of its own and tables of its own."""
        ...

    def work(self, *, number: int, database_url: str, redis_url: str) -> None:
        """What one worker process does until it is told to end; it calls `worker.announce_ready` first."""
        ...


def load(name: str) -> RunningSide:
    """The side's module. Raises NotMeasured when its package is not installed."""
    package = EXTRA.get(name)
    if package is not None and importlib.util.find_spec(package) is None:
        raise NotMeasured(f"the package {package} is not installed; run: pip install ptsp[bench]")
    return cast(RunningSide, importlib.import_module(MODULES[name]))


def parse_names(text: str) -> tuple[str, ...]:
    """Names of extra peers out of `dbos,spiff`. Raises Invalid that names every unknown one."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    known = ", ".join(EXTRA)
    faults = [
        Fault("against", f"there is no peer {name!r}; known: {known}") for name in names if name not in EXTRA
    ]
    if faults:
        raise Invalid(faults)
    return names
