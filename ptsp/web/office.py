"""What the pages need from the rest of the platform: one object, given when the app is made."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ptsp.flows.show_calendar import CalendarView
from ptsp.flows.show_outages import OutageView
from ptsp.flows.verify_decision import VerifiedPermit
from ptsp.flows.verify_paper import VerifiedPaper
from ptsp.flows.views import BundleView, CorrectionForm, QuoteView, WithdrawalView
from ptsp.kernel.specs import TenantPack, Text
from ptsp.web.delivery_port import DeliveryDesk
from ptsp.web.desk_port import Desk
from ptsp.web.money_port import MoneyDesk
from ptsp.web.people_port import AccountDesk, Reception, StaffDesk
from ptsp.web.signing_port import SigningDesk

Order = dict[str, Any]
"""The shape of the JSON API: `applicant` and `applications`, see `ptsp.web.orders`."""


class Office(Protocol):
    """The verbs behind the pages. Refusals are the kernel's errors: NotFound, Invalid, Conflict."""

    def tenants(self) -> Sequence[TenantPack]:
        """All offices, in the order they shall be listed."""

    def tenant(self, code: str) -> TenantPack:
        """One office. Raises NotFound."""

    def outages(self, tenant_code: str) -> Sequence[OutageView]:
        """What is down now. Raises NotFound."""

    def calendar(self, tenant_code: str, agency: str) -> CalendarView:
        """The working days of an office, or of one of its agencies. Raises NotFound."""

    def quote(self, tenant_code: str, form: Order) -> QuoteView:
        """Price and promise without lodging. Raises Invalid with the form's faults."""

    def store_document(
        self,
        tenant_code: str,
        requirement: str,
        name: str,
        data: bytes,
        accepts: tuple[str, ...],
        max_mb: int,
    ) -> str:
        """Keep an uploaded file and return its id. Raises Invalid when its content is not acceptable."""

    def submit(self, tenant_code: str, order: Order, idempotency_key: str) -> tuple[str, str]:
        """Lodge a bundle; the same key gives the same `(reference, tracking key)`. Raises Invalid."""

    def track(self, tenant_code: str, reference: str, key: str) -> BundleView:
        """Where a bundle stands. Raises NotFound, also when the key is wrong."""

    def correction(self, tenant_code: str, reference: str, key: str, ident: str) -> CorrectionForm:
        """What was returned and waits for its answer. Raises NotFound and Conflict."""

    def answer_correction(
        self,
        tenant_code: str,
        reference: str,
        key: str,
        ident: str,
        answers: Mapping[str, object],
        documents: Mapping[str, str],
    ) -> None:
        """Answer it: by the names that were asked for. Raises NotFound, Conflict, and Invalid by those names."""

    def withdrawal(
        self, tenant_code: str, reference: str, key: str, services: Sequence[str]
    ) -> WithdrawalView:
        """What would follow from withdrawing these services. Raises NotFound, Invalid and Conflict."""

    def withdraw(
        self, tenant_code: str, reference: str, key: str, services: Sequence[str], reason: str
    ) -> None:
        """Withdraw them, for good. Raises NotFound, Invalid and Conflict."""

    def object_to(self, tenant_code: str, reference: str, key: str, service: str, grounds: str) -> None:
        """Object to the refusal of a service. Raises NotFound, Conflict, and Invalid with the reason."""

    def document(self, tenant_code: str, reference: str, key: str, number: str) -> tuple[bytes, str]:
        """A signed PDF and its file name. Raises NotFound."""

    def paper(self, tenant_code: str, reference: str, key: str, number: str) -> tuple[bytes, str]:
        """A signed paper of money and its file name. Raises NotFound."""

    def verify_code(self, code: str) -> VerifiedPermit | VerifiedPaper | None:
        """What the register says of a code, or None when it knows no such code."""

    def verify_file(
        self, data: bytes
    ) -> tuple[bool, tuple[Text, ...], VerifiedPermit | VerifiedPaper | None]:
        """Is the PDF exactly what an office signed; if not, why; and what the register says."""

    def desk(self, tenant_code: str, token: str) -> Desk:
        """The desk that a token opens; whether it opens one is found out by its verbs. Raises NotFound."""

    def money_desk(self, tenant_code: str, token: str) -> MoneyDesk:
        """The treasurer's desk that a token opens, likewise. Raises NotFound."""

    def signing_desk(self, tenant_code: str, token: str) -> SigningDesk:
        """The desk of a signer, likewise. Raises NotFound."""

    def delivery_desk(self, tenant_code: str, token: str) -> DeliveryDesk:
        """What does not come through, for whoever looks after it, likewise. Raises NotFound."""

    def reception(self, tenant_code: str) -> Reception:
        """Where somebody signs in. Raises NotFound."""

    def account(self, tenant_code: str, token: str) -> AccountDesk:
        """The account that a session is of, likewise. Raises NotFound."""

    def staff(self, tenant_code: str, token: str) -> StaffDesk:
        """The people of the office, for its administrators, likewise. Raises NotFound."""
