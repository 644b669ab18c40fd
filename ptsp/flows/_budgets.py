"""An agency is asked no more than its budget allows, and not at all what it has said already."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from ptsp.domain import budgets, routes
from ptsp.flows._circuits import REMINDER_S
from ptsp.flows.claim_tasks import Batch
from ptsp.infra.gateway import Partners
from ptsp.infra.ledger import canonical
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work
from ptsp.kernel.specs import BudgetSpec, StepKind
from ptsp.sdk.contract import Question

SPENT = "the agency's budget of the day is spent"
FINAL = {routes.TaskState.APPROVED, routes.TaskState.REJECTED}


def budget_of(tenant: Tenant, agency: str) -> BudgetSpec | None:
    spec = tenant.pack.agencies.get(agency)
    return spec.budget if spec else None


def spend_budgets(work: Work, partners: Partners, batch: Batch) -> Batch:
    """What may be tried of a claimed batch; in the transaction of the claim. Costs nothing where no agency has a
    budget.

    What no budget is left for is handed back until there is, and goes to the desk that answers by hand where the
    pack names one and the agency cannot have it already. A verdict that is known is not asked for again.
    """
    limited = [
        task for task in batch.tasks if task.kind is StepKind.ASK and budget_of(work.tenant, task.agency)
    ]
    if not limited:
        return batch
    agencies = {task.agency for task in limited}
    uses = budgets.locked(work.connection, work.tenant.id, agencies, work.today)
    sought = _sought(work, partners, limited, batch.questions)
    results = _known(work, sought, {task.id: task for task in limited}, uses)
    known = {result.task_id for result in results}
    back: list[routes.Result] = []
    paused: dict[str, float] = {}
    for agency in sorted(uses):
        asking = [task for task in limited if task.agency == agency and task.id not in known]
        uses[agency], turns = _turns(work, uses[agency], asking)
        by_hand, put_off = _not_now(work, asking, turns)
        results += by_hand
        back += put_off
        if budgets.Turn.NEXT_SECOND in turns:
            paused[agency] = budgets.next_second_s(work.now)
    budgets.save(work.connection, work.tenant.id, list(uses.values()))
    routes.give_back(work.connection, work.tenant.id, back)
    by_id = {task.id: task for task in batch.tasks}
    gone = {result.task_id for result in (*results, *back)}
    return replace(
        batch,
        tasks=tuple(task for task in batch.tasks if task.id not in gone),
        answered=tuple((by_id[result.task_id], result) for result in results),
        sought=sought,
        paused=paused,
    )


def _sought(
    work: Work, partners: Partners, tasks: Sequence[routes.Claimed], questions: Mapping[UUID, Question]
) -> dict[UUID, budgets.Sought]:
    """What a verdict is kept under: all that is asked, and how; for those whose verdicts may be kept."""
    sought = {}
    for task in tasks:
        budget = budget_of(work.tenant, task.agency)
        if budget is None or not budget.cache_days or not budget.purpose or task.agency_ref is not None:
            continue
        manifest = partners.manifest(work.tenant, task.agency)
        if manifest.cacheable:
            options = dict(work.tenant.pack.agencies[task.agency].options)
            asked = canonical({"payload": manifest.allowed(questions[task.id].payload), "options": options})
            column = f"kept_verdict.key {task.agency} {budget.purpose}"
            key = work.tenant.vault.index(work.tenant.id, column, asked)
            sought[task.id] = budgets.Sought(task.id, task.agency, budget.purpose, key)
    return sought


def _known(
    work: Work,
    sought: Mapping[UUID, budgets.Sought],
    tasks: Mapping[UUID, routes.Claimed],
    uses: dict[str, budgets.Use],
) -> list[routes.Result]:
    """Results of those whose verdict is known; they are counted as hits."""
    if not sought:
        return []
    known = budgets.known(work.connection, work.tenant.id, list(sought.values()), work.now)
    results = []
    for one in sought.values():
        kept = known.get(one.key)
        if kept is None:
            continue
        note = {"reason": f"from a verdict of {kept.found_at.astimezone(work.tenant.calendar.zone):%Y-%m-%d}"}
        state, task = routes.TaskState(kept.state), tasks[one.task_id]
        results.append(
            routes.Result(task.id, state, task.lease, reasons=kept.reasons, note=note, is_try=False)
        )
        uses[one.agency] = replace(uses[one.agency], hits=uses[one.agency].hits + 1)
    return results


def _turns(
    work: Work, use: budgets.Use, asking: Sequence[routes.Claimed]
) -> tuple[budgets.Use, list[budgets.Turn]]:
    budget = budget_of(work.tenant, use.agency)
    assert budget is not None
    urgent = [budgets.is_urgent(task.due_at, work.today, work.tenant.calendar) for task in asking]
    return budgets.spend(budget, use, urgent, work.now)


def _not_now(
    work: Work, asking: Sequence[routes.Claimed], turns: Sequence[budgets.Turn]
) -> tuple[list[routes.Result], list[routes.Result]]:
    """What goes to a desk, and what is handed back until there is budget again."""
    midnight = budgets.next_day(work.today, work.tenant.calendar)
    by_hand, back = [], []
    for task, turn in zip(asking, turns, strict=True):
        if turn is budgets.Turn.NEXT_SECOND:
            again_s = budgets.next_second_s(work.now)
            back.append(routes.untried(task, cause=routes.Cause.QUOTA, again_s=again_s))
        elif turn is budgets.Turn.NEXT_DAY:
            handed = _by_hand(work.tenant, task, is_try=False)
            if handed:
                by_hand.append(handed)
            else:
                again_s = (midnight - work.now).total_seconds()
                back.append(routes.untried(task, cause=routes.Cause.QUOTA, again_s=again_s))
    return by_hand, back


def _by_hand(tenant: Tenant, task: routes.Claimed, *, is_try: bool) -> routes.Result | None:
    """The desk that answers instead; None where there is none, or the agency may have the question already."""
    desk = tenant.pack.agencies[task.agency].manual
    if desk is None or task.agency_ref is not None or task.is_unsure:
        return None
    return routes.Result(
        task.id,
        routes.TaskState.ASKED,
        task.lease,
        again_s=REMINDER_S,
        note={"reason": SPENT, "desk": desk},
        cause=routes.Cause.QUOTA,
        desk=desk,
        is_try=is_try,
    )


def rerouted(
    tenant: Tenant, tasks: Sequence[routes.Claimed], results: Sequence[routes.Result]
) -> list[routes.Result]:
    """The same results, but what the agency itself has no quota for goes to the desk that answers by hand."""
    by_id = {task.id: task for task in tasks}
    return [
        (_by_hand(tenant, by_id[result.task_id], is_try=True) if _is_refused(result) else None) or result
        for result in results
    ]


def _is_refused(result: routes.Result) -> bool:
    """Did the agency itself say that its quota is used up?"""
    return result.cause is routes.Cause.QUOTA and result.is_try and result.desk is None


def note_spending(
    work: Work,
    tasks: Sequence[routes.Claimed],
    results: Sequence[routes.Result],
    sought: Mapping[UUID, budgets.Sought],
) -> None:
    """After questions were tried: an agency that says "no more today" is closed for the day, what was not put in
    the end is not counted, and verdicts are kept. Costs nothing where no agency has a budget.
    """
    limited = {task.id: task.agency for task in tasks if budget_of(work.tenant, task.agency)}
    refused, unused = set(), dict.fromkeys(limited.values(), 0)
    for result in results:
        agency = limited.get(result.task_id)
        if agency is None:
            continue
        if result.cause is routes.Cause.QUOTA and result.is_try:
            refused.add(agency)
        unused[agency] += not result.is_try
    changed = {agency for agency, count in unused.items() if count} | refused
    if changed:
        uses = budgets.locked(work.connection, work.tenant.id, changed, work.today).values()
        after = [
            replace(
                use,
                used=max(0, use.used - unused[use.agency]),
                closed_at=(use.closed_at or work.now) if use.agency in refused else use.closed_at,
            )
            for use in uses
        ]
        budgets.save(work.connection, work.tenant.id, after)
    _keep(work, results, sought)


def _keep(work: Work, results: Sequence[routes.Result], sought: Mapping[UUID, budgets.Sought]) -> None:
    kept = []
    for result in results:
        one = sought.get(result.task_id)
        if one is None or result.state not in FINAL or not result.is_try:
            continue
        budget = budget_of(work.tenant, one.agency)
        if budget and budget.cache_days:
            until = work.now + timedelta(days=budget.cache_days)
            kept.append(
                budgets.Kept(
                    one.key, one.agency, one.purpose, result.state.value, result.reasons, work.now, until
                )
            )
    budgets.keep(work.connection, work.tenant.id, kept)
