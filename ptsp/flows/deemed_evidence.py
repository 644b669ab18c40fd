"""What the ledger keeps of an approval by law, for the permit and for whoever checks it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text

from ptsp.infra.tenants import local_date
from ptsp.infra.work import Work

EVENTS = text("""
    SELECT bundle_id, at, body FROM app.event
     WHERE tenant_id = :tenant AND bundle_id = ANY(:bundles) AND type = 'application.deemed' ORDER BY bundle_id, seq""")


@dataclass(frozen=True, slots=True)
class DeemedApproval:
    """An approval by silence. `started_on` is when the legal limit began, `due_on` its last day, by the office's dates.

    `ground` is why a person let it count although there had been an outage; empty without one.
    """

    at: datetime
    started_on: date
    due_on: date
    legal_basis: str
    ground: str


def deemed_approvals(work: Work, bundles: Sequence[UUID]) -> dict[tuple[UUID, int], DeemedApproval]:
    """By bundle and position of the application; one that the law did not approve is missing."""
    if not bundles:
        return {}
    found = {}
    for row in work.connection.execute(EVENTS, {"tenant": work.tenant.id, "bundles": list(bundles)}):
        for one in json.loads(row.body)["data"]["applications"]:
            started, due = (datetime.fromisoformat(one[name]) for name in ("started", "due"))
            found[row.bundle_id, one["position"]] = DeemedApproval(
                at=row.at,
                started_on=local_date(started, work.tenant.pack),
                due_on=local_date(due, work.tenant.pack),
                legal_basis=one["legal_basis"],
                ground=one.get("ground", ""),
            )
    return found
