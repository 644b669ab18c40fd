"""Agencies that do not answer, as tests of flows see them."""

from dataclasses import replace
from typing import Any

import pytest

from ptsp.domain import deliveries
from ptsp.jobs.watch_deliveries import watch_deliveries
from ptsp.sdk.contract import Receipt, Verdict
from ptsp.sdk.errors import ConnectorError
from tests.flows.acts import SIUP, approve_desks, as_admin, lodge
from tests.offices import Office

APPROVED = Receipt(agency_ref="K-1", verdict=Verdict.APPROVED)


def about_to_ask(office: Office, bundles: int) -> None:
    """So many bundles whose identity check, at `population`, is about to be asked."""
    for _ in range(bundles):
        lodge(office, SIUP)
    office.drain()
    approve_desks(office)


def questions(office: Office, step: str = "identity") -> list[str]:
    """The keys under which it was asked, in order."""
    return [one.key for one in office.agencies.asked if one.step == step]


def rows(office: Office, step: str = "identity") -> list[Any]:
    return office.rows(
        """SELECT id, state, attempts, cause, desk, agency_ref, tried_at, due_at,
                  extract(epoch FROM next_at - clock_timestamp())::float AS wait_s
             FROM app.task WHERE code = :step ORDER BY id""",
        step=step,
    )


def circuit(office: Office, agency: str = "population") -> deliveries.Circuit:
    with office.work() as work:
        return next(
            one for one in deliveries.circuits(work.connection, office.tenant.id) if one.agency == agency
        )


def watch(office: Office) -> int:
    return watch_deliveries(office.tools, office.tenant)


def open_since(office: Office, minutes: int) -> None:
    """Every open circuit has been so for longer."""
    as_admin(
        office,
        f"""UPDATE app.circuit SET opened_at = clock_timestamp() - interval '{minutes} minutes'
             WHERE opened_at IS NOT NULL""",
    )


def alerts(office: Office) -> list[tuple[str, str, int, bool]]:
    """(agency, cause, count, is open), the oldest first."""
    found = office.rows(
        "SELECT agency, cause, count, closed_at IS NULL FROM app.alert ORDER BY opened_at, cause"
    )
    return [tuple(row) for row in found]


def letters(office: Office) -> list[Any]:
    """What is owed to people because of deliveries."""
    return office.rows(
        "SELECT recipient, kind, subject, body FROM app.message WHERE kind LIKE 'delivery.%' ORDER BY created_at, key"
    )


def with_memory(office: Office, monkeypatch: pytest.MonkeyPatch, *, knows_keys: bool, finds: bool) -> None:
    """All agencies know so much of what they have."""
    real = type(office.tools.partners).manifest
    monkeypatch.setattr(
        type(office.tools.partners),
        "manifest",
        lambda self, tenant, agency: replace(
            real(self, tenant, agency), supports_idempotency=knows_keys, finds=finds
        ),
    )


def books(office: Office, answers: list[Receipt | ConnectorError | None]) -> list[str]:
    """The agency's own books: what it says one by one when it is asked what it has; the keys it was asked for."""
    looked: list[str] = []

    def find(question: Any) -> Receipt | None:
        looked.append(question.key)
        answer = answers.pop(0)
        if isinstance(answer, ConnectorError):
            raise answer
        return answer

    office.agencies.find = find  # type: ignore[attr-defined]
    return looked
