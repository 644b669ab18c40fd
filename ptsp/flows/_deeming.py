"""When silence counts as approval (fiktif positif): what is looked at, what is told, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ptsp.domain import applications, deadlines, outages, routes
from ptsp.flows._retiming import Cause
from ptsp.flows.record_results import Facts, go_on
from ptsp.infra import ledger
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.specs import ServiceSpec, StepKind, StopReason


@dataclass(frozen=True, slots=True)
class Case:
    """An open application under its bundle's lock. `clock` is its legal clock, `holds` what kept the law off it."""

    clocks: deadlines.Clocks
    position: int
    service: ServiceSpec
    office: Calendar
    clock: deadlines.Clock
    responsible: tuple[int, ...]
    holds: tuple[outages.Hold, ...]

    @property
    def place(self) -> tuple[UUID, int]:
        return self.clocks.bundle_id, self.position

    @property
    def legal_basis(self) -> str:
        """The law by which silence approves it."""
        assert self.service.standard.deemed is not None
        return self.service.standard.deemed.legal_basis

    @property
    def own(self) -> tuple[int, ...]:
        """Its tasks, those that it shares with others too."""
        steps = self.clocks.line.shape.steps
        return tuple(seq for seq, step in enumerate(steps) if self.position in step.members)

    def is_open(self) -> bool:
        """Can the law still approve it: it has not ended, it was not deemed before, nothing of it was rejected."""
        states = self.clocks.states
        return (
            self.service.standard.deemed is not None
            and self.clocks.outcomes[self.position] == "open"
            and self.position not in self.clocks.deemed
            and not any(states[seq] in routes.LOST for seq in self.own)
        )

    def is_overdue(self, now: datetime) -> bool:
        """Is the day over on which its limit ended, with the clock running, and not for want of a payment?"""
        due = self.clock.due_at
        if due is None or self.waits_for_applicant() or self._is_being_signed():
            return False
        zone = self.office.zone
        is_standing = any(reason is not StopReason.OUTAGE for reason in self.clock.held_by)
        return not is_standing and due.astimezone(zone).date() < now.astimezone(zone).date()

    def in_the_way(self, down: Sequence[outages.Outage], now: datetime) -> tuple[outages.Outage, ...]:
        """Outages for which a person has to decide first."""
        assert self.clock.started_at is not None
        line = self.clocks.line
        spells = [
            outages.Spell(line.shape.steps[seq].agency, line.steps[seq].started_at, line.steps[seq].ended_at)
            for seq in self.own
        ]
        counted = {mark.stop for mark in line.permits[self.position].marks if mark.stop}
        return outages.in_the_way(
            down, spells, self.holds, started_at=self.clock.started_at, counted=counted, now=now
        )

    def waits_for_applicant(self) -> bool:
        """Is a payment all that it waits for?"""
        line = self.clocks.line
        busy = {line.shape.steps[seq].kind for seq in self.own if is_under_way(line.steps[seq])}
        return busy == {StepKind.PAYMENT}

    def _is_being_signed(self) -> bool:
        """Does a worker write the decision just now? It began in time to be an approval of the office's own."""
        steps = self.clocks.line.shape.steps
        return any(
            steps[seq].kind is StepKind.DECIDE and self.clocks.states[seq] == routes.TaskState.RUNNING
            for seq in self.own
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """An application that the law approves now. With `ground` a person let it, in spite of these outages."""

    case: Case
    ground: str = ""
    outages: tuple[UUID, ...] = ()


def cases(work: Work, book: TenantBook, places: Sequence[tuple[UUID, int]]) -> list[Case]:
    """Applications by bundle and position, as they stand now. Their bundles are locked, or only looked at."""
    ids = sorted({bundle_id for bundle_id, _ in places})
    found = deadlines.clocks(work.connection, work.tenant.id, ids)
    lodged = applications.applications(work.connection, ids)
    holds = outages.holds_of(work.connection, work.tenant.id, ids)
    made = []
    for bundle_id, position in places:
        clocks = found[bundle_id]
        standard_id = lodged[bundle_id][position].standard_id
        calendars = work.tenant.calendars_at(work.connection, clocks.calendar)
        shape, times = clocks.line.shape, clocks.line.times()
        made.append(
            Case(
                clocks=clocks,
                position=position,
                service=book.standard(work.connection, work.tenant, standard_id),
                office=calendars.office,
                clock=deadlines.legal_clock(shape, times, position, calendars.office),
                responsible=_responsible(clocks, deadlines.dates(shape, times, calendars.of), position),
                holds=tuple(holds.get((bundle_id, position), ())),
            )
        )
    return made


def approve(
    work: Work, held: Mapping[UUID, routes.Held], approvals: Sequence[Approval], facts: Facts
) -> None:
    """Approve applications of locked bundles by law, and let their bill and their permit go on.

    `facts` are told first. Their own technical tasks end as deemed; what other applications still need goes on
    without being waited for. One event a bundle holds the evidence.
    """
    ended: dict[UUID, list[routes.Settled]] = {}
    causes: dict[UUID, list[Cause]] = {}
    by_bundle: dict[UUID, list[Approval]] = {}
    for approval in approvals:
        by_bundle.setdefault(approval.case.clocks.bundle_id, []).append(approval)
    for bundle_id, of_bundle in by_bundle.items():
        clocks = of_bundle[0].case.clocks
        positions = [approval.case.position for approval in of_bundle]
        seqs = _no_longer_needed(clocks, clocks.deemed.union(positions))
        applications.deem(work.connection, work.tenant.id, bundle_id, positions, work.now)
        ended[bundle_id] = routes.deem(work.connection, work.tenant.id, bundle_id, seqs, work.now)
        data = {
            "positions": positions,
            "seqs": list(seqs),
            "oss": deadlines.OSS_DEEMED,
            "calendar": clocks.calendar,
            "applications": [_evidence(approval) for approval in of_bundle],
        }
        facts.setdefault(bundle_id, []).append(ledger.Fact("application.deemed", work.actor, data))
        causes[bundle_id] = [
            {"kind": "application.deemed", "positions": positions, "legal_basis": one.case.legal_basis}
            for one in of_bundle[:1]
        ]
    go_on(work, held, ended, facts, causes)


def is_under_way(running: deadlines.Running) -> bool:
    return running.started_at is not None and running.ended_at is None


def _no_longer_needed(clocks: deadlines.Clocks, deemed: frozenset[int]) -> tuple[int, ...]:
    """Technical tasks that have not ended and that no open application but deemed ones waits for."""
    over = {at for at, state in enumerate(clocks.outcomes) if state != "open"} | deemed
    return tuple(
        seq
        for seq, step in enumerate(clocks.line.shape.steps)
        if step.kind in outages.TECHNICAL
        and clocks.states[seq] not in routes.FINAL
        and deemed.intersection(step.members)
        and over.issuperset(step.members)
    )


def _responsible(clocks: deadlines.Clocks, found: deadlines.Dates, position: int) -> tuple[int, ...]:
    """Who has it: the open tasks that make its date; else its other open ones. A payer is nobody's delay."""
    line = clocks.line
    busy = [
        seq
        for seq, step in enumerate(line.shape.steps)
        if is_under_way(line.steps[seq]) and step.kind is not StepKind.PAYMENT
    ]
    path = deadlines.critical_path(line.shape, line.times(), found, position)
    on_path = tuple(seq for seq in path if seq in busy)
    return on_path or tuple(seq for seq in busy if position in line.shape.steps[seq].members)


def _who(case: Case, seqs: Sequence[int]) -> list[list[object]]:
    return [[seq, case.clocks.line.shape.steps[seq].agency] for seq in seqs]


def _evidence(approval: Approval) -> dict[str, object]:
    """All from which anybody can work out again that the limit was over, and whose silence it was.

    The end of the limit stands with the office's own offset.
    """
    case = approval.case
    clock, line = case.clock, case.clocks.line
    assert clock.started_at is not None
    assert clock.due_at is not None
    evidence: dict[str, object] = {
        "position": case.position,
        "started": clock.started_at.isoformat(),
        "limit": line.shape.permits[case.position].limit.as_list(),
        "stops": [
            {
                "reason": stop.reason.value,
                "from": stop.at.isoformat(),
                "to": stop.to.isoformat() if stop.to else None,
            }
            for stop in clock.stops
        ],
        "marks": [
            {"at": mark.at.isoformat(), **deadlines.as_facts(mark)}
            for mark in line.permits[case.position].marks
        ],
        "due": clock.due_at.astimezone(case.office.zone).isoformat(),
        "legal_basis": case.legal_basis,
        "responsible": _who(case, case.responsible),
        "open": _who(case, [seq for seq in case.own if is_under_way(line.steps[seq])]),
    }
    if approval.ground:
        evidence |= {"ground": approval.ground, "outages": [str(one) for one in approval.outages]}
    return evidence
