"""Deadlines are warned of: each warning is owed once to each of those it is for, and stands in the ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from ptsp.domain import applications, deadlines, messages, routes
from ptsp.flows._names import agency_name, task_name
from ptsp.flows._retiming import append_facts, warning_rules
from ptsp.flows.owe_messages import owe_messages
from ptsp.flows.warning_texts import Said, body, subject
from ptsp.infra import ledger
from ptsp.infra.rows import Row
from ptsp.infra.work import Work
from ptsp.kernel.specs import ServiceSpec, StepKind, Text

KIND = "deadline"
STEP, APPLICATION = "step", "application"


@dataclass(frozen=True, slots=True)
class _Case:
    """One bundle with all that its warnings need."""

    bundle: applications.BundleRow
    warnings: deadlines.Warnings
    tasks: Sequence[routes.TaskRow]
    services: Sequence[ServiceSpec]

    def under_way(self, position: int) -> list[str]:
        """The agencies that have a step of this application in hand."""
        steps = zip(self.warnings.shape.steps, self.warnings.times.steps, strict=True)
        found = [
            step.agency
            for step, running in steps
            if position in step.members and running.started_at and not running.ended_at
            if step.kind not in (StepKind.PAYMENT, StepKind.CHARGE)
        ]
        return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Warning:
    """One warning of one clock that has rung: of a step (by seq) or of an application (by position)."""

    of: str
    number: int
    deadline: deadlines.Deadline
    ring: deadlines.Ring
    agencies: tuple[str, ...]  # who has it in hand

    def recipients(self) -> list[tuple[str, str | None]]:
        """Role and, of an agency, which."""
        found: list[tuple[str, str | None]] = []
        for role in self.ring.rule.to:
            if role == messages.AGENCY:
                found += [(role, agency) for agency in self.agencies]
            else:
                found.append((role, None))
        return found

    def key(self, bundle_id: UUID, role: str, agency: str | None) -> str:
        """Names the debt: the same warning of one term of one clock is owed once, whatever its date has become."""
        rule, whom = self.ring.rule, f"{role}:{agency}" if agency else role
        when = f"{rule.at}.{rule.value}:{self.deadline.term}.{self.ring.occurrence}"
        return f"{KIND}:{bundle_id}:{self.of}:{self.number}:{when}:{whom}"


def warn(work: Work, *, public_url: str, limit: int = 50) -> int:
    """Warn of what rings by now in up to `limit` bundles; returns how many were looked at.

    Everything is worked out again under the bundle's lock and what was owed before is left out, so any number of
    workers may do this at once, and one that dies has done nothing. After a time without workers only the last of
    a warning's repetitions is sent.
    """
    connection, tenant_id = work.connection, work.tenant.id
    ids = deadlines.claim_warned(connection, tenant_id, work.now, limit=limit)
    if not ids:
        return 0
    held = routes.lock(connection, tenant_id, ids)
    facts: dict[UUID, Sequence[ledger.Fact]] = {}
    steps: list[Row] = []
    permits: list[Row] = []
    for case in _cases(work, ids):
        if told := _owe(work, case, public_url):
            facts[case.bundle.id] = told
        steps += _next_of_steps(work, case)
        permits += _next_of_permits(work, case)
    deadlines.set_warnings(connection, tenant_id, steps, permits)
    append_facts(work, held, facts)
    return len(ids)


def _cases(work: Work, ids: Sequence[UUID]) -> Iterator[_Case]:
    bundles = applications.bundles(work.connection, ids)
    tasks = routes.tasks_of(work.connection, ids)
    for bundle_id, clocks in deadlines.clocks(work.connection, work.tenant.id, ids).items():
        calendar_of = work.tenant.calendars_at(work.connection, clocks.calendar).of
        shape, times = clocks.line.shape, clocks.line.times()
        found = deadlines.dates(shape, times, calendar_of)
        warnings = deadlines.Warnings(shape, times, found, calendar_of, warning_rules(work, clocks))
        services = [work.tenant.standard_at(work.connection, one) for one in clocks.standards]
        yield _Case(bundles[bundle_id], warnings, tasks[bundle_id], services)


def _owe(work: Work, case: _Case, public_url: str) -> list[ledger.Fact]:
    """Owe what was not owed before; one fact for each warning of which something is new."""
    rung = [*_rung_steps(work, case), *_rung_permits(work, case)]
    keys = [one.key(case.bundle.id, *whom) for one in rung for whom in one.recipients()]
    before = messages.owed_before(work.connection, keys)
    owed: list[messages.NewMessage] = []
    facts = []
    for one in rung:
        new = [whom for whom in one.recipients() if one.key(case.bundle.id, *whom) not in before]
        owed += [_message(work, case, one, role, agency, public_url) for role, agency in new]
        if new:
            facts.append(ledger.Fact("deadline.warned", work.actor, _data(one, new)))
    owe_messages(work, owed)
    return facts


def _rung_steps(work: Work, case: _Case) -> Iterator[_Warning]:
    for seq, step in enumerate(case.warnings.shape.steps):
        deadline = case.warnings.of_step(seq)
        if deadline:
            for ring in deadlines.rung(deadline, case.warnings.step_rules(seq), work.now):
                yield _Warning(STEP, seq, deadline, ring, (step.agency,))


def _rung_permits(work: Work, case: _Case) -> Iterator[_Warning]:
    for position in range(len(case.warnings.shape.permits)):
        deadline = case.warnings.of_permit(position)
        if deadline:
            agencies = tuple(case.under_way(position))
            for ring in deadlines.rung(deadline, case.warnings.permit_rules(position), work.now):
                yield _Warning(APPLICATION, position, deadline, ring, agencies)


def _next_of_steps(work: Work, case: _Case) -> list[Row]:
    due = case.warnings.found.due
    return [_row(case, seq, case.warnings.next_of_step(seq, work.now)) for seq, end in enumerate(due) if end]


def _next_of_permits(work: Work, case: _Case) -> list[Row]:
    due = case.warnings.found.legal
    return [
        _row(case, position, case.warnings.next_of_permit(position, work.now))
        for position, end in enumerate(due)
        if end
    ]


def _row(case: _Case, number: int, at: object) -> Row:
    return {"bundle_id": case.bundle.id, "number": number, "warn_at": at}


def _message(
    work: Work, case: _Case, warning: _Warning, role: str, agency: str | None, public_url: str
) -> messages.NewMessage:
    said = Said(
        reference=case.bundle.reference,
        what=_name(case, warning),
        is_legal=warning.of == APPLICATION,
        who=tuple(agency_name(work.tenant, one) for one in warning.agencies),
        deadline=warning.deadline,
        now=work.now,
        url=f"{public_url.rstrip('/')}/{work.tenant.code}/bundles/{case.bundle.reference}",
    )
    return messages.NewMessage(
        id=uuid4(),
        key=warning.key(case.bundle.id, role, agency),
        bundle_id=case.bundle.id,
        to_role=role,
        agency=agency,
        kind=f"{KIND}.{warning.ring.rule.at}",
        subject=subject(said),
        body=body(said, role),
    )


def _name(case: _Case, warning: _Warning) -> Text:
    if warning.of == APPLICATION:
        return case.services[warning.number].name
    members = case.warnings.shape.steps[warning.number].members
    return task_name(case.tasks[warning.number].code, members, case.services)


def _data(warning: _Warning, to: Sequence[tuple[str, str | None]]) -> dict[str, object]:
    rule = warning.ring.rule
    return {
        "of": warning.of,
        "seq" if warning.of == STEP else "position": warning.number,
        "at": rule.at.value,
        "value": rule.value,
        "occurrence": warning.ring.occurrence,
        "due": warning.deadline.due_at.isoformat(),
        "to": [f"{role}:{agency}" if agency else role for role, agency in to],
    }
