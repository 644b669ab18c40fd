"""What bank statements show of ours, and what remains different between the bank's books and ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ptsp.domain import payments, treasury
from ptsp.infra.work import Work


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Where the bank's books and ours differ. `unreconciled` is 0 when somebody could answer for every rupiah."""

    open: tuple[treasury.Difference, ...]
    closed: tuple[treasury.Closing, ...]
    unexplained: tuple[payments.Unexplained, ...]

    @property
    def unreconciled(self) -> int:
        return len(self.open) + len(self.unexplained)


def match_statement(work: Work) -> int:
    """Match every line that shows nothing yet with what we know by now; returns how many found something.

    The treasury is held. What was matched stays so, and what was closed stays closed.
    """
    connection, tenant_id = work.connection, work.tenant.id
    treasury.hold(connection, tenant_id)
    lines = treasury.open_lines(connection, tenant_id)
    expected = treasury.expected(connection, tenant_id, work.tenant.pack.time_zone)
    found = treasury.match(lines, expected)
    treasury.add_matches(connection, tenant_id, found, by=work.actor, at=work.now)
    return len(found)


def reconciliation(work: Work) -> Reconciliation:
    """What is different now, and what was closed. Changes nothing."""
    connection, tenant_id = work.connection, work.tenant.id
    closed = treasury.closings(connection, tenant_id)
    return Reconciliation(
        tuple(_open(work, closed)), tuple(closed), tuple(payments.unexplained(connection, tenant_id))
    )


def find_difference(work: Work, ident: UUID) -> treasury.Difference | None:
    """An open difference by its id."""
    closed = treasury.closings(work.connection, work.tenant.id)
    return next((one for one in _open(work, closed) if one.id == ident), None)


def _open(work: Work, closed: Sequence[treasury.Closing]) -> list[treasury.Difference]:
    connection, tenant_id = work.connection, work.tenant.id
    found = treasury.differences(
        treasury.open_lines(connection, tenant_id),
        treasury.expected(connection, tenant_id, work.tenant.pack.time_zone),
        treasury.periods(connection, tenant_id),
    )
    known = {one.id for one in closed}
    return [one for one in found if one.id not in known]
