"""An application ends: the permit, or the refusal with all its reasons, is numbered, written, signed and issued.

Three steps, since signing takes long and no transaction may wait for it: `draft_decisions` draws the number,
`sign_paper` writes the document while no transaction is open, `issue_decisions` records it. A crash in between
repeats with the same number and code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol
from uuid import UUID, uuid4

from ptsp.domain import applications, payments, permits, routes
from ptsp.flows._settling import tell
from ptsp.flows._taking_back import give_back, hold_money
from ptsp.flows.deemed_evidence import DeemedApproval, deemed_approvals
from ptsp.flows.papers import TEST_NOTE, Paper
from ptsp.flows.record_results import record_results
from ptsp.infra import ledger, numbers
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.limits import end_of
from ptsp.kernel.specs import Outcome, ServiceSpec

NO_NUMBER = "DRAF"  # where a number will stand
# What is said of a permit of the same bundle that was needed and did not come; it may have ended just now.
ENDED = {
    "open": "telah ditolak",
    "rejected": "telah ditolak",
    "withdrawn": "telah ditarik oleh pemohon",
    "lapsed": "telah gugur karena tidak diperbaiki pada waktunya",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision that has its number and waits for its document."""

    task: routes.Claimed
    paper: Paper

    @property
    def needs_document(self) -> bool:
        return self.paper.decision.kind != Outcome.REGISTRATION


