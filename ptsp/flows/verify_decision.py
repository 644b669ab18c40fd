"""Anybody asks whether a permit is genuine: by its random code, or by the file itself."""

from dataclasses import dataclass
from datetime import date, datetime

from ptsp.domain import applications, permits
from ptsp.flows.deemed_evidence import DeemedApproval, deemed_approvals
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.specs import Text


@dataclass(frozen=True, slots=True)
class VerifiedPermit:
    """What our register says of a document; never what the document says of itself.

    `state` is valid, expired, refusal or, once an objection to a refusal was upheld, annulled. `holder` is masked.
    `deemed` says that nobody decided in time, and the law approved it.
    """

    code: str
    number: str
    kind: str
    service_name: Text
    office: Text
    holder: str
    issued_at: datetime
    valid_until: date | None
    state: str
    sha256: str
    deemed: DeemedApproval | None = None


def find_decision(work: Work, book: TenantBook, code: str) -> VerifiedPermit | None:
    """The issued document with this code, or None."""
    decision = permits.decision_by_code(work.connection, code) if code.isprintable() else None
    if decision is None or decision.issued_at is None:
        return None
    bundle = applications.bundles(work.connection, [decision.bundle_id])[decision.bundle_id]
    lodged = applications.applications(work.connection, [decision.bundle_id])[decision.bundle_id]
    application = next(one for one in lodged if one.id == decision.application_id)
    service = book.standard(work.connection, work.tenant, application.standard_id)
    person = work.tenant.vault.open(work.tenant.id, f"bundle.applicant:{bundle.id}", bundle.applicant)
    return VerifiedPermit(
        code=decision.code,
        number=decision.number,
        kind=decision.kind,
        service_name=service.name,
        office=work.tenant.pack.name,
        holder=mask_name(person["name"]),
        issued_at=decision.issued_at,
        valid_until=decision.valid_until,
        state=_state(decision, work.today),
        sha256=decision.sha256 or "",
        deemed=_deemed(work, application),
    )


def _deemed(work: Work, application: applications.ApplicationRow) -> DeemedApproval | None:
    if application.deemed_on is None:
        return None
    return deemed_approvals(work, [application.bundle_id])[application.bundle_id, application.position]


def mask_name(name: str) -> str:
    """The first letter of each part, enough to compare with the paper: `B*** S******`."""
    return " ".join(part[0] + "*" * (len(part) - 1) for part in name.split())


def _state(decision: permits.Decision, today: date) -> str:
    if decision.annulled_at is not None:
        return "annulled"
    if decision.kind == "refusal":
        return "refusal"
    is_over = decision.valid_until is not None and decision.valid_until < today
    return "expired" if is_over else "valid"
