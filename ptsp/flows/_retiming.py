"""Work out the dates of bundles again after something happened, write what changed, and say why in the ledger.

The one place where deadlines are stored. Every change of a promised date is one event with the old date, the new
one, its cause and, where there is one, the legal ground.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from ptsp.domain import deadlines, routes
from ptsp.flows.owe_tellings import owe_tellings
from ptsp.infra import ledger
from ptsp.infra.rows import Row
from ptsp.infra.work import Work
from ptsp.kernel.specs import StepKind, WarningSpec

Cause = Mapping[str, object]  # {"kind": the event's type, ...}; `legal_basis` where a law is the ground


@dataclass(slots=True)
class Retimed:
    """What the bundles of one transaction have to change, gathered so that each table is written once."""

    work: Work
    steps: list[Row] = field(default_factory=list)
    permits: list[Row] = field(default_factory=list)
    bundles: dict[UUID, Row] = field(default_factory=dict)

    def write(self) -> None:
        """The dates of tasks and applications. Those of bundles go with their heads, by `append_facts`."""
        connection, tenant_id = self.work.connection, self.work.tenant.id
        deadlines.set_steps(connection, tenant_id, self.steps)
        deadlines.set_permits(connection, tenant_id, self.permits)

    def retime(
        self,
        before: deadlines.Clocks,
        causes: Sequence[Cause],
        *,
        calendar: int | None = None,
        marked: frozenset[int] = frozenset(),
        marked_permits: frozenset[int] = frozenset(),
        begun: Mapping[int, routes.Move] | None = None,
        is_recounted: bool = False,
    ) -> tuple[list[ledger.Fact], list[routes.Move]]:
        """Facts for the ledger, and the moves of `begun` with the ends of their limits.

        `before.line` has everything that happened by now; `before` else is what was stored. `calendar` is the
        version to count on from now. `marked` and `marked_permits` have new marks to be kept. `is_recounted`:
        what is warned of may differ where no date does.
        """
        line, version = before.line, before.calendar if calendar is None else calendar
        times, calendar_of = line.times(), self._calendar_of(version)
        found = deadlines.dates(line.shape, times, calendar_of)
        warnings = deadlines.Warnings(line.shape, times, found, calendar_of, warning_rules(self.work, before))
        moves = [
            routes.Move(
                move.bundle_id,
                seq,
                move.state,
                found.due[seq],
                warnings.next_of_step(seq),
                move.again_s,
                move.lease,
            )
            for seq, move in (begun or {}).items()
        ]
        is_recounted = is_recounted or version != before.calendar
        self._steps(before, warnings, marked, begun or {}, is_recounted=is_recounted)
        self._permits(before, warnings, marked_permits, is_recounted=is_recounted)
        facts = _moved(self.work, before, found, causes, version)
        if facts or version != before.calendar:
            self.bundles[before.bundle_id] = {
                "promised_on": found.promised_on,
                "calendar": version,
                "held_by": found.held_by,
            }
        return facts, moves

    def _calendar_of(self, version: int) -> deadlines.CalendarOf:
        return self.work.tenant.calendars_at(self.work.connection, version).of

    def _steps(
        self,
        before: deadlines.Clocks,
        warnings: deadlines.Warnings,
        marked: frozenset[int],
        begun: Mapping[int, routes.Move],
        *,
        is_recounted: bool,
    ) -> None:
        """Tasks under way whose limit ends on another day than stored; those that begin are written as they do,
        and here only where they are stopped at once.
        """
        due = warnings.found.due
        for seq, running in enumerate(before.line.steps):
            if running.ended_at is not None or (seq in begun and seq not in marked):
                continue
            if due[seq] != before.due[seq] or seq in marked or (is_recounted and due[seq]):
                self.steps.append(
                    {
                        "bundle_id": before.bundle_id,
                        "seq": seq,
                        "due_at": due[seq],
                        "warn_at": warnings.next_of_step(seq),
                        "marks": deadlines.marks_as_text(running.marks) if seq in marked else None,
                    }
                )

    def _permits(
        self,
        before: deadlines.Clocks,
        warnings: deadlines.Warnings,
        marked: frozenset[int],
        *,
        is_recounted: bool,
    ) -> None:
        """Applications with another date than stored. One that is overdue stands and goes on without a change of its
        dates, and its warnings with it.
        """
        found = warnings.found
        for position, running in enumerate(before.line.permits):
            as_stored = (before.promised[position], before.legal[position], before.started[position])
            now = (found.promised[position], found.legal[position], running.started_at)
            is_late = now[1] is not None and self.work.now > now[1]
            if now == as_stored and position not in marked and not is_late and not is_recounted:
                continue
            self.permits.append(
                {
                    "bundle_id": before.bundle_id,
                    "position": position,
                    "promised_on": now[0],
                    "due_at": now[1],
                    "warn_at": warnings.next_of_permit(position),
                    "clock_started_at": now[2],
                    "marks": deadlines.marks_as_text(running.marks) if position in marked else None,
                }
            )


def warning_rules(work: Work, clocks: deadlines.Clocks) -> list[Sequence[WarningSpec]]:
    """What the standard of each application says of warnings, by position."""
    return [work.tenant.standard_at(work.connection, one).standard.warnings for one in clocks.standards]


def _moved(
    work: Work,
    before: deadlines.Clocks,
    found: deadlines.Dates,
    causes: Sequence[Cause],
    version: int,
) -> list[ledger.Fact]:
    """The one row that says how the promised dates changed and why; none where none did."""
    permits = [
        [position, old.isoformat(), new.isoformat()]
        for position, (old, new) in enumerate(zip(before.promised, found.promised, strict=True))
        if old != new
    ]
    is_same = before.promised_on == found.promised_on and before.held_by == found.held_by
    if is_same and not permits:
        return []
    data: dict[str, object] = {
        "old": before.promised_on.isoformat(),
        "new": found.promised_on.isoformat(),
        "held_by": list(found.held_by),
        "was_held_by": list(before.held_by),
        "calendar": version,
        "causes": [dict(cause) for cause in causes],
    }
    if permits:
        data["applications"] = permits
    return [ledger.Fact("promise.moved", work.actor, data)]


def causes_of(work: Work, settled: Sequence[routes.Settled], clocks: deadlines.Clocks) -> list[Cause]:
    """Which ended tasks may have moved a date, each with whether that was early or late by its own limit."""
    return [
        {
            "kind": f"task.{task.state.value}",
            "seq": task.seq,
            "agency": task.agency,
            "when": "paid" if task.kind is StepKind.PAYMENT else _when(work, task, clocks),
        }
        for task in settled
    ]


def _when(work: Work, task: routes.Settled, clocks: deadlines.Clocks) -> str:
    """early, in_time (on its last day) or late."""
    calendar = work.tenant.calendars_at(work.connection, clocks.calendar).of(task.agency)
    limit, running = clocks.line.shape.steps[task.seq].limit, clocks.line.steps[task.seq]
    due = deadlines.fold(limit, calendar, running).expected_at
    if due is None or work.now.astimezone(calendar.zone).date() == due.date():
        return "in_time"
    return "late" if work.now > due else "early"


def change_clocks(
    work: Work,
    bundle_ids: Sequence[UUID],
    happen: Callable[[deadlines.Clocks], "Happened | None"],
    *,
    calendar: int | None = None,
) -> list[UUID]:
    """Lock bundles, let `happen` put events on each one's clocks, and write what follows. Returns those changed.

    `happen` returns None for a bundle that it leaves alone.
    """
    held = routes.lock(work.connection, work.tenant.id, bundle_ids)
    retimed = Retimed(work)
    facts: dict[UUID, list[ledger.Fact]] = {}
    for bundle_id, clocks in deadlines.clocks(work.connection, work.tenant.id, held).items():
        happened = happen(clocks)
        if happened is None:
            continue
        moved, _ = retimed.retime(
            clocks,
            happened.causes,
            calendar=calendar,
            marked=happened.steps,
            marked_permits=happened.permits,
        )
        facts[bundle_id] = [*happened.facts, *moved]
    retimed.write()
    append_facts(work, held, facts, dates=retimed.bundles)
    return list(facts)


@dataclass(frozen=True, slots=True)
class Happened:
    """What was put on one bundle's clocks: its facts and causes, and whose marks are new."""

    facts: Sequence[ledger.Fact]
    causes: Sequence[Cause]
    steps: frozenset[int] = frozenset()
    permits: frozenset[int] = frozenset()


