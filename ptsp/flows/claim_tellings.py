"""A worker takes a batch of due tellings, opened, as their central systems are to be told."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from ptsp.domain import tellings
from ptsp.flows.owe_tellings import place
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work
from ptsp.sdk.central import Telling


@dataclass(frozen=True, slots=True)
class Opened:
    """A held telling with what is told, which is never stored in the clear."""

    held: tellings.Held
    telling: Telling


def claim_tellings(work: Work, *, lease_s: float, limit: int) -> list[Opened]:
    """Claim up to `limit` due tellings for `lease_s` seconds: of one case the oldest that is open."""
    held = tellings.claim(work.connection, work.tenant.id, lease=uuid4(), lease_s=lease_s, limit=limit)
    return [Opened(one, _opened(work, one)) for one in held]


def _opened(work: Work, one: tellings.Held) -> Telling:
    sealed = work.tenant.vault.open(work.tenant.id, place(one.id), one.body)
    content = json.loads(sealed["content"])
    kind, at = content.pop("kind"), content.pop("at")
    return Telling(str(one.id), work.tenant.code, one.agency, kind, at, content)


def record_tellings(work: Work, told: Sequence[tellings.Told]) -> list[UUID]:
    """Say what became of held tellings; gives those that counted: another worker may hold one by now."""
    return tellings.record(work.connection, work.tenant.id, told)


def sealed_answer(tenant: Tenant, telling_id: UUID, raw: bytes) -> bytes:
    """An answer that nobody could read, as it is kept: any byte is a character of Latin-1, and comes back as it was."""
    return tenant.vault.seal(tenant.id, f"telling.raw:{telling_id}", {"body": raw.decode("latin-1")})
