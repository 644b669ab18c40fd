"""The page of dead deliveries: each verb is a flow, and each looks at the token again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from uuid import UUID

from ptsp.api.access import Access
from ptsp.domain.people import Right
from ptsp.flows.end_gap import end_gap
from ptsp.flows.open_desk import Desk, desk_of
from ptsp.flows.replay_deliveries import Replayed, hand_to_desk, replay_deliveries, replay_task
from ptsp.flows.retry_message import retry_message
from ptsp.flows.show_balances import BalancesView, show_balances
from ptsp.flows.show_dead import DeadPage, caretakers_only, show_dead
from ptsp.infra.signing import ensure_keys
from ptsp.infra.work import Work
from ptsp.kernel.errors import Forbidden


class DeliveryCounter:
    """What `ptsp.web.delivery_port.DeliveryDesk` asks for."""

    def __init__(self, access: Access, tenant_code: str, token: str) -> None:
        self._access = access
        self._tenant = tenant_code
        self._token = token

    def opened(self) -> Desk:
        with self._work(Right.SEE) as (_, desk):
            return desk

    def dead(self, cause: str | None, agency: str | None, after: str | None) -> DeadPage:
        with self._work(Right.SEE) as (work, _):
            return show_dead(work, self._access.partners, cause=cause, agency=agency, after=after)

    def send_again(self, task: UUID, *, sent_nothing: bool) -> None:
        with self._work(Right.RUN) as (work, _):
            replay_task(work, self._access.partners, task, sent_nothing=sent_nothing)
        self._access.ring()

    def send_all_again(self, cause: str, agency: str) -> Replayed:
        with self._work(Right.RUN) as (work, _):
            done = replay_deliveries(work, self._access.partners, cause=cause, agency=agency)
        self._access.ring()
        return done

    def hand(self, task: UUID, desk: str) -> None:
        with self._work(Right.RUN) as (work, _):
            hand_to_desk(work, task, desk)

    def send_message_again(self, message: UUID) -> None:
        with self._work(Right.RUN) as (work, _):
            retry_message(work, message)
        self._access.ring()

    def balances(self) -> BalancesView:
        with self._work(Right.SEE) as (work, _):
            return show_balances(work)

    def end_gap(self, gap: UUID, reason: str) -> None:
        with self._work(Right.RUN) as (work, desk):
            pack = work.tenant.pack
            signer = ensure_keys(
                self._access.keys_folder, pack.code, pack.name["id"], work.now.astimezone(UTC)
            )
            end_gap(work, signer, gap, reason, by=desk.actor)

    @contextmanager
    def _work(self, right: Right) -> Iterator[tuple[Work, Desk]]:
        with self._access.work(self._tenant, "desk") as work:
            desk = desk_of(work, self._token)
            if desk is None:
                raise Forbidden("this token opens no desk")
            caretakers_only(desk)
            desk.require_whole(right)
            yield desk.at(work), desk
