"""Put questions to one agency and translate what comes of it. No transaction is open here."""

import random
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog

from ptsp.domain import routes
from ptsp.infra.gateway import Partners
from ptsp.infra.tenants import Tenant
from ptsp.sdk.contract import Connector, Question, Receipt, Verdict
from ptsp.sdk.errors import ConnectorError, Misconfigured, RefusedByAgency, TryLater

log = structlog.get_logger()

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 900.0
MISCONFIGURED_WAIT_S = 300.0
MOST_FAULTS = 8
PATIENCE_S = 30.0  # so long we wait for a callback before we look for ourselves

FINAL = {Verdict.APPROVED: routes.TaskState.APPROVED, Verdict.REJECTED: routes.TaskState.REJECTED}


def ask_agency(
    partners: Partners,
    tenant: Tenant,
    questions: Mapping[UUID, Question],
    tasks: Sequence[routes.Claimed],
    deadline: float,
) -> list[routes.Result]:
    """One result per task. What cannot be asked before `deadline` (monotonic seconds) is handed back at once,
    so that the lease never runs out under a question that is still to be put.
    """
    results = []
    for task in tasks:
        if time.monotonic() >= deadline:
            results.append(
                routes.Result(task.id, routes.TaskState.READY, task.lease, again_s=0.0, is_news=False)
            )
        else:
            results.append(_asked(partners, tenant, questions[task.id], task))
    return results


def _asked(partners: Partners, tenant: Tenant, question: Question, task: routes.Claimed) -> routes.Result:
    try:
        connector = partners.connector(tenant, task.agency)
        return _result(task, _put(connector, partners.disclosed(tenant, question), task))
    except ConnectorError as error:
        log.warning(
            "agency_failed",
            tenant=tenant.code,
            agency=task.agency,
            task=str(task.id),
            reason=type(error).__name__,
        )
        return _setback(task, error)
    except Exception as error:  # the connector's own fault: its neighbours are asked all the same
        log.error(
            "connector_failed", tenant=tenant.code, agency=task.agency, task=str(task.id), exc_info=error
        )
        return _fault(task, error)


def _put(connector: Connector, question: Question, task: routes.Claimed) -> Receipt:
    """A case that was opened is looked at; asking again is for questions the agency never took."""
    if task.agency_ref is not None:
        return connector.look(question, task.agency_ref)
    return connector.ask(question)


def _result(task: routes.Claimed, receipt: Receipt) -> routes.Result:
    if receipt.verdict is not None:
        return routes.Result(
            task.id,
            FINAL[receipt.verdict],
            task.lease,
            reasons=receipt.reasons,
            agency_ref=receipt.agency_ref,
            note=receipt.findings or None,
        )
    again_s = receipt.look_again_s if receipt.look_again_s is not None else PATIENCE_S
    return routes.Result(
        task.id,
        routes.TaskState.ASKED,
        task.lease,
        agency_ref=receipt.agency_ref,
        again_s=again_s,
        is_news=task.agency_ref is None,
    )


def _setback(task: routes.Claimed, error: ConnectorError) -> routes.Result:
    """Refused: a person looks. Away or misconfigured: again, later each time, with the same key.

    A case that the agency holds already stays asked: it is only our look that failed.
    """
    note = {"error": type(error).__name__, "reason": str(error)[:300]}
    if isinstance(error, RefusedByAgency):
        return routes.Result(task.id, routes.TaskState.STUCK, task.lease, note=note)
    again_s = MISCONFIGURED_WAIT_S if isinstance(error, Misconfigured) else _wait_s(task.attempts)
    if isinstance(error, TryLater):
        if error.after is not None:
            again_s = max(again_s, error.after)
        note["outcome"] = "unknown" if error.unknown else "not sent"
    state = routes.TaskState.ASKED if task.agency_ref is not None else routes.TaskState.READY
    return routes.Result(task.id, state, task.lease, again_s=again_s, note=note)


def _fault(task: routes.Claimed, error: Exception) -> routes.Result:
    """A few tries, in case it was the moment's; then a person looks. A message may hold data: only its kind is kept."""
    note = {"error": type(error).__name__, "reason": "the connector failed", "outcome": "unknown"}
    if task.attempts >= MOST_FAULTS:
        return routes.Result(task.id, routes.TaskState.STUCK, task.lease, note=note)
    state = routes.TaskState.ASKED if task.agency_ref is not None else routes.TaskState.READY
    return routes.Result(task.id, state, task.lease, again_s=_wait_s(task.attempts), note=note)


def _wait_s(attempts: int) -> float:
    """Doubling with full jitter, so that a thousand tasks do not come back in the same second."""
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempts, 12))
    return random.uniform(longest / 2, longest)  # spreads load, guards nothing
