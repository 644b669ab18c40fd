"""Every day, after an office's midnight: seal its ledger, have the head time-stamped, give it to its holders.

Nothing is given up: what cannot be stamped or handed over now is tried again in later rounds, for as long as it takes.
"""

from datetime import UTC

import structlog

from ptsp.domain import heads
from ptsp.flows.hand_over_heads import files_of, owe_heads
from ptsp.flows.seal_ledger import seal_ledger as seal
from ptsp.infra.holders import Differs, FolderHolder, NotTaken
from ptsp.infra.signing import NotStamped, TimeStamps, ensure_keys, sign_statement
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work, begin
from ptsp.jobs.tools import Tools

log = structlog.get_logger()

BATCH = 20  # days of one office in a round; after weeks without an authority the rest waits for the next one


def seal_ledger(tools: Tools, tenant: Tenant) -> int:
    """Gives how many heads were made, stamped or taken."""
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        sealed = seal(work, lambda statement: _signed(tools, work, statement))
    if sealed:
        log.info("ledger_sealed", tenant=tenant.code, day=str(sealed.head.day), bundles=sealed.root.bundles)
    if sealed and sealed.breaks:
        log.error("ledger_broken", tenant=tenant.code, bundles=[str(one) for one in sealed.breaks[:BATCH]])
    done = int(sealed is not None)
    if tools.stamps:
        done += _stamp(tools, tools.stamps, tenant)
    done += sum(_hand_over(tools, holder, tenant) for holder in tools.holders)
    if tools.holder_roles:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            done += owe_heads(work, tools.holder_roles, is_stamped=tools.stamps is not None)
    return done


def _signed(tools: Tools, work: Work, statement: bytes) -> bytes:
    pack = work.tenant.pack
    signer = ensure_keys(tools.keys_folder, pack.code, pack.name["id"], work.now.astimezone(UTC))
    return sign_statement(statement, signer)


def _stamp(tools: Tools, stamps: TimeStamps, tenant: Tenant) -> int:
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        waiting = heads.unstamped(work.connection, tenant.id, limit=BATCH)
    for done, head in enumerate(waiting):
        try:
            stamp = stamps.stamp(head.signature)
        except NotStamped as error:
            log.warning("head_not_stamped", tenant=tenant.code, day=str(head.day), reason=str(error))
            return done
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            heads.add_stamp(work.connection, tenant.id, head.day, stamp.token, stamp.at)
    return len(waiting)


def _hand_over(tools: Tools, holder: FolderHolder, tenant: Tenant) -> int:
    """A holder that is away is left alone; one that has other bytes of one day is given the others all the same."""
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        waiting = heads.not_handed(work.connection, holder.name, limit=BATCH)
    done = 0
    for head in waiting:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            files = files_of(work, head)
        try:
            holder.take(tenant.code, files)
        except NotTaken as error:
            log.warning("head_not_taken", tenant=tenant.code, day=str(head.day), reason=str(error))
            break
        except Differs as error:
            log.error("head_differs", tenant=tenant.code, day=str(head.day), file=str(error))
            continue
        _note_taken(tools, holder, tenant, head)
        done += 1
    return done


def _note_taken(tools: Tools, holder: FolderHolder, tenant: Tenant, head: heads.HeadRow) -> None:
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        heads.add_handover(
            work.connection,
            tenant.id,
            head.day,
            holder.name,
            with_stamp=head.token is not None,
            at=work.now,
        )