class Deciding(Protocol):
    """A decide task, claimed or waiting."""

    @property
    def id(self) -> UUID: ...
    @property
    def bundle_id(self) -> UUID: ...
    @property
    def seq(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Case:
    """One application at its decision. One that the law has approved is refused for nothing that came later."""

    task: Deciding
    bundle: applications.BundleRow
    application: applications.ApplicationRow
    service: ServiceSpec
    reasons: tuple[str, ...]
    deemed: DeemedApproval | None


def draft_decisions(
    work: Work, book: TenantBook, tasks: Sequence[routes.Claimed], *, public_url: str, note: str = TEST_NOTE
) -> list[Draft]:
    """Number the decisions of claimed tasks; those drafted before keep what they have. `note`: how it is signed."""
    ids = sorted({task.bundle_id for task in tasks})
    routes.lock(work.connection, work.tenant.id, ids)
    ours = routes.held(work.connection, work.tenant.id, tasks)
    cases = _cases(work, book, [task for task in tasks if task.id in ours], ids)
    drafted = permits.decisions_of(work.connection, [case.application.id for case in cases])
    drafted |= _numbered(work, [case for case in cases if case.application.id not in drafted])
    claimed = {task.id: task for task in tasks}
    return [
        Draft(claimed[case.task.id], _paper(work, case, drafted[case.application.id], public_url, note))
        for case in cases
    ]


def undrawn_papers(
    work: Work, book: TenantBook, tasks: Sequence[Deciding], *, public_url: str = "", note: str = TEST_NOTE
) -> dict[UUID, Paper]:
    """By task, the papers of decisions as they would be written now. Nothing is numbered that was not before."""
    cases = _cases(work, book, tasks, sorted({task.bundle_id for task in tasks}))
    drafted = permits.decisions_of(work.connection, [case.application.id for case in cases])
    return {
        case.task.id: _paper(
            work, case, drafted.get(case.application.id) or _decision(work, case, NO_NUMBER), public_url, note
        )
        for case in cases
    }


def issue_decisions(
    work: Work, signed: Sequence[tuple[Draft, str]], *, refs: Mapping[UUID, str] = MappingProxyType({})
) -> set[UUID]:
    """Record documents, given as (draft, SHA-256 of the stored file, or empty), and end their applications.

    What was paid for an application that is refused is owed back in the same transaction. `refs`: a signing service's
    own numbers, by task. Returns the tasks that counted.
    """
    if not signed:
        return set()
    refused = [draft for draft, _ in signed if draft.paper.is_refusal]
    bundle_ids = sorted({draft.task.bundle_id for draft, _ in signed})
    hold_money(work, {draft.task.bundle_id for draft in refused})
    results, facts, appeals = [], {}, {}
    for draft, sha in signed:
        decision = draft.paper.decision
        state = routes.TaskState.REJECTED if draft.paper.is_refusal else routes.TaskState.APPROVED
        results.append(routes.Result(draft.task.id, state, draft.task.lease, reasons=decision.reasons))
        said = {"kind": decision.kind, "number": decision.number, "sha256": sha}
        if ref := refs.get(draft.task.id):
            said["signature"] = ref
        facts[draft.task.id] = [ledger.Fact("decision.issued", work.actor, said)]
        appeals[draft.task.id] = permits.Issued(decision.id, sha, draft.paper.appeal_until)
    counted = {task.id for task in record_results(work, bundle_ids, results, facts)}
    permits.mark_issued(work.connection, [one for task, one in appeals.items() if task in counted])
    for draft in refused:
        if draft.task.id in counted:
            _owe_back_all(work, draft.paper.application)
    return counted


def _owe_back_all(work: Work, application: applications.ApplicationRow) -> None:
    """Nothing is owed for an application that was refused, and nothing kept."""
    reason = payments.RefundReason.REFUSED
    facts = give_back(work, application.bundle_id, {application.id}, reason, "application refused")
    if facts:
        tell(work, application.bundle_id, facts)


def _cases(work: Work, book: TenantBook, tasks: Sequence[Deciding], ids: Sequence[UUID]) -> list[_Case]:
    bundles = applications.bundles(work.connection, ids)
    lodged = applications.applications(work.connection, ids)
    all_tasks = routes.tasks_of(work.connection, ids)
    deemed_in = [bundle_id for bundle_id in ids if any(one.deemed_on for one in lodged[bundle_id])]
    approved_by_law = deemed_approvals(work, deemed_in)
    cases = []
    for task in tasks:
        bundle = bundles[task.bundle_id]
        graph = routes.graph_from_text(bundle.graph)
        siblings = lodged[task.bundle_id]
        application = siblings[graph.members[task.seq][0]]
        names = {
            one.position: (book.standard(work.connection, work.tenant, one.standard_id).name["id"], one.state)
            for one in siblings
        }
        deemed = approved_by_law.get((task.bundle_id, application.position))
        reasons = () if deemed else _reasons(graph, all_tasks[task.bundle_id], task.seq, names)
        service = book.standard(work.connection, work.tenant, application.standard_id)
        cases.append(_Case(task, bundle, application, service, reasons, deemed))
    return cases


def _reasons(
    graph: routes.Graph, tasks: Sequence[routes.TaskRow], decide: int, names: Mapping[int, tuple[str, str]]
) -> tuple[str, ...]:
    """Why this application is refused: the reasons of every rejection before it, each once. Empty: it is not.

    `names` are the name and the state of each application.
    """
    reasons: dict[str, None] = {}
    seen: set[int] = set()
    open_ends = list(graph.after[decide])
    while open_ends:
        seq = open_ends.pop()
        if seq in seen:
            continue
        seen.add(seq)
        task = tasks[seq]
        if task.state in routes.LOST and seq in graph.decides:
            name, state = names[graph.members[seq][0]]
            reasons[f"{name} yang menjadi syarat {ENDED[state]}."] = None
        elif task.state == routes.TaskState.REJECTED:
            reasons |= dict.fromkeys(task.reasons)
        else:
            open_ends += graph.after[seq]
    return tuple(sorted(reasons))


def _paper(work: Work, case: _Case, decision: permits.Decision, public_url: str, note: str) -> Paper:
    sealed = case.bundle.applicant
    applicant = work.tenant.vault.open(work.tenant.id, f"bundle.applicant:{case.bundle.id}", sealed)
    objection = case.service.standard.objection if decision.kind == "refusal" else None
    until = end_of(objection.within, work.tenant.calendar, work.now).date() if objection else None
    return Paper(
        work.tenant,
        case.service,
        case.bundle,
        case.application,
        applicant,
        decision,
        work.today,
        public_url,
        appeal_until=until,
        deemed=case.deemed,
        note=note,
    )


def _numbered(work: Work, cases: Sequence[_Case]) -> dict[UUID, permits.Decision]:
    """New decisions by application. Series are drawn in one order, so that two workers never wait in a circle."""
    by_series: dict[str, list[_Case]] = {}
    for case in cases:
        series = case.service.series
        by_series.setdefault(permits.refusal_series(series) if case.reasons else series, []).append(case)
    year = work.today.year
    made: dict[UUID, permits.Decision] = {}
    for series, of_series in sorted(by_series.items()):
        serials = numbers.draw(work.connection, work.tenant.id, series, year, len(of_series))
        for case, serial in zip(of_series, serials, strict=True):
            number = permits.number_text(serial, series, work.tenant.pack.prefix, year)
            made[case.application.id] = _decision(work, case, number)
    permits.add_decisions(work.connection, work.tenant.id, list(made.values()))
    return made


def _decision(work: Work, case: _Case, number: str) -> permits.Decision:
    service, is_refusal = case.service, bool(case.reasons)
    return permits.Decision(
        id=uuid4(),
        bundle_id=case.bundle.id,
        application_id=case.application.id,
        kind="refusal" if is_refusal else service.outcome.value,
        number=number,
        code=permits.new_code(work.tenant.code),
        drafted_at=work.now,
        valid_until=None if is_refusal else permits.valid_until(work.today, service.valid_months),
        reasons=case.reasons,
    )
