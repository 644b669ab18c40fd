"""What goes out of an event: a name that will not change, and the parts of it that are nobody's secret."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """`type` is the event's name outside; `parts` are the members of its data that go with it, others stay here."""

    type: str
    parts: tuple[str, ...] = ()


# By the type in the ledger. Reasons, officers and free texts are in none of them.
EVENTS: Mapping[str, Shown] = {
    "bundle.submitted": Shown("id.ptsp.bundle.lodged.v1"),
    "bundle.ended": Shown("id.ptsp.bundle.ended.v1", ("outcome",)),
    "application.added": Shown("id.ptsp.application.added.v1", ("position",)),
    "application.ended": Shown("id.ptsp.application.ended.v1", ("position", "state")),
    "application.deemed": Shown("id.ptsp.application.deemed.v1", ("position",)),
    "decision.issued": Shown("id.ptsp.decision.issued.v1", ("kind", "number", "sha256")),
    "clock.started": Shown("id.ptsp.clock.started.v1", ("position", "seq")),
    "clock.stopped": Shown("id.ptsp.clock.stopped.v1", ("seq", "seqs", "ground")),
    "clock.resumed": Shown("id.ptsp.clock.resumed.v1", ("seq", "seqs", "ground")),
    "clock.extended": Shown("id.ptsp.clock.extended.v1", ("seq", "seqs", "ground")),
    "promise.moved": Shown("id.ptsp.promise.moved.v1", ("old", "new", "held_by")),
    "task.approved": Shown("id.ptsp.task.approved.v1", ("seq", "task", "agency")),
    "task.rejected": Shown("id.ptsp.task.rejected.v1", ("seq", "task", "agency")),
    "task.deemed": Shown("id.ptsp.task.deemed.v1", ("seq", "task", "agency")),
    "correction.asked": Shown("id.ptsp.correction.asked.v1", ("seq", "round")),
    "correction.answered": Shown("id.ptsp.correction.answered.v1", ("seq", "round")),
    "fee.charged": Shown("id.ptsp.fee.charged.v1", ("number", "kind", "amount", "total")),
    "fee.cancelled": Shown("id.ptsp.fee.cancelled.v1", ("number",)),
    "payment.settled": Shown("id.ptsp.fee.paid.v1", ("number", "kind", "amount")),
    "refund.paid": Shown("id.ptsp.refund.paid.v1", ("number", "amount")),
    "objection.lodged": Shown("id.ptsp.objection.lodged.v1"),
    "objection.decided": Shown("id.ptsp.objection.decided.v1", ("state",)),
}


def shown(type_: str, data: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """Name and data of an event as it goes out; `type_` is one of EVENTS."""
    rule = EVENTS[type_]
    return rule.type, {part: data[part] for part in rule.parts if part in data}
