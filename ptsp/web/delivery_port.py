"""What the page of dead deliveries needs from the rest of the platform: the verbs of whoever shows its token."""

from typing import Protocol
from uuid import UUID

from ptsp.flows.open_desk import Desk as Opened
from ptsp.flows.replay_deliveries import Replayed
from ptsp.flows.show_balances import BalancesView
from ptsp.flows.show_dead import DeadPage


class DeliveryDesk(Protocol):
    """The verbs of those who look after deliveries: the back office and the head of the office.

    Each raises Forbidden when the token opens no desk of the office, and NotFound for the desk of any other agency.
    """

    def opened(self) -> Opened:
        """Whose desk it is."""

    def dead(self, cause: str | None, agency: str | None, after: str | None) -> DeadPage:
        """One page of what goes on only when somebody has looked."""

    def send_again(self, task: UUID, *, sent_nothing: bool) -> None:
        """One goes on under its key. Raises NotFound, and Conflict where it is not stuck or the agency may have it."""

    def send_all_again(self, cause: str, agency: str) -> Replayed:
        """Those of one agency and cause, up to 200 of them."""

    def hand(self, task: UUID, desk: str) -> None:
        """It is answered by hand there. Raises NotFound, Conflict and Invalid."""

    def send_message_again(self, message: UUID) -> None:
        """A failed message goes on. Raises NotFound and Conflict."""

    def balances(self) -> BalancesView:
        """The days that were balanced with each agency, and open gaps."""

    def end_gap(self, gap: UUID, reason: str) -> None:
        """A gap ends with a reason. Raises NotFound, Conflict for one that has ended, and Invalid for no reason."""
