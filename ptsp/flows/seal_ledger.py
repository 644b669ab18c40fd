"""Seal an office's ledger for the day: where every chain stands goes under one root, which is signed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

from ptsp.domain import heads
from ptsp.infra.work import Work


@dataclass(frozen=True, slots=True)
class Sealed:
    """The head of today. `breaks` are chains that no longer pass through where they stood at the head before."""

    head: heads.Signed
    root: heads.Root
    breaks: tuple[UUID, ...]


def seal_ledger(work: Work, sign: Callable[[bytes], bytes]) -> Sealed | None:
    """Make the head of today by the office's own date; None when it is there already, or a later one.

    A ledger that was tampered with is sealed all the same: what stood before stays in the root, so that no head ever
    agrees to it, and the statement says how many chains are broken. `sign` gives the signature over a statement.
    """
    if not _is_due(work):
        return None
    heads.hold(work.connection, work.tenant.id)
    if not _is_due(work):
        return None
    last = heads.last_head(work.connection)
    breaks = heads.breaks(work.connection, work.tenant.id)
    heads.add_leaves(work.connection, work.tenant.id, work.today)
    root = heads.root_of(heads.leaves(work.connection, work.today))
    of = heads.Of(
        tenant=work.tenant.code,
        tenant_id=work.tenant.id,
        day=work.today,
        made_at=work.now.astimezone(UTC),
        previous=heads.hash_of(last.statement) if last else "",
    )
    statement = heads.write_statement(of, root, breaks=len(breaks))
    head = heads.Signed(work.today, statement, sign(statement))
    heads.add(work.connection, work.tenant.id, head)
    return Sealed(head, root, tuple(breaks))


def _is_due(work: Work) -> bool:
    last = heads.last_head(work.connection)
    return last is None or last.day < work.today
