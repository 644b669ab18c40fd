"""Applications end without a decision: withdrawn by the applicant, or lapsed because nobody answered."""

from collections.abc import Collection

from ptsp.domain import applications, payments, routes
from ptsp.flows._taking_back import give_back
from ptsp.infra import ledger
from ptsp.infra.work import Work


def end_early(work: Work, held: routes.Held, positions: Collection[int], state: str) -> list[ledger.Fact]:
    """Close open applications of a locked bundle, cut what is only theirs, and take back what they owe or have paid.

    Its bills are held. Shared tasks go on for the others. Returns the facts; what follows for the bundle is `go_on`'s.
    """
    connection, tenant_id, bundle_id = work.connection, work.tenant.id, held.bundle_id
    lodged = applications.applications(connection, [bundle_id])[bundle_id]
    seqs = needless_tasks(work, held, lodged, positions)
    routes.cut(connection, tenant_id, bundle_id, seqs, work.now)
    ids = {one.id for one in lodged if one.position in positions}
    money = give_back(work, bundle_id, ids, payments.RefundReason.WITHDRAWN, f"application {state}")
    ends = {(bundle_id, position): state for position in positions}
    closed = applications.end_applications(connection, ends, work.now)
    facts = [
        ledger.Fact("application.ended", work.actor, {"position": position, "state": state})
        for _, position in sorted(closed)
    ]
    facts += money
    if seqs:  # after the ends: what begins now does so because they are gone
        facts.append(ledger.Fact("tasks.cut", work.actor, {"seqs": list(seqs), "because": state}))
    return facts


def needless_tasks(
    work: Work,
    held: routes.Held,
    lodged: list[applications.ApplicationRow],
    positions: Collection[int],
) -> tuple[int, ...]:
    """Tasks that nobody needs any more once these applications have ended, too."""
    over = {one.position for one in lodged if one.state != "open"} | set(positions)
    states = [routes.TaskState(task.state) for task in routes.tasks(work.connection, held.bundle_id)]
    return routes.left_alone(held.graph, states, over)


def cause_of(positions: Collection[int], state: str) -> dict[str, object]:
    """Why the promise moves."""
    return {"kind": f"application.{state}", "positions": sorted(positions)}


def waiting_for(
    held: routes.Held, lodged: list[applications.ApplicationRow], positions: Collection[int]
) -> tuple[int, ...]:
    """Open applications that cannot be approved without these."""
    still_open = {one.position for one in lodged if one.state == "open"}
    return tuple(at for at in routes.dependents(held.graph, positions) if at in still_open)
