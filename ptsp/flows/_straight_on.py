"""Agencies behind the broker are asked straight on: in the transaction in which their tasks become ready.

Nobody has to claim such a task first. Its row says `asked`, with its fact in the ledger; the question itself goes out
once that has committed. Whoever dies in between has lost nothing: the row comes due again after a short while, as
does every question that was not answered, and the agency knows it by its key.

Decisions that need no document are claimed there as well; see `decide_straight_on`.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from ptsp.domain import deadlines, deliveries, outages, routes
from ptsp.flows._budgets import budget_of
from ptsp.flows.claim_tasks import questions_of
from ptsp.infra import ledger
from ptsp.infra.gateway import Partners
from ptsp.infra.work import Work
from ptsp.kernel.specs import Outcome, StepKind
from ptsp.sdk.contract import Question
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.manifest import Style

# A question that was lost between commit and broker is sent again after so long; later ones after the connector's
# patience. It costs an agency that takes longer one message more, and spares every task another update.
PUBLISHED_WITHIN_S = 60.0
DECIDED_WITHIN_S = 60.0  # of a claim that outlives its transaction, after a fault of ours


@dataclass(slots=True)
class StraightOn:
    """What one transaction asks and decides straight on. Questions are published once it has committed; `actor` is who
    does that.
    """

    partners: Partners
    actor: str
    asked: list[routes.Settled] = field(default_factory=list)
    questions: dict[UUID, Question] = field(default_factory=dict)
    claimed: list[routes.Claimed] = field(default_factory=list)
    leaves_work: bool = False  # something became ready that a worker has to claim
    _lease: UUID = field(default_factory=uuid4)
    _patience: dict[str, float] = field(default_factory=dict)  # seconds, by agency that may be asked

    def look(self, work: Work, steps: Iterable[deadlines.StepShape], down: Sequence[outages.Outage]) -> None:
        """Find out which of the agencies of steps that begin may be asked straight on.

        The others go the ordinary way: they have a budget or a desk that answers instead, are down, or did not
        answer the last time.
        """
        agencies = {step.agency for step in steps if step.kind is StepKind.ASK}
        found = {one: self._wait_s(work, one) for one in agencies if not _is_down(one, down)}
        self._patience = {agency: seconds for agency, seconds in found.items() if seconds is not None}
        if self._patience:
            for circuit in deliveries.circuits(work.connection, work.tenant.id):
                if circuit.failures:
                    self._patience.pop(circuit.agency, None)

    def begun(self, work: Work, clocks: deadlines.Clocks, seq: int) -> routes.Move:
        """How a task begins whose turn has come."""
        step = clocks.line.shape.steps[seq]
        if step.kind is StepKind.ASK and step.agency in self._patience:
            again_s = self._patience[step.agency] * random.uniform(1, 1.25)  # spreads load, guards nothing
            return routes.Move(clocks.bundle_id, seq, routes.TaskState.ASKED, again_s=again_s)
        if step.kind is StepKind.DECIDE and self._needs_no_document(work, clocks, step):
            return routes.Move(
                clocks.bundle_id,
                seq,
                routes.TaskState.RUNNING,
                again_s=DECIDED_WITHIN_S,
                lease=self._lease,
            )
        self.leaves_work = True
        return routes.Move(clocks.bundle_id, seq, routes.TaskState.READY)

    def put(self, work: Work, begun: Sequence[routes.Settled]) -> list[tuple[UUID, ledger.Fact]]:
        """Put the questions of tasks that were moved so together; gives by bundle what is to be told of each."""
        asked = [task for task in begun if task.state is routes.TaskState.ASKED]
        self.claimed += [self._claimed(task) for task in begun if task.state is routes.TaskState.RUNNING]
        if asked:
            self.asked += asked
            self.questions |= questions_of(work, asked)
        return [(task.bundle_id, _asked_fact(task, self.actor)) for task in asked]

    def _needs_no_document(self, work: Work, clocks: deadlines.Clocks, step: deadlines.StepShape) -> bool:
        """Unless it turns out to be a refusal."""
        service = work.tenant.standard_at(work.connection, clocks.standards[step.members[0]])
        return service.outcome is Outcome.REGISTRATION and not self.partners.signs(work.tenant, step.agency)

    def _claimed(self, task: routes.Settled) -> routes.Claimed:
        return routes.Claimed(
            id=task.id,
            bundle_id=task.bundle_id,
            seq=task.seq,
            code=task.code,
            kind=task.kind,
            agency=task.agency,
            lease=self._lease,
            attempts=1,
            crashes=0,
            agency_ref=None,
        )

    def _wait_s(self, work: Work, agency: str) -> float | None:
        spec = work.tenant.pack.agencies.get(agency)
        if spec is None or spec.manual or budget_of(work.tenant, agency):
            return None
        if not self.partners.is_queued(work.tenant, agency):
            return None
        try:
            connector = self.partners.of_style(work.tenant, agency, Style.BROKER)
            connector.check()
        except Misconfigured:
            return None  # the ordinary way says so where it is seen
        return min(float(connector.patience_s), PUBLISHED_WITHIN_S)


def _asked_fact(task: routes.Settled, actor: str) -> ledger.Fact:
    """What the ledger is told of a question that goes to the broker."""
    data = {"seq": task.seq, "task": task.code, "agency": task.agency, "agency_ref": routes.QUEUED}
    return ledger.Fact("task.asked", actor, data)


def _is_down(agency: str, down: Sequence[outages.Outage]) -> bool:
    return any(outages.concerns(outage, agency, StepKind.ASK) for outage in down)
