"""What the pages need from the rest of the platform: one object, given when the app is made."""

from collections.abc import Sequence
from typing import Any, Protocol

from ptsp.flows.verify_decision import VerifiedPermit
from ptsp.flows.views import BundleView, QuoteView
from ptsp.kernel.specs import TenantPack, Text

Order = dict[str, Any]
"""The shape of the JSON API: `applicant` and `applications`, see `ptsp.web.orders`."""


class Office(Protocol):
    """The verbs behind the pages. Refusals are the kernel's errors: NotFound, Invalid, Conflict."""

    def tenants(self) -> Sequence[TenantPack]:
        """All offices, in the order they shall be listed."""

    def tenant(self, code: str) -> TenantPack:
        """One office. Raises NotFound."""

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

    def document(self, tenant_code: str, reference: str, key: str, number: str) -> tuple[bytes, str]:
        """A signed PDF and its file name. Raises NotFound."""

    def verify_code(self, code: str) -> VerifiedPermit | None:
        """What the register says of a code, or None when it knows no such code."""

    def verify_file(self, data: bytes) -> tuple[bool, tuple[Text, ...], VerifiedPermit | None]:
        """Is the PDF exactly what an office signed; if not, why; and what the register says."""
