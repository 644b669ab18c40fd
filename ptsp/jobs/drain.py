"""Drain what is due: claim a batch, act on it with no transaction open, record it; until nothing is due.

RQ runs `run` when the doorbell rings. The doorbell carries nothing: what is owed stands in PostgreSQL, so a
wiped Redis loses no work, only a moment until the relay rings again.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from ptsp.domain import budgets, messages, routes, tellings
from ptsp.flows._budgets import note_spending, rerouted, spend_budgets
from ptsp.flows._circuits import note_outcomes
from ptsp.flows.charge_fees import charge_fees
from ptsp.flows.claim_tasks import Batch, claim_suspect, claim_tasks
from ptsp.flows.record_results import record_results
from ptsp.infra.absence import Absence, is_away
from ptsp.infra.database import platform_transaction
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.ask_agency import ask_agency
from ptsp.jobs.asking import Answer
from ptsp.jobs.collect_fees import collect_fees
from ptsp.jobs.follow_calendars import follow_calendars
from ptsp.jobs.lapse_corrections import lapse_corrections
from ptsp.jobs.publish_tasks import publish_tasks
from ptsp.jobs.reconcile import reconcile
from ptsp.jobs.rounds import go_round_again, is_time_for_a_round
from ptsp.jobs.seal_ledger import seal_ledger
from ptsp.jobs.send_messages import send_messages
from ptsp.jobs.sweep_limits import sweep_deemed, sweep_outages
from ptsp.jobs.sweep_verdicts import sweep_verdicts
from ptsp.jobs.tell import tell
from ptsp.jobs.tools import Tools
from ptsp.jobs.warn_of_deadlines import warn_of_deadlines
from ptsp.jobs.watch_deliveries import watch_deliveries
from ptsp.jobs.write_decisions import write_decisions
from ptsp.kernel.specs import StepKind

log = structlog.get_logger()

LINGER_S = 0.3  # so long a worker that found nothing more looks again before it leaves the job
LONGEST_S = 60.0  # then RQ gets its worker back, for its own housekeeping; the relay rings again
PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.04  # between two looks that find nothing: twice as long each time
TRY_WITHIN = 0.8  # of a lease: no question is put after that
GATHER_S = 0.02  # what a bundle may lose per step at low load, and gains threefold in work at high
SMALL_BATCH = 25  # answers of one office that are recorded in a row while others wait
MOST_CRASHES = 5
REMINDER_S = 86_400.0  # a desk or a payer is not asked again; the row is looked at once a day all the same
HANDED_OVER = "handed over"  # instead of an agency's number, on tasks of people

# For every office, every so often.
ROUND = (
    follow_calendars,
    watch_deliveries,
    sweep_outages,
    sweep_deemed,
    lapse_corrections,
    collect_fees,
    warn_of_deadlines,
    sweep_verdicts,
    reconcile,
    seal_ledger,
)

_equipped: list[Tools] = []
_absence = Absence()


def equip(tools: Tools) -> None:
    """Hand this process its tools. Whoever calls this has imported all that a job needs, before the first ring."""
    _equipped[:] = [tools]


def stop() -> None:
    """Claim nothing more; what agencies are asked just now is still recorded. May be called by a signal."""
    for tools in _equipped:
        tools.asking.stop()


def run() -> int:
    """Drain everything that is due for all tenants, and stay a moment for what follows from it or comes in.

    Staying saves a job for each ring: an RQ job costs more than ten tasks. It stays while PostgreSQL is away, too: what
    agencies answered waits here to be recorded. Returns how many tasks were handled.
    """
    if not _equipped:
        raise RuntimeError("the worker was started without tools; start it with `ptsp worker`")
    (tools,) = _equipped
    handled = 0
    seen, pause_s = time.monotonic(), PAUSE_S
    until = seen + LONGEST_S
    while time.monotonic() < min(until, seen + LINGER_S) and not tools.asking.is_closing:
        got = 0
        with _absence.outlasted():
            got = drain(tools, until=until)
            if is_time_for_a_round():
                got += sum(_drained(tools, verb, tenant.id) for tenant in tools.book.all() for verb in ROUND)
        handled += got
        pause_s = PAUSE_S if got else min(2 * pause_s, LONGEST_PAUSE_S)
        if got or _absence.is_on:
            seen = time.monotonic()
        time.sleep(pause_s)
    return handled


def drain(tools: Tools, *, until: float = math.inf) -> int:
    """Go round the offices until nothing is due, and what was asked is answered. Gives how many tasks were claimed.

    No turn is begun after `until` (monotonic seconds): under load without end RQ would cut one in its middle. What
    is in the air then is waited for, at most as long as its leases last.
    """
    handled = 0
    while True:
        if tools.asking.is_closing:
            tools.asking.close()
            until = 0.0
        recorded = _take_in(tools)
        got = _go_round(tools) if time.monotonic() < until else 0
        handled += got
        if not got and not recorded:
            if tools.asking.is_idle:
                return handled
            tools.asking.wait(GATHER_S)  # for an answer; what has come due since is seen soon enough
        elif got < tools.batch // 4:
            time.sleep(GATHER_S)  # a batch of forty costs little more than one of four


def _go_round(tools: Tools) -> int:
    """One turn of every office that has something to do, as large as its weight allows."""
    working, writing, telling = due_tenants(tools)
    weights = {tenant_id: tools.book.by_id(tenant_id).pack.weight for tenant_id in working}
    got = 0
    for tenant_id, limit in tools.turns.round_of(weights, time.monotonic(), most=tools.batch):
        started = time.monotonic()
        tasks = _drained(tools, partial(drain_once, limit=limit), tenant_id)
        tools.turns.took(tenant_id, limit, tasks, time.monotonic() - started)
        got += tasks
        _take_in(tools)
    got += sum(_drained(tools, send_messages, tenant_id) for tenant_id in writing)
    got += sum(_drained(tools, tell, tenant_id) for tenant_id in telling)
    return got


def _take_in(tools: Tools) -> int:
    """Record what agencies have answered since; of whom there is little goes first. What finds no database is kept:
    it still counts when that is back within the leases.
    """
    answered = tools.asking.answered(tools.batch if tools.turns.is_alone else SMALL_BATCH)
    left = dict(answered)
    try:
        for tenant_id in sorted(answered, key=lambda one: len(answered[one])):
            started = time.monotonic()
            _drained(tools, partial(_record_answers, answered[tenant_id]), tenant_id)
            tools.turns.charge(tenant_id, time.monotonic() - started)
            del left[tenant_id]
    except DBAPIError:
        tools.asking.keep(left)
        raise
    return len(answered)


def _record_answers(answers: Sequence[Answer], tools: Tools, tenant: Tenant) -> int:
    sought = {answer.task.id: answer.sought for answer in answers if answer.sought}
    tasks, results = [answer.task for answer in answers], [answer.result for answer in answers]
    _record(tools, tenant, tasks, results, sought=sought)
    return len(answers)


def due_tenants(tools: Tools) -> tuple[list[int], list[int], list[int]]:
    """Tenants with tasks due now, those with messages due, and those with something to tell central systems."""
    with platform_transaction(tools.sweeper) as connection:
        return (
            routes.due_tenants(connection),
            messages.due_tenants(connection),
            tellings.due_tenants(connection),
        )


def _drained(tools: Tools, batch: Callable[[Tools, Tenant], int], tenant_id: int) -> int:
    """A fault of ours in one tenant's batch must not hold up the others. Its leases run out; then its tasks are
    claimed one by one, and the one that does it again and again is put before a person. Only where the database is
    away, which is nobody's fault, it is raised on.
    """
    tenant = tools.book.by_id(tenant_id)
    try:
        return batch(tools, tenant)
    except Exception as error:
        if is_away(error):
            raise
        log.error("batch_failed", tenant=tenant.code, reason=type(error).__name__, exc_info=error)
        return 0


def drain_once(tools: Tools, tenant: Tenant, *, limit: int | None = None) -> int:
    """One batch of one tenant, and one task that may have killed a worker, by itself. Questions may still be in
    the air then. Nothing is claimed for an agency that has as much to answer as it can within a lease.
    """
    room = tools.asking.room(tenant.id, tools.lease_s * TRY_WITHIN)
    most = min(room.tasks, limit or tools.batch)
    suspect = Batch((), {})
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        claimed = claim_tasks(work, lease_s=tools.lease_s, limit=most, full=room.full)
        batch = spend_budgets(work, tools.partners, claimed)
        if not tools.asking.has_suspect:
            claimed = claim_suspect(work, lease_s=tools.lease_s, full=[*room.full, *batch.paused])
            suspect = spend_budgets(work, tools.partners, claimed)
    _handle(tools, tenant, batch)
    if any(task.crashes >= MOST_CRASHES for task in suspect.tasks):
        _give_up(tools, tenant, suspect.tasks)
    else:
        _handle(tools, tenant, suspect)
    return sum(len(one.tasks) + len(one.answered) for one in (batch, suspect))


def _handle(tools: Tools, tenant: Tenant, batch: Batch) -> None:
    started = time.monotonic()
    for agency, seconds in batch.paused.items():
        tools.asking.pause(tenant.id, agency, seconds)
    _record(tools, tenant, [task for task, _ in batch.answered], [result for _, result in batch.answered])
    if not batch.tasks:
        return
    kinds = {kind: [task for task in batch.tasks if task.kind is kind] for kind in StepKind}
    _wait_for_people(tools, tenant, kinds[StepKind.DESK] + kinds[StepKind.PAYMENT])
    if kinds[StepKind.CHARGE]:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            charge_fees(work, tools.book, kinds[StepKind.CHARGE])
    _ask(tools, tenant, batch, kinds[StepKind.ASK], deadline=started + tools.lease_s * TRY_WITHIN)
    if kinds[StepKind.DECIDE]:
        write_decisions(tools, tenant, kinds[StepKind.DECIDE])
    log.info(
        "batch_done", tenant=tenant.code, tasks=len(batch.tasks), seconds=round(time.monotonic() - started, 3)
    )


def _give_up(tools: Tools, tenant: Tenant, tasks: Sequence[routes.Claimed]) -> None:
    note = {"error": "LeaseRanOut", "reason": f"ended with the worker {MOST_CRASHES} times"}
    poison = routes.Cause.POISON
    results = [
        routes.Result(task.id, routes.TaskState.STUCK, task.lease, note=note, cause=poison) for task in tasks
    ]
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
    """Ask those in this process and those behind the broker at once; the others are asked by threads, and recorded
    when they have answered.
    """
    near = [task for task in tasks if tools.partners.is_local(tenant, task.agency)]
    if near:
        results = ask_agency(tools.partners, tenant, batch.questions, near, deadline)
        _record(tools, tenant, near, results, sought=batch.sought)
    queued = [task for task in tasks if tools.partners.is_queued(tenant, task.agency)]
    if queued:
        published = publish_tasks(tools.partners, tools.publisher, tenant, batch.questions, queued)
        _record(tools, tenant, queued, published, sought={})
    apart = {task.id for task in (*near, *queued)}
    far = [task for task in tasks if task.id not in apart]

    def ask(task: routes.Claimed) -> routes.Result:
        (result,) = ask_agency(tools.partners, tenant, batch.questions, [task], deadline)
        return result

    tools.asking.put(tenant.id, far, ask, within_s=deadline - time.monotonic(), sought=batch.sought)


def _record(
    tools: Tools,
    tenant: Tenant,
    tasks: Sequence[routes.Claimed],
    results: Sequence[routes.Result],
    *,
    sought: Mapping[UUID, budgets.Sought] | None = None,
) -> None:
    """`sought` is given where agencies were to be asked: under what their verdicts are to be kept."""
    if not results:
        return
    results = rerouted(tenant, tasks, results)
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        record_results(work, {task.bundle_id for task in tasks}, results)
        if note_outcomes(work, tasks, results):
            go_round_again()  # an outage is over
        if sought is not None:
            note_spending(work, tasks, results, sought)
