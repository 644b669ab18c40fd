"""Decisions that need no document are taken where the last task before them ends, in the same transaction."""

from dataclasses import replace

import structlog

from ptsp.domain import routes
from ptsp.flows._straight_on import StraightOn
from ptsp.flows.issue_decisions import draft_decisions, issue_decisions
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work

log = structlog.get_logger()


def decide_straight_on(work: Work, book: TenantBook, straight: StraightOn, *, public_url: str) -> None:
    """End the applications whose decisions were claimed straight on. A refusal, which needs a document, is left to a
    worker at once.

    What was recorded before stands whatever happens here: after a fault of ours the claims run out, and workers try
    them one by one.
    """
    if not straight.claimed:
        return
    try:
        with work.connection.begin_nested():
            drafts = draft_decisions(
                replace(work, actor=straight.actor), book, straight.claimed, public_url=public_url
            )
            written = [draft for draft in drafts if not draft.needs_document]
            issue_decisions(replace(work, actor=straight.actor), [(draft, "") for draft in written])
    except Exception as error:
        log.error("decision_failed", tenant=work.tenant.code, reason=type(error).__name__, exc_info=error)
        return
    left = [draft.task for draft in drafts if draft.needs_document]
    routes.give_back(
        work.connection, work.tenant.id, [routes.untried(task, cause=None, again_s=0.0) for task in left]
    )
    straight.leaves_work = straight.leaves_work or bool(left)
