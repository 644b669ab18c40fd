"""Agencies answer later, by callbacks or messages: each is kept once, matched to its task, and recorded."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from ptsp.domain import routes
from ptsp.flows._straight_on import StraightOn
from ptsp.flows.record_results import record_results
from ptsp.infra.rows import as_rows
from ptsp.infra.work import Work
from ptsp.sdk.contract import Reply, Verdict

# In one order, so that two who take the same messages never wait for each other in a circle.
FILE = text("""
    INSERT INTO app.inbox (tenant_id, source, message_id, fingerprint, outcome)
    SELECT :tenant, r.source, r.message_id, decode(r.fingerprint, 'hex'), r.outcome
      FROM json_to_recordset(CAST(:rows AS json))
        AS r (source text, message_id text, fingerprint text, outcome text)
     ORDER BY r.source, r.message_id
    ON CONFLICT DO NOTHING RETURNING source, message_id""")
FILED = text("""
    SELECT i.source, i.message_id, i.fingerprint, i.outcome
      FROM json_to_recordset(CAST(:rows AS json)) AS r (source text, message_id text)
      JOIN app.inbox i ON i.tenant_id = :tenant AND i.source = r.source AND i.message_id = r.message_id""")

STATES = {Verdict.APPROVED: routes.TaskState.APPROVED, Verdict.REJECTED: routes.TaskState.REJECTED}


class Outcome(StrEnum):
    """What became of a reply. Only the first changes anything."""

    RECORDED = "recorded"
    LATE = "late"  # the task had ended already
    NO_QUESTION = "no_question"  # this agency was asked nothing under this key
    NO_VERDICT = "no_verdict"
    OTHER_CONTENT = "other_content"  # the message's id was used for something else


REFUSED = frozenset({Outcome.NO_QUESTION, Outcome.NO_VERDICT, Outcome.OTHER_CONTENT})


@dataclass(frozen=True, slots=True)
class Incoming:
    """A verified reply of one agency of this office; `fingerprint` tells its content from any other."""

    agency: str
    reply: Reply
    fingerprint: bytes

    @classmethod
    def of(cls, agency: str, reply: Reply, body: bytes) -> "Incoming":
        """`body` is the message that brought it."""
        return cls(agency, reply, hashlib.sha256(body).digest())

    @property
    def place(self) -> tuple[str, str]:
        """Under this it stands in the inbox."""
        return self.agency, self.reply.message_id


Filed = dict[tuple[str, str], tuple[bytes, Outcome]]


def take_replies(
    work: Work, replies: Sequence[Incoming], *, straight: StraightOn | None = None
) -> list[Outcome]:
    """Record any number of verified replies, and say what became of each.

    The same message again gets the same answer and changes nothing. A reply counts only for a task that its agency
    was asked, under that task's own key; one that is refused is filed as such, and keeps no other. `straight` is given
    by who publishes questions after the commit.
    """
    filed = _filed(work, replies)
    fresh: dict[tuple[str, str], Incoming] = {}
    for one in replies:
        if one.place not in filed:
            fresh.setdefault(one.place, one)
    outcomes = _recorded(work, fresh, straight)
    ours = _file(work, fresh.values(), outcomes)
    taken = [
        one for place, one in fresh.items() if place not in ours
    ]  # by another, while we waited for the bundles
    filed |= {place: (fresh[place].fingerprint, outcomes[place]) for place in ours} | _filed(work, taken)
    return [_answer(filed, one) for one in replies]


def _answer(filed: Filed, one: Incoming) -> Outcome:
    fingerprint, outcome = filed[one.place]
    return outcome if fingerprint == one.fingerprint else Outcome.OTHER_CONTENT


def _recorded(
    work: Work, fresh: Mapping[tuple[str, str], Incoming], straight: StraightOn | None
) -> dict[tuple[str, str], Outcome]:
    keys = {place: key for place, one in fresh.items() if (key := _key(one))}
    tasks = routes.tasks_by_id(work.connection, list(keys.values()))
    bundles: set[UUID] = set()
    outcomes: dict[tuple[str, str], Outcome] = {}
    first: dict[UUID, tuple[str, str]] = {}  # of several replies to one question, the first counts
    results: list[routes.Result] = []
    for place, one in fresh.items():
        task = tasks.get(keys[place]) if place in keys else None
        outcomes[place] = _refusal(task, one) or Outcome.LATE
        if task is not None and outcomes[place] is Outcome.LATE and task.id not in first:
            first[task.id] = place
            bundles.add(task.bundle_id)
            results.append(_result(task.id, one.reply))
    if results:
        for settled in record_results(work, bundles, results, straight=straight):
            outcomes[first[settled.id]] = Outcome.RECORDED
    return outcomes


def _refusal(task: routes.TaskRow | None, one: Incoming) -> Outcome | None:
    if task is None or task.agency != one.agency or task.attempts == 0:
        return Outcome.NO_QUESTION
    return Outcome.NO_VERDICT if one.reply.receipt.verdict is None else None


def _result(task_id: UUID, reply: Reply) -> routes.Result:
    receipt = reply.receipt
    assert receipt.verdict is not None
    return routes.Result(
        task_id,
        STATES[receipt.verdict],
        reasons=receipt.reasons,
        agency_ref=receipt.agency_ref,
        note=receipt.findings or None,
    )


def _key(one: Incoming) -> UUID | None:
    try:
        return UUID(one.reply.key)
    except ValueError:  # no key of ours
        return None


def _file(
    work: Work, fresh: Iterable[Incoming], outcomes: Mapping[tuple[str, str], Outcome]
) -> set[tuple[str, str]]:
    """Those that were filed just now."""
    rows = [
        {
            "source": one.agency,
            "message_id": one.reply.message_id,
            "fingerprint": one.fingerprint,
            "outcome": outcomes[one.place],
        }
        for one in fresh
    ]
    if not rows:
        return set()
    found = work.connection.execute(FILE, {"tenant": work.tenant.id, "rows": as_rows(rows)})
    return {(source, message_id) for source, message_id in found.all()}


def _filed(work: Work, replies: Sequence[Incoming]) -> Filed:
    if not replies:
        return {}
    rows = as_rows({"source": one.agency, "message_id": one.reply.message_id} for one in replies)
    found = work.connection.execute(FILED, {"tenant": work.tenant.id, "rows": rows})
    return {
        (row.source, row.message_id): (bytes(row.fingerprint), Outcome(row.outcome)) for row in found.all()
    }
