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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from ptsp.main.standing import settle
from ptsp.main.wiring import engine_for, queue_of, tools_of
from ptsp.sdk.contract import Question, Receipt, Reply, Verdict
from ptsp.sdk.errors import Forged

SCHEMA = "ptsp_bench_own"  # and the name of the database
TENANT, SERVICE = "bench", "eight_tasks"
LOCAL = "ktp"  # asked in this process in place of the agency; its manifest holds all the same
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


@dataclass(slots=True)
class Ended:
    """Counts bundles that have ended, as their applicants would see it."""

    tools: Tools
    tenant_id: int
    looks: int = 0

    def __call__(self) -> int:
        self.looks += 1
        with tenant_transaction(self.tools.engine, self.tenant_id) as connection:
            ended = connection.execute(text("SELECT count(*) FROM app.bundle WHERE state = 'ended'"))
            return int(ended.scalar_one())


@dataclass(frozen=True, slots=True)
class OwnOffice:
    """A database with the one office of a measurement, and what is needed to lodge there. URLs are its own."""

    settings: Settings
    tools: Tools
    tenant_id: int


@contextmanager
def own_office(
    database_url: str, redis_url: str, *, schema_name: str = SCHEMA, connector: str = LOCAL
) -> Iterator[OwnOffice]:
    """Made anew, gone afterwards."""
    with (
        schema(database_url, schema_name),
        own_database(database_url, schema_name) as own_url,
        redis_store(redis_url) as store_url,
    ):
        settings = settings_at(own_url, store_url)
        bring_up(settings)
        owner = engine_for(settings, "ptsp_owner", pool_size=1)
        applied = apply_pack(owner, bench_pack(connector), by="bench")
        owner.dispose()
        tools = tools_of(settings, local={LOCAL: Nearby()})
        yield OwnOffice(settings, tools, applied.tenant_id)
        tools.engine.dispose()
        tools.sweeper.dispose()


def run(*, bundles: int, workers: int, database_url: str, redis_url: str, at_once: int = AT_ONCE) -> Result:
    with own_office(database_url, redis_url) as office:
        urls = {"database_url": office.settings.database_url, "redis_url": office.settings.redis_url}
        with worker_processes("ours", workers, **urls) as crew:
            return timed(
                bundles=bundles,
                submit=lambda: submit_all(office, bundles, at_once),
                done=Ended(office.tools, office.tenant_id),
                crew=crew,
                servers=list(server_processes(database_url, redis_url).values()),
            )


def work(*, number: int, database_url: str, redis_url: str) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    settings = settings_at(database_url, redis_url)
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
    settle()
    announce_ready()
    worker.work(logging_level="WARNING")


def bench_pack(connector: str = LOCAL) -> TenantPack:
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
            "agency": AgencySpec("agency", WORDS, connector, {}, desk=False),
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
        digest=f"bench:{connector}",
    )


def _limit() -> Figure:
    return Figure(Limit(30), Basis.ASSUMED, "measurement")


def submit_all(office: OwnOffice, bundles: int, at_once: int, *, start: int = 0) -> None:
    """Lodge bundles, numbered from `start`, so many in one transaction."""
    tools, last = office.tools, start + bundles
    for first in range(start, last, at_once):
        orders = [order(number) for number in range(first, min(first + at_once, last))]
        with begin(tools.engine, tools.book.by_id(office.tenant_id), actor="bench") as opened:
            submit_bundles(opened, orders)
        tools.ring()


def order(number: int) -> Order:
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


def settings_at(database_url: str, redis_url: str) -> Settings:
    """This installation's settings, at the measurement's own database and queue."""
    folder = Path(tempfile.gettempdir()) / "ptsp-bench"
    settings = with_secret(Settings.from_env(os.environ))
    return replace(settings, database_url=database_url, redis_url=redis_url, files_url=str(folder))
