"""The desk behind the officers' pages: each verb is a flow, and each looks at the token again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from ptsp.api.access import Access
from ptsp.domain.corrections import Ask
from ptsp.domain.people import Right
from ptsp.flows._desk_tasks import require_task
from ptsp.flows.answer_at_desk import answer_at_desk
from ptsp.flows.ask_correction import ask_correction, take_back_correction
from ptsp.flows.case_views import CaseView, QueueView
from ptsp.flows.fetch_document import fetch_for_desk
from ptsp.flows.open_desk import Desk, desk_of
from ptsp.flows.show_case import show_case
from ptsp.flows.show_queue import show_queue
from ptsp.flows.steer_clock import Steering, steer_clock
from ptsp.flows.take_task import release_task, take_task
from ptsp.infra.work import Work
from ptsp.kernel.errors import Forbidden

ACTOR = "desk"


class DeskCounter:
    """What `ptsp.web.desk_port.Desk` asks for."""

    def __init__(self, access: Access, tenant_code: str, token: str) -> None:
        self._access = access
        self._tenant = tenant_code
        self._token = token

    def opened(self) -> Desk:
        with self._work() as (_, desk):
            return desk

    def is_signer(self) -> bool:
        with self._work() as (work, desk):
            return desk.may(Right.SIGN) and self._access.partners.signs(work.tenant, desk.agency)

    def queue(self, tab: str, after: str | None) -> QueueView:
        with self._work() as (work, desk):
            desk.require(Right.SEE)
            return show_queue(work, desk, tab, after)

    def case(self, task: UUID) -> CaseView:
        with self._task(task, Right.SEE) as (work, desk):
            return show_case(work, self._access.book, desk.agency, task, self._access.partners.receives)

    def document(self, task: UUID, document: UUID) -> tuple[bytes, str, str]:
        with self._task(task, Right.SEE) as (work, desk):
            book, files = self._access.book, self._access.files
            data, row = fetch_for_desk(work, book, files, desk.agency, task, document)
        return data, row.name, row.media_type

    def take(self, task: UUID) -> None:
        with self._task(task, Right.ANSWER) as (work, desk):
            take_task(work, desk, task)

    def release(self, task: UUID) -> None:
        with self._task(task, Right.ANSWER) as (work, desk):
            release_task(work, desk, task)

    def answer(self, task: UUID, *, is_approved: bool, reasons: Sequence[str]) -> None:
        with self._task(task, Right.ANSWER) as (work, desk):
            answer_at_desk(work, desk.agency, task, is_approved=is_approved, reasons=tuple(reasons))
        self._access.ring()

    def ask(self, task: UUID, fields: Sequence[str], documents: Sequence[str], message: str) -> None:
        what = Ask(tuple(fields), tuple(documents), message)
        with self._task(task, Right.ANSWER) as (work, desk):
            ask_correction(work, self._access.book, desk.agency, task, what)

    def take_back(self, task: UUID) -> None:
        with self._task(task, Right.ANSWER) as (work, desk):
            take_back_correction(work, desk.agency, task)

    def steer(self, task: UUID, wanted: Steering) -> None:
        with self._task(task, Right.ANSWER) as (work, desk):
            steer_clock(work, self._access.book, desk.agency, task, wanted)

    @contextmanager
    def _work(self) -> Iterator[tuple[Work, Desk]]:
        with self._access.work(self._tenant, ACTOR) as work:
            desk = desk_of(work, self._token)
            if desk is None:
                raise Forbidden("this token opens no desk")
            yield desk.at(work), desk

    @contextmanager
    def _task(self, task: UUID, right: Right) -> Iterator[tuple[Work, Desk]]:
        with self._work() as (work, desk):
            require_task(work, desk, right, task)
            yield work, desk
