"""An agency that does not answer is left alone for a while, by all workers: one probe from time to time."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from ptsp.domain import deliveries, routes
from ptsp.infra.work import Work
from ptsp.kernel.specs import StepKind

REMINDER_S = 86_400.0  # what a desk answers by hand is looked at once a day, so that nothing waits unseen
RELEASE_S = 2.0  # what waited for an agency comes due within so many seconds of its answer

THERE = frozenset({routes.Cause.REFUSED, routes.Cause.BUSY})  # it did not do what was asked, but it is there
ANSWERED = frozenset({routes.TaskState.APPROVED, routes.TaskState.REJECTED, routes.TaskState.ASKED})


def hold_back(work: Work, claimed: Sequence[routes.Claimed]) -> list[routes.Claimed]:
    """Of claimed tasks those that may be tried; in the transaction of the claim.

    The others are handed back as they were: what a desk answers by hand, and what an agency would be asked whose
    circuit is open, all but the one probe whose time has come. Whatever else is due there waits with them.
    """
    by_hand = [task for task in claimed if task.desk is not None]
    back = [
        replace(routes.untried(task, cause=None, again_s=REMINDER_S), state=routes.TaskState.ASKED)
        for task in by_hand
    ]
    asking = [
        task for task in claimed if task.is_troubled and task.kind is StepKind.ASK and task.desk is None
    ]
    if asking:
        back += _held(work, asking)
    if not back:
        return list(claimed)
    routes.give_back(work.connection, work.tenant.id, back)
    gone = {result.task_id for result in back}
    return [task for task in claimed if task.id not in gone]


def _held(work: Work, asking: Sequence[routes.Claimed]) -> list[routes.Result]:
    agencies = {task.agency for task in asking}
    back: list[routes.Result] = []
    for agency, circuit in deliveries.locked(work.connection, work.tenant.id, agencies).items():
        if circuit.opened_at is None:
            continue
        waiting = [task for task in asking if task.agency == agency]
        if deliveries.may_probe(circuit, work.now):
            probe = waiting.pop(0)
            circuit = deliveries.probing(circuit, probe.id, work.now)
            deliveries.save(work.connection, work.tenant.id, circuit)
        for task in waiting:
            again_s = _until_s(work, circuit) + random.random() * _spread_s(circuit)
            back.append(routes.untried(task, cause=routes.Cause.CIRCUIT, again_s=again_s))
        if waiting:
            _put_off(work, circuit)
    return back


def note_outcomes(work: Work, tasks: Iterable[routes.Claimed], results: Sequence[routes.Result]) -> bool:
    """Let the circuits follow what came of these tasks; after it was recorded, in the same transaction.

    True if an agency answers again for which an outage was declared. Costs nothing while all agencies answer.
    """
    by_id = {task.id: task for task in tasks if task.kind is StepKind.ASK}
    answered: set[str] = set()
    failed: dict[str, set[UUID]] = {}
    for result in results:
        task = by_id.get(result.task_id)
        if task is None:
            continue
        if result.cause in routes.DOWN:
            failed.setdefault(task.agency, set()).add(task.id)
        elif _is_answer(result):
            answered.add(task.agency)
    troubled = {task.agency for task in by_id.values() if task.is_troubled}
    _note_failures(work, {agency: ids for agency, ids in failed.items() if agency not in answered})
    return _note_answers(work, answered & troubled)


def _is_answer(result: routes.Result) -> bool:
    """Did the agency itself say something? A budget, a desk or a fault of ours says nothing of it."""
    return result.cause in THERE or (
        result.cause is None and result.desk is None and result.is_try and result.state in ANSWERED
    )


def _note_failures(work: Work, failed: dict[str, set[UUID]]) -> None:
    if not failed:
        return
    for agency, before in deliveries.begun(work.connection, work.tenant.id, failed).items():
        ids = failed[agency]
        after = deliveries.failed(before, len(ids), work.now, random.random(), was_probe=before.probe in ids)
        deliveries.save(work.connection, work.tenant.id, after)
        if after.probe_at != before.probe_at:
            _put_off(work, after)


def _note_answers(work: Work, answered: set[str]) -> bool:
    if not answered:
        return False
    is_over = False
    for agency, circuit in deliveries.locked(work.connection, work.tenant.id, answered).items():
        deliveries.save(work.connection, work.tenant.id, deliveries.closed(circuit))
        if circuit.opened_at is not None:
            deliveries.let_go(work.connection, work.tenant.id, agency, spread_s=RELEASE_S)
        is_over = is_over or circuit.outage_id is not None
    return is_over


def _put_off(work: Work, circuit: deliveries.Circuit) -> None:
    assert circuit.probe_at is not None
    deliveries.put_off(
        work.connection,
        work.tenant.id,
        circuit.agency,
        circuit.probe_at,
        spread_s=_spread_s(circuit),
    )


def _until_s(work: Work, circuit: deliveries.Circuit) -> float:
    assert circuit.probe_at is not None
    return max(0.0, (circuit.probe_at - work.now).total_seconds())


def _spread_s(circuit: deliveries.Circuit) -> float:
    return circuit.wait_s * deliveries.SPREAD
