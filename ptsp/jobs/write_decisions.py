"""Write and sign the papers of decisions: numbered first, signed with no transaction open, then recorded."""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from ptsp.domain import routes
from ptsp.flows.issue_decisions import Draft, draft_decisions, issue_decisions
from ptsp.flows.papers import Paper, permit_sheet, refusal_sheet
from ptsp.flows.signatures import wait_for_signature
from ptsp.infra.pdf import write
from ptsp.infra.signing import ensure_keys, sign
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.tools import Tools

log = structlog.get_logger()

REASON = "Penetapan oleh {office}"


def write_decisions(tools: Tools, tenant: Tenant, tasks: Sequence[routes.Claimed]) -> None:
    """End the applications of claimed decide tasks, each with its signed document in the store.

    What a person signs through a service is laid before that person instead.
    """
    by_hand = [task for task in tasks if tools.partners.signs(tenant, task.agency)]
    if by_hand:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            unwritten = wait_for_signature(work, tools.book, by_hand)
        tasks = [task for task in tasks if task not in by_hand or task in unwritten]
    if tasks:
        _write_decisions(tools, tenant, tasks)


def write_paper(paper: Paper) -> bytes:
    """The document of a decision, unsigned."""
    return write(
        refusal_sheet(paper) if paper.is_refusal else permit_sheet(paper), paper.tenant.pack.templates
    )


def _write_decisions(tools: Tools, tenant: Tenant, tasks: Sequence[routes.Claimed]) -> None:
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        drafts = draft_decisions(work, tools.book, tasks, public_url=tools.public_url)
        issue_decisions(work, [(draft, "") for draft in drafts if not draft.needs_document])
        now = work.now
    signed = [pair for draft in drafts if draft.needs_document for pair in _tried(tools, draft, now)]
    if signed:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            issue_decisions(work, signed)


def _tried(tools: Tools, draft: Draft, now: datetime) -> list[tuple[Draft, str]]:
    """One paper that cannot be written must not keep the others: its lease runs out, and it is tried alone."""
    try:
        return [(draft, _signed(tools, draft, now))]
    except Exception as error:
        log.error("document_failed", tenant=draft.paper.tenant.code, task=str(draft.task.id), exc_info=error)
        return []


def _signed(tools: Tools, draft: Draft, now: datetime) -> str:
    paper = draft.paper
    pack = paper.tenant.pack
    pdf = write_paper(paper)
    moment = now.astimezone(UTC)
    signer = ensure_keys(tools.keys_folder, pack.code, pack.name["id"], moment)
    return tools.files.put(
        pack.code, sign(pdf, signer, reason=REASON.format(office=pack.name["id"]), now=moment)
    )