NOTHING = Happened((), ())


def joined(one: Happened, other: Happened | None) -> Happened:
    """Both, one after the other."""
    if other is None:
        return one
    return Happened(
        [*one.facts, *other.facts],
        [*one.causes, *other.causes],
        one.steps | other.steps,
        one.permits | other.permits,
    )


def append_facts(
    work: Work,
    held: Mapping[UUID, routes.Held],
    facts: Mapping[UUID, Sequence[ledger.Fact]],
    outcomes: Mapping[UUID, str] | None = None,
    dates: Mapping[UUID, Row] | None = None,
) -> None:
    """Continue the chains of locked bundles, and keep their new heads, outcomes and dates.

    One statement for all three: a bundle's row is long, and each update writes the whole of it.
    """
    rows: list[ledger.EventRow] = []
    heads: list[Row] = []
    chain = partial(ledger.chained, work.tenant.id)
    for bundle_id, told in facts.items():
        bundle = held[bundle_id]
        chained, end = chain(bundle_id, ledger.Head(bundle.last_event, bundle.head), work.now, told)
        rows += chained
        head = {"id": bundle_id, "last_event": end.seq, "head": end.hash}
        heads.append({**head, "outcome": (outcomes or {}).get(bundle_id), **(dates or {}).get(bundle_id, {})})
    ledger.append(work.connection, work.tenant.id, rows)
    owe_tellings(work, rows)
    routes.set_heads(work.connection, work.tenant.id, heads, work.now)
