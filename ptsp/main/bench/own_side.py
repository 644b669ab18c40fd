"""Our own engine, as it runs in production: the same flows, ledger, row-level security and durability.

A database of its own with one office whose one service is the eight tasks: seven are put to an agency that
lives in the worker and answers at once, the eighth is the decision, which enters the register. Workers answer
the same RQ doorbell. Bundles are lodged 25 a transaction, as an import does; `one_by_one_side` lodges each by
itself, as the API does.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import structlog
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import text

from ptsp.domain.applications import Applicant, Order, Wanted
from ptsp.flows.apply_pack import apply_pack
from ptsp.flows.submit_bundle import submit_bundles
from ptsp.infra.database import tenant_transaction
from ptsp.infra.work import begin
from ptsp.jobs.drain import equip
from ptsp.jobs.tools import Tools
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import (
    AgencySpec,
    Basis,
    CalendarSpec,
    FeeSpec,
    FieldSpec,
    Figure,
    Gate,
    Outcome,
    Pattern,
    ServiceSpec,
    StandardSpec,
    StepKind,
    StepSpec,
    TenantPack,
)
from ptsp.main.bench import shape
from ptsp.main.bench.crew import worker_processes
from ptsp.main.bench.measure import Result, timed
from ptsp.main.bench.stores import own_database, redis_store, schema, server_processes
from ptsp.main.bench.worker import announce_ready
from ptsp.main.migrate_cli import bring_up
from ptsp.main.runtime import with_secret
from ptsp.main.settings import Settings
from ptsp.main.wiring import engine_for, queue_of, tools_of
from ptsp.sdk.contract import Question, Receipt, Reply, Verdict
from ptsp.sdk.errors import Forged

SCHEMA, DATABASE = "ptsp_bench_own", "ptsp_bench_own"
TENANT, SERVICE, LOCAL = "bench", "eight_tasks", "in_process"
AT_ONCE = 25  # bundles a transaction
WORDS = {"id": "Ukur", "en": "Measure"}


class Nearby:
    """An agency in this process that approves; what is measured is everything around it."""

    def check(self) -> None: ...

    def ask(self, question: Question) -> Receipt:
        shape.task(0, question.step)
        return Receipt(agency_ref=question.key[:8], verdict=Verdict.APPROVED)

    def look(self, question: Question, agency_ref: str) -> Receipt:
        return self.ask(replace(question, key=agency_ref))

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("this agency answers at once")


@dataclass(frozen=True, slots=True)
class _Ended:
    """Counts bundles that have ended, as their applicants would see it."""

    tools: Tools
    tenant_id: int

    def __call__(self) -> int:
        with tenant_transaction(self.tools.engine, self.tenant_id) as connection:
            ended = connection.execute(text("SELECT count(*) FROM app.bundle WHERE state = 'ended'"))
            return int(ended.scalar_one())


def run(*, bundles: int, workers: int, database_url: str, redis_url: str, at_once: int = AT_ONCE) -> Result:
    with (
        schema(database_url, SCHEMA),
        own_database(database_url, DATABASE) as own_url,
        redis_store(redis_url) as store_url,
    ):
        settings = _settings(own_url, store_url)
        bring_up(settings)
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        applied = apply_pack(owner, bench_pack(), by="bench")
        owner.dispose()
        tools = tools_of(settings, local={LOCAL: Nearby()})
        with worker_processes("ours", workers, database_url=own_url, redis_url=store_url) as crew:
            result = timed(
                bundles=bundles,
                submit=lambda: _submit_all(tools, applied.tenant_id, bundles, at_once),
                done=_Ended(tools, applied.tenant_id),
                crew=crew,
                servers=list(server_processes(database_url, redis_url).values()),
            )
        tools.engine.dispose()
        tools.sweeper.dispose()
        return result


def work(*, number: int, database_url: str, redis_url: str) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    settings = _settings(database_url, redis_url)
    tools = replace(tools_of(settings, local={LOCAL: Nearby()}), actor=f"worker-{number}")
    equip(tools)
    queue = queue_of(settings)
    worker = SimpleWorker(
        [queue],
        name=f"own-{number}",
        connection=queue.connection,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    announce_ready()
    worker.work(logging_level="WARNING")


def bench_pack() -> TenantPack:
    """An office with one service: two roots, four checks, a join, a decision without a paper."""
    steps = tuple(
        StepSpec(code, WORDS, StepKind.ASK, "agency", Limit(1), after)
        for code, after in shape.AFTER.items()
        if code != shape.SIGN
    )
    service = ServiceSpec(
        code=SERVICE,
        name=WORDS,
        outcome=Outcome.REGISTRATION,
        series="UKUR",
        pattern=Pattern.ONE_DOOR,
        gate=Gate.NONE,
        signer="head",
        sign_limit=Limit(1),
        offered_from=date(2020, 1, 1),
        offered_until=None,
        standard=StandardSpec(
            1, date(2020, 1, 1), None, _limit(), WORDS, WORDS, WORDS, {"legal_basis": WORDS}
        ),
        fields=(FieldSpec("floor_area", WORDS, "number", "m2", Decimal(1), Decimal(100_000), 2),),
        requirements=(),
        route=steps,
        fee=FeeSpec("-", Basis.ASSUMED, "measurement"),
    )
    return TenantPack(
        code=TENANT,
        name=WORDS,
        region="Bench",
        region_code="00.00",
        time_zone="Asia/Jakarta",
        pattern=Pattern.ONE_DOOR,
        prefix="UKR",
        agencies={
            "agency": AgencySpec("agency", WORDS, LOCAL, {}, desk=False),
            "head": AgencySpec("head", WORDS, None, {}, desk=True),
        },
        services={SERVICE: service},
        calendar=CalendarSpec(
            weekdays=frozenset(range(5)),
            collective_leave=True,
            days_off=(),
            basis=Basis.ASSUMED,
            source="measurement",
        ),
        texts={},
        templates={},
        digest="bench",
    )


def _limit() -> Figure:
    return Figure(Limit(30), Basis.ASSUMED, "measurement")


def _submit_all(tools: Tools, tenant_id: int, bundles: int, at_once: int) -> None:
    for first in range(0, bundles, at_once):
        orders = [_order(number) for number in range(first, min(first + at_once, bundles))]
        with begin(tools.engine, tools.book.by_id(tenant_id), actor="bench") as opened:
            submit_bundles(opened, orders)
        tools.ring()


def _order(number: int) -> Order:
    applicant = Applicant(
        nik=f"351508{1 + number % 28:02d}0390{9990 + number % 10}",
        name="Pemohon Contoh",
        birth_place="Sidoarjo",
        birth_on=date(1990, 3, 12),
        gender="male",
        address="Jl. Contoh Raya 12, Sidoarjo",
    )
    wanted = (Wanted(SERVICE, {"floor_area": "120.50"}, {}),)
    return Order(applicant, wanted, f"bench:{number}", hashlib.sha256(str(number).encode()).digest())


def _settings(database_url: str, redis_url: str) -> Settings:
    """This installation's settings, at the measurement's own database and queue."""
    folder = Path(tempfile.gettempdir()) / "ptsp-bench"
    settings = with_secret(Settings.from_env(os.environ))
    return replace(settings, database_url=database_url, redis_url=redis_url, files_url=str(folder))
