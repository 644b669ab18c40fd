"""What the signed papers say of their case."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from ptsp.domain.applications import ApplicationRow, BundleRow
from ptsp.domain.permits import Decision
from ptsp.flows.papers import Paper, refusal_sheet
from ptsp.infra.calendars import calendars_from, written
from ptsp.infra.tenants import Tenant
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
    sheet = refusal_sheet(a_refusal(packs, office, lodged_at, expected))
    assert sheet.lodged_on == expected


def test_a_refusal_says_how_to_object_where_the_standard_knows_it(packs):
    """By the date that was worked out when it was written; else there is no such paragraph."""
    on = date(2026, 3, 2)
    paper = a_refusal(packs, "sidoarjo", datetime(2026, 3, 2, 3, 0, tzinfo=UTC), on)
    assert refusal_sheet(paper).appeal == ""
    said = refusal_sheet(replace(paper, appeal_until=date(2026, 4, 2))).appeal
    for words in (
        "pejabat yang menetapkan keputusan",
        "2 April 2026",
        "21 hari kerja",
        "10 hari kerja",
        "UU 30/2014",
    ):
        assert words in said
    silent = replace(paper.service, standard=replace(paper.service.standard, objection=None))
    assert refusal_sheet(replace(paper, service=silent, appeal_until=date(2026, 4, 2))).appeal == ""


def a_refusal(packs, office, lodged_at, expected) -> Paper:
    pack = next(pack for pack in packs if pack.code == office)
    service = next(iter(pack.services.values()))
    bundle = BundleRow(NOBODY, "X-1", "open", None, lodged_at, expected, expected, (), 1, 3, "", "", b"", b"")
    times = (expected, expected, None, None, None, None)
    application = ApplicationRow(NOBODY, NOBODY, 0, service.code, NOBODY, "{}", (), "open", *times)
    decision = Decision(NOBODY, NOBODY, NOBODY, "refusal", "1", f"{office}.X", lodged_at, None, ("Alasan.",))
    person = {"name": "Pemohon Contoh", "nik": "3515081203909990", "address": "Jl. Contoh 1"}
    person |= {"birth_place": "Sidoarjo", "birth_on": "1990-03-12"}
    tenant = Tenant(
        1, pack, {}, calendars_from(1, written(pack, [])), Vault(b"only for tests: 0123456789abcdef")
    )
    return Paper(tenant, service, bundle, application, person, decision, expected, "http://test")
