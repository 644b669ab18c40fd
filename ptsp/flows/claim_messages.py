"""A worker takes a batch of due messages, each with the address it goes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from ptsp.domain import applications, messages
from ptsp.infra.work import Work


@dataclass(frozen=True, slots=True)
class Addressed:
    """A held message. `to` is None where nobody has said how its recipient is reached; it is never stored."""

    message: messages.Held
    to: str | None


def claim_messages(work: Work, *, lease_s: float, limit: int) -> list[Addressed]:
    """Claim up to `limit` due messages for `lease_s` seconds and find their addresses, as they are today."""
    held = messages.claim(work.connection, work.tenant.id, lease=uuid4(), lease_s=lease_s, limit=limit)
    applicants = _applicants(work, [one for one in held if one.recipient == messages.APPLICANT])
    return [Addressed(one, _address(work, one, applicants)) for one in held]


def _address(work: Work, message: messages.Held, applicants: dict[UUID, str]) -> str | None:
    if message.recipient == messages.APPLICANT:
        return applicants.get(message.bundle_id) if message.bundle_id else None
    pack = work.tenant.pack
    contact = messages.contact_of(message.recipient, pack.contacts, pack.agencies)
    return messages.address(message.channel, contact)


def _applicants(work: Work, held: Sequence[messages.Held]) -> dict[UUID, str]:
    """Bundle -> the e-mail address its applicant gave, if any."""
    if not held:
        return {}
    found = {}
    vault, tenant_id = work.tenant.vault, work.tenant.id
    ids = sorted({one.bundle_id for one in held if one.bundle_id})
    for bundle in applications.bundles(work.connection, ids).values():
        given = vault.open(tenant_id, f"bundle.applicant:{bundle.id}", bundle.applicant)
        if email := given.get("email", "").strip():
            found[bundle.id] = email
    return found
