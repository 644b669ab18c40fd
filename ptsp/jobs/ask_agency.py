"""Put questions to one agency and translate what comes of it. No transaction is open here."""

import random
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog

from ptsp.domain import deliveries, routes
from ptsp.infra.gateway import Partners
from ptsp.infra.tenants import Tenant
from ptsp.sdk.contract import Connector, FindingConnector, Question, Receipt, Verdict
from ptsp.sdk.errors import ConnectorError, Misconfigured, RefusedByAgency, TryLater
from ptsp.sdk.manifest import Style

log = structlog.get_logger()

PATIENCE_S = 30.0  # so long we wait for a callback before we look for ourselves

FINAL = {Verdict.APPROVED: routes.TaskState.APPROVED, Verdict.REJECTED: routes.TaskState.REJECTED}


class NeedsCheck(Exception):
    """The agency may have the question already, and has no way to tell us: a person has to look."""


def ask_agency(
    partners: Partners,
    tenant: Tenant,
    questions: Mapping[UUID, Question],
    tasks: Sequence[routes.Claimed],
    deadline: float,
) -> list[routes.Result]:
    """One result per task. What cannot be asked before `deadline` (monotonic seconds) is handed back at once,
    so that the lease never runs out under a question that is still to be put; so is what comes after as many
    failures in a row as open a circuit.
    """
    results: list[routes.Result] = []
    failures: dict[str, int] = {}  # in a row, by agency
    for task in tasks:
        if time.monotonic() >= deadline:
            results.append(routes.untried(task, cause=None, again_s=0.0))
        elif failures.get(task.agency, 0) >= deliveries.OPENS_AFTER:
            wait_s = random.uniform(1, deliveries.FIRST_WAIT_S)  # spreads load, guards nothing
            results.append(routes.untried(task, cause=routes.Cause.CIRCUIT, again_s=wait_s))
        else:
            result = _asked(partners, tenant, questions[task.id], task)
            failures[task.agency] = failures.get(task.agency, 0) + 1 if result.cause in routes.DOWN else 0
            results.append(result)
    return results


def _asked(partners: Partners, tenant: Tenant, question: Question, task: routes.Claimed) -> routes.Result:
    memory = routes.Memory(knows_keys=False, finds=False)
    try:
        connector = partners.connector(tenant, task.agency)
        manifest = partners.manifest(tenant, task.agency)
        memory = routes.Memory(manifest.supports_idempotency, manifest.finds)
        receipt = _put(connector, memory, partners.disclosed(tenant, question), task)
        return _result(task, receipt, desk=task.agency if manifest.style is Style.DESK else None)
    except Exception as error:  # whatever it is, its neighbours are asked all the same
        setback = setback_of(error)
        tell = log.error if setback.cause is routes.Cause.FAULT else log.warning
        tell(
            "agency_failed",
            tenant=tenant.code,
            agency=task.agency,
            task=str(task.id),
            reason=type(error).__name__,
            cause=setback.cause.value,
            exc_info=error if setback.cause is routes.Cause.FAULT else None,
        )
        return routes.set_back(task, setback, memory, random.random())  # spreads load, guards nothing


def _put(connector: Connector, memory: routes.Memory, question: Question, task: routes.Claimed) -> Receipt:
    """A case that was opened is looked at; asking again is for questions the agency never took.

    Where it may have taken one that it cannot tell by its key, it is asked first what it has.
    """
    if task.agency_ref is not None:
        return connector.look(question, task.agency_ref)
    if task.is_unsure and not memory.knows_keys:
        if not memory.finds:
            raise NeedsCheck
        finding: FindingConnector = connector  # type: ignore[assignment] # as its manifest says
        found = finding.find(question)
        if found is not None:
            return found
    return connector.ask(question)


def setback_of(error: Exception) -> routes.Setback:
    """Why a try failed, for the rule. What is no error of a connector may hold data: only its kind is kept."""
    note = {"error": type(error).__name__, "reason": str(error)[:300]}
    match error:
        case TryLater():
            cause = routes.Cause(error.why.value)
            return routes.Setback(cause, note, is_unknown=error.unknown, after_s=error.after)
        case RefusedByAgency():
            return routes.Setback(routes.Cause.REFUSED, note)
        case Misconfigured():
            return routes.Setback(routes.Cause.MISCONFIGURED, note)
        case NeedsCheck():
            note["reason"] = "it may have arrived, and the agency cannot be asked whether it did"
            return routes.Setback(routes.Cause.NEEDS_CHECK, note, is_unknown=True)
    is_said = isinstance(error, ConnectorError)  # one of ours, with words of ours
    note["reason"] = note["reason"] if is_said else "the connector failed"
    return routes.Setback(routes.Cause.FAULT, note, is_unknown=True)


def _result(task: routes.Claimed, receipt: Receipt, *, desk: str | None = None) -> routes.Result:
    """`desk` is whose officers answer it from now on."""
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
        desk=desk,
    )
