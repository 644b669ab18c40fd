"""An agency answers later, by a callback: kept once, matched to its task, and recorded."""

import hashlib
from uuid import UUID

from sqlalchemy import text

from ptsp.domain import routes
from ptsp.flows.record_results import record_results
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound
from ptsp.sdk.contract import Reply, Verdict

FILE = text("""
    INSERT INTO app.inbox (tenant_id, source, message_id, fingerprint, outcome)
    VALUES (:tenant, :source, :message_id, :fingerprint, :outcome)
    ON CONFLICT DO NOTHING RETURNING message_id""")
FILED = text("SELECT fingerprint, outcome FROM app.inbox WHERE source = :source AND message_id = :message_id")

STATES = {Verdict.APPROVED: routes.TaskState.APPROVED, Verdict.REJECTED: routes.TaskState.REJECTED}


def take_reply(work: Work, agency: str, reply: Reply, body: bytes) -> str:
    """Record a verified callback; returns `recorded`, or `late` when the task had ended already.

    The same message again gets the same answer and changes nothing. A reply counts only for a task that
    this agency was asked, under that task's own key. Raises NotFound otherwise, Conflict when the message's
    id was used for other content.
    """
    fingerprint = hashlib.sha256(body).digest()
    before = _filed(work, agency, reply, fingerprint)
    if before:
        return before
    task = _asked_task(work, agency, reply)
    outcome = "late"
    if reply.receipt.verdict is None:
        raise Invalid([Fault("result", "says neither approved nor rejected")])
    result = routes.Result(
        task.id,
        STATES[reply.receipt.verdict],
        reasons=reply.receipt.reasons,
        agency_ref=reply.receipt.agency_ref,
        note=reply.receipt.findings or None,
    )
    if record_results(work, [task.bundle_id], [result]):
        outcome = "recorded"
    filed = {
        "tenant": work.tenant.id,
        "source": agency,
        "message_id": reply.message_id,
        "fingerprint": fingerprint,
        "outcome": outcome,
    }
    if work.connection.execute(FILE, filed).scalar() is not None:
        return outcome
    before = _filed(
        work, agency, reply, fingerprint
    )  # the same message, taken while we waited for the bundle
    if before is None:
        raise Conflict("this message is being taken by another request just now")
    return before


def _filed(work: Work, agency: str, reply: Reply, fingerprint: bytes) -> str | None:
    values = {"source": agency, "message_id": reply.message_id}
    row = work.connection.execute(FILED, values).one_or_none()
    if row is None:
        return None
    if bytes(row.fingerprint) != fingerprint:
        raise Conflict("this message id was used before for other content")
    outcome: str = row.outcome
    return outcome


def _asked_task(work: Work, agency: str, reply: Reply) -> routes.TaskRow:
    try:
        key = UUID(reply.key)
    except ValueError as error:
        raise NotFound("no question has this key") from error
    task = routes.tasks_by_id(work.connection, [key]).get(key)
    if task is None or task.agency != agency or task.attempts == 0:
        raise NotFound("no question to this agency has this key")
    return task
