"""The pretend desk: answers like the real one, and remembers what officers sent to it."""

from collections.abc import Sequence
from uuid import UUID

from ptsp.flows.case_views import CaseView, QueueView, WaitingTask
from ptsp.flows.open_desk import Desk
from ptsp.flows.steer_clock import Steering
from ptsp.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.web.people_port import Stage
from tests.web.desks import CASES, NOTHING, NOW
from tests.web.packs import AGENCIES

TOKEN, PLAIN_TOKEN = "desk-token", "token-of-no-officer"
OFFICERS = {TOKEN: "loket-2", PLAIN_TOKEN: None}


def waiting(one: CaseView) -> WaitingTask:
    own = one.task.clock
    return WaitingTask(
        id=one.task.id,
        name=one.task.name,
        reference=one.reference,
        services=tuple(each.name for each in one.applications if each.is_mine),
        due_at=own.due_at,
        left_days=None if own.due_at is None else -own.over_days or (own.due_at - NOW).days,
        is_over=own.is_over,
        held_by=tuple(stop.reason for stop in own.stops if stop.to is None),
        promised_on=one.promised_on,
        first_promised_on=one.first_promised_on,
        officer=one.task.officer,
    )


class FakeDesk:
    """Answers like the real one; `done` is what was done: (act, task, what)."""

    def __init__(self, done: list[tuple[str, UUID, object]], tenant: str, token: str) -> None:
        self._done = done
        self._tenant = tenant
        self._token = token

    def opened(self) -> Desk:
        if self._token not in OFFICERS or self._tenant != "sidoarjo":
            raise Forbidden("this token opens no desk")
        return Desk("front_office", OFFICERS[self._token])

    def is_signer(self) -> bool:
        return False

    def queue(self, tab: str, after: str | None) -> QueueView:
        officer = self.opened().officer
        found = [waiting(one) for one in CASES.values() if one.may is not NOTHING]
        kept = {
            "all": found,
            "mine": [one for one in found if one.officer == officer],
            "held": [one for one in found if one.due_at is None],
        }[tab]
        return QueueView(
            tenant="sidoarjo",
            time_zone="Asia/Jakarta",
            now=NOW,
            agency="front_office",
            agency_name=AGENCIES["front_office"].name,
            officer=officer,
            tab=tab,
            tasks=() if after else tuple(sorted(kept, key=lambda one: (one.due_at is None, one.due_at))),
            next=None if after or tab != "all" else "place",
        )

    def case(self, task: UUID) -> CaseView:
        self.opened()
        if task not in CASES:
            raise NotFound(str(task))
        return CASES[task]

    def document(self, task: UUID, document: UUID) -> tuple[bytes, str, str]:
        for paper in self.case(task).papers:
            if paper.id == document:
                return b"%PDF-1.7 paper", paper.name, paper.media_type
        raise NotFound(str(document))

    def take(self, task: UUID) -> None:
        self._do("take", task)

    def release(self, task: UUID) -> None:
        self._do("release", task)

    def answer(self, task: UUID, *, is_approved: bool, reasons: Sequence[str]) -> None:
        if not is_approved and not reasons:
            raise Invalid([fault("reasons", "missing")])
        self._do("approve" if is_approved else "reject", task, tuple(reasons))

    def ask(self, task: UUID, fields: Sequence[str], documents: Sequence[str], message: str) -> None:
        faults = [] if fields or documents else [fault("fields", "nothing_asked")]
        faults += [] if message else [fault("message", "blank")]
        if faults:
            raise Invalid(faults)
        self._do("return", task, (tuple(fields), tuple(documents), message))

    def take_back(self, task: UUID) -> None:
        self._do("take_back", task)

    def steer(self, task: UUID, wanted: Steering) -> None:
        if wanted.by and wanted.by.amount > 5:
            raise Invalid([fault("by.amount", "extension_too_long", most=5, service="imb")])
        if wanted.kind == "stop" and wanted.reason is None:
            raise Invalid([fault("reason", "missing")])
        self._do(wanted.kind.value, task, wanted)

    def _do(self, act: str, task: UUID, what: object = None) -> None:
        if not self.case(task).may.verdict and act not in ("take_back", "release"):
            raise Conflict("not in this state")
        self._done.append((act, task, what))


class NoReception:
    """Nobody has an account here; leaving ends nothing."""

    def sign_out(self, token: str) -> None:
        del token


class NoAccount:
    """No token here is a session."""

    def stage(self) -> Stage:
        raise Forbidden("nobody is signed in with this token")
