"""Drain what is due: claim a batch, act on it with no transaction open, record it; until nothing is due.

RQ runs `run` when the doorbell rings. The doorbell carries nothing: what is owed stands in PostgreSQL, so a
wiped Redis loses no work, only a moment until the relay rings again.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import groupby

import structlog

from ptsp.domain import messages, routes
from ptsp.flows.charge_fees import charge_fees
from ptsp.flows.claim_tasks import Batch, claim_suspect, claim_tasks
from ptsp.flows.record_results import record_results
from ptsp.infra.database import platform_transaction
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.ask_agency import ask_agency
from ptsp.jobs.collect_fees import collect_fees
from ptsp.jobs.follow_calendars import follow_calendars
from ptsp.jobs.lapse_corrections import lapse_corrections
from ptsp.jobs.rounds import is_time_for_a_round
from ptsp.jobs.send_messages import send_messages
from ptsp.jobs.sweep_limits import sweep_deemed, sweep_outages
from ptsp.jobs.tools import Tools
from ptsp.jobs.warn_of_deadlines import warn_of_deadlines
from ptsp.jobs.write_decisions import write_decisions
from ptsp.kernel.specs import StepKind

log = structlog.get_logger()

AT_ONCE = 8  # agencies asked at the same time by one worker
SHARE = 25  # questions of one agency that one thread asks in a row
LINGER_S = 0.3  # so long a worker that found nothing more looks again before it leaves the job
LONGEST_S = 60.0  # then RQ gets its worker back, for its own housekeeping; the relay rings again
PAUSE_S = 0.01
GATHER_S = 0.02  # what a bundle may lose per step at low load, and gains threefold in work at high
MOST_CRASHES = 5
REMINDER_S = 86_400.0  # a desk or a payer is not asked again; the row is looked at once a day all the same
HANDED_OVER = "handed over"  # instead of an agency's number, on tasks of people

# For every office, every so often.
ROUND = (follow_calendars, sweep_outages, sweep_deemed, lapse_corrections, collect_fees, warn_of_deadlines)

_equipped: list[Tools] = []


def equip(tools: Tools) -> None:
    """Hand this process its tools. Whoever calls this has imported all that a job needs, before the first ring."""
    _equipped[:] = [tools]


def run() -> int:
    """Drain everything that is due for all tenants, and stay a moment for what follows from it or comes in.

    Staying saves a job for each ring: an RQ job costs more than ten tasks. Returns how many tasks were handled.
    """
    if not _equipped:
        raise RuntimeError("the worker was started without tools; start it with `ptsp worker`")
    (tools,) = _equipped
    handled = 0
    seen = time.monotonic()
    until = seen + LONGEST_S
    while time.monotonic() < min(until, seen + LINGER_S):
        got = drain(tools, until=until)
        if is_time_for_a_round():
            got += sum(_drained(tools, verb, tenant.id) for tenant in tools.book.all() for verb in ROUND)
        handled += got
        if got:
            seen = time.monotonic()
        time.sleep(PAUSE_S)
    return handled


def drain(tools: Tools, *, until: float = math.inf) -> int:
    """Go round the tenants, one batch each, so that no tenant's import holds up the others.

    No batch is begun after `until` (monotonic seconds): under load without end RQ would cut one in its middle.
    """
    handled = 0
    while time.monotonic() < until and any(due := due_tenants(tools)):
        working, writing = due
        got = sum(_drained(tools, drain_once, tenant_id) for tenant_id in working)
        got += sum(_drained(tools, send_messages, tenant_id) for tenant_id in writing)
        if not got:
            break  # another worker has it all
        handled += got
        if got < tools.batch // 4:
            time.sleep(GATHER_S)  # a batch of forty costs little more than one of four
    return handled


def due_tenants(tools: Tools) -> tuple[list[int], list[int]]:
    """Tenants with tasks due now, and those with messages due."""
    with platform_transaction(tools.sweeper) as connection:
        return routes.due_tenants(connection), messages.due_tenants(connection)


def _drained(tools: Tools, batch: Callable[[Tools, Tenant], int], tenant_id: int) -> int:
    """A fault of ours in one tenant's batch must not hold up the others. Its leases run out; then its tasks are
    claimed one by one, and the one that does it again and again is put before a person.
    """
    tenant = tools.book.by_id(tenant_id)
    try:
        return batch(tools, tenant)
    except Exception as error:
        log.error("batch_failed", tenant=tenant.code, reason=type(error).__name__, exc_info=error)
        return 0


def drain_once(tools: Tools, tenant: Tenant) -> int:
    """One batch of one tenant, and one task that may have killed a worker, by itself."""
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        batch = claim_tasks(work, lease_s=tools.lease_s, limit=tools.batch)
        suspect = claim_suspect(work, lease_s=tools.lease_s)
    if batch.tasks:
        _handle(tools, tenant, batch)
    if any(task.crashes >= MOST_CRASHES for task in suspect.tasks):
        _give_up(tools, tenant, suspect.tasks)
    elif suspect.tasks:
        _handle(tools, tenant, suspect)
    return len(batch.tasks) + len(suspect.tasks)


def _handle(tools: Tools, tenant: Tenant, batch: Batch) -> None:
    started = time.monotonic()
    kinds = {kind: [task for task in batch.tasks if task.kind is kind] for kind in StepKind}
    _wait_for_people(tools, tenant, kinds[StepKind.DESK] + kinds[StepKind.PAYMENT])
    if kinds[StepKind.CHARGE]:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            charge_fees(work, tools.book, kinds[StepKind.CHARGE])
    _ask(tools, tenant, batch, kinds[StepKind.ASK], deadline=started + tools.lease_s * 0.8)
    if kinds[StepKind.DECIDE]:
        write_decisions(tools, tenant, kinds[StepKind.DECIDE])
    log.info(
        "batch_done", tenant=tenant.code, tasks=len(batch.tasks), seconds=round(time.monotonic() - started, 3)
    )


def _give_up(tools: Tools, tenant: Tenant, tasks: Sequence[routes.Claimed]) -> None:
    note = {"error": "LeaseRanOut", "reason": f"ended with the worker {MOST_CRASHES} times"}
    results = [routes.Result(task.id, routes.TaskState.STUCK, task.lease, note=note) for task in tasks]
    log.error("task_given_up", tenant=tenant.code, tasks=[str(task.id) for task in tasks])
    _record(tools, tenant, tasks, results)


def _wait_for_people(tools: Tools, tenant: Tenant, tasks: Sequence[routes.Claimed]) -> None:
    """A desk or a payer has it now. The first time is news for the ledger, a reminder is not.

    Told apart by a mark that is recorded with the news: attempts count a claim whose worker died, too.
    """
    results = [
        routes.Result(
            task.id,
            routes.TaskState.ASKED,
            task.lease,
            agency_ref=HANDED_OVER,
            again_s=REMINDER_S,
            is_news=task.agency_ref is None,
        )
        for task in tasks
    ]
    _record(tools, tenant, tasks, results)


def _ask(
    tools: Tools, tenant: Tenant, batch: Batch, tasks: Sequence[routes.Claimed], *, deadline: float
) -> None:
    """Ask all agencies side by side, and record whatever is answered while the others are still being asked."""
    near = [task for task in tasks if tools.partners.is_local(tenant, task.agency)]
    if near:
        _record(tools, tenant, near, ask_agency(tools.partners, tenant, batch.questions, near, deadline))
    far = [task for task in tasks if not tools.partners.is_local(tenant, task.agency)]
    if not far:
        return
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="ask") as pool:
        open_calls: dict[Future[list[routes.Result]], Sequence[routes.Claimed]] = {
            pool.submit(ask_agency, tools.partners, tenant, batch.questions, share, deadline): share
            for share in _shares(far)
        }
        while open_calls:
            done, _ = wait(open_calls, return_when=FIRST_COMPLETED)
            answered = [task for call in done for task in open_calls.pop(call)]
            _record(tools, tenant, answered, [result for call in done for result in call.result()])


def _shares(tasks: Sequence[routes.Claimed]) -> Iterator[list[routes.Claimed]]:
    for _, group in groupby(sorted(tasks, key=lambda task: task.agency), key=lambda task: task.agency):
        of_agency = list(group)
        for start in range(0, len(of_agency), SHARE):
            yield of_agency[start : start + SHARE]


def _record(
    tools: Tools, tenant: Tenant, tasks: Sequence[routes.Claimed], results: Sequence[routes.Result]
) -> None:
    if results:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            record_results(work, sorted({task.bundle_id for task in tasks}), results)
