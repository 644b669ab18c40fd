"""What the signed papers say of their case."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from ptsp.domain.applications import ApplicationRow, BundleRow
from ptsp.domain.permits import Decision
from ptsp.flows.papers import Paper, refusal_sheet
from ptsp.infra.tenants import Tenant, calendar_of
from ptsp.infra.vault import Vault

NOBODY = UUID(int=0)


@pytest.mark.parametrize(
    ("office", "lodged_at", "expected"),
    [
        pytest.param(
            "sidoarjo", datetime(2026, 3, 2, 16, 59, tzinfo=UTC), date(2026, 3, 2), id="WIB, a minute before"
        ),
        pytest.param(
            "sidoarjo", datetime(2026, 3, 2, 17, 0, tzinfo=UTC), date(2026, 3, 3), id="WIB, midnight"
        ),
        pytest.param(
            "bontang", datetime(2026, 3, 2, 16, 0, tzinfo=UTC), date(2026, 3, 3), id="WITA, midnight"
        ),
    ],
)
def test_a_refusal_names_the_day_of_lodging_by_the_offices_clock(packs, office, lodged_at, expected):
    pack = next(pack for pack in packs if pack.code == office)
    service = next(iter(pack.services.values()))
    bundle = BundleRow(NOBODY, "X-1", "open", None, lodged_at, expected, 3, "", b"", b"")
    application = ApplicationRow(NOBODY, NOBODY, 0, service.code, NOBODY, "{}", (), "open", expected, None)
    decision = Decision(NOBODY, NOBODY, NOBODY, "refusal", "1", f"{office}.X", lodged_at, None, ("Alasan.",))
    person = {"name": "Pemohon Contoh", "nik": "3515081203909990", "address": "Jl. Contoh 1"}
    person |= {"birth_place": "Sidoarjo", "birth_on": "1990-03-12"}
    tenant = Tenant(1, pack, {}, calendar_of(pack, []), Vault(b"only for tests: 0123456789abcdef"))
    sheet = refusal_sheet(
        Paper(tenant, service, bundle, application, person, decision, expected, "http://test")
    )
    assert sheet.lodged_on == expected
