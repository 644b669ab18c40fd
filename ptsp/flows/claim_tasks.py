"""A worker takes a batch of due tasks, with all that is needed to act on them once no transaction is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from ptsp.domain import applications, budgets, routes
from ptsp.flows._circuits import hold_back
from ptsp.infra.work import Work
from ptsp.kernel.formulas import Value
from ptsp.kernel.specs import StepKind
from ptsp.sdk.contract import Question


@dataclass(frozen=True, slots=True)
class Batch:
    """Claimed tasks; for those that ask an agency, the question is ready.

    `answered` have a result though nobody is asked, `sought` says under what verdicts are to be kept, and of
    agencies that are `paused` nothing more should be claimed for so many seconds; see `spend_budgets`.
    """

    tasks: tuple[routes.Claimed, ...]
    questions: Mapping[UUID, Question]
    answered: tuple[tuple[routes.Claimed, routes.Result], ...] = ()
    sought: Mapping[UUID, budgets.Sought] = field(default_factory=dict)
    paused: Mapping[str, float] = field(default_factory=dict)


def claim_tasks(work: Work, *, lease_s: float, limit: int, full: Sequence[str] = ()) -> Batch:
    """Claim up to `limit` due tasks for `lease_s` seconds and put their questions together.

    Agencies that are `full` are asked nothing more now.
    """
    connection, tenant_id = work.connection, work.tenant.id
    return _batch(
        work, routes.claim(connection, tenant_id, lease=uuid4(), lease_s=lease_s, limit=limit, full=full)
    )


def claim_suspect(work: Work, *, lease_s: float, full: Sequence[str] = ()) -> Batch:
    """Claim one task that was in a worker's hands when it died, if any is due."""
    connection, tenant_id = work.connection, work.tenant.id
    return _batch(
        work, routes.claim_suspect(connection, tenant_id, lease=uuid4(), lease_s=lease_s, full=full)
    )


def _batch(work: Work, claimed: Sequence[routes.Claimed]) -> Batch:
    tried = hold_back(work, claimed)
    asking = [task for task in tried if task.kind is StepKind.ASK]
    return Batch(tuple(tried), questions_of(work, asking) if asking else {})


def questions_of(work: Work, asking: Sequence[routes.Claimed | routes.Settled]) -> dict[UUID, Question]:
    """What agencies are asked by these tasks, by the tasks' ids."""
    ids = sorted({task.bundle_id for task in asking})
    bundles = applications.bundles(work.connection, ids)
    lodged = applications.applications(work.connection, ids)
    people = {
        bundle.id: work.tenant.vault.open(work.tenant.id, f"bundle.applicant:{bundle.id}", bundle.applicant)
        for bundle in bundles.values()
    }
    questions = {}
    for task in asking:
        bundle = bundles[task.bundle_id]
        members = routes.graph_from_text(bundle.graph).members[task.seq]
        concerned = [lodged[task.bundle_id][member] for member in members]
        questions[task.id] = Question(
            key=str(task.id),
            tenant=work.tenant.code,
            agency=task.agency,
            step=task.code,
            reference=bundle.reference,
            payload={
                "applicant": people[bundle.id],
                "answers": _merged_answers(concerned),
                "services": [one.service for one in concerned],
            },
        )
    return questions


def _merged_answers(concerned: Sequence[applications.ApplicationRow]) -> dict[str, object]:
    """The answers of all permits a task is for; a field that several ask was answered once for all."""
    answers: dict[str, object] = {}
    for one in concerned:
        for code, value in applications.answers_from_text(one.answers).items():
            answers.setdefault(code, _plain(value))
    return answers


def _plain(value: Value) -> object:
    return value if isinstance(value, (bool, str)) else format(value, "f")
