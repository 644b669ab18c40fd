"""The packs of the repository: no fault, full standards, and an exact way to JSON and back."""

import json
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ptsp.infra.packs import (
    check_packs,
    pack_from_json,
    pack_to_json,
    read_all,
    read_pack,
    service_from_json,
    service_to_json,
)
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import AgencySpec, Basis, ServiceSpec, TableSpec, TenantPack
from tests.tenants.planting import TENANTS, copied, plant, put

OFFICES = {
    "sidoarjo": "35.15",
    "bontang": "64.74",
    "sragen": "33.14",
    "parepare": "73.72",
    "lamongan": "35.24",
    "jembrana": "51.01",
    "kbri_kuala_lumpur": "",
    "kbri_singapura": "",
    "layanan_kemlu": "",
}


@pytest.fixture(scope="module")
def packs() -> dict[str, TenantPack]:
    return {pack.code: pack for pack in read_all(TENANTS)}


def _services(packs: dict[str, TenantPack]) -> list[ServiceSpec]:
    return [service for pack in packs.values() for service in pack.services.values()]


def test_the_packs_have_no_fault() -> None:
    assert [str(fault) for fault in check_packs(TENANTS)] == []


def test_the_offices_are_there_with_their_region_codes(packs: dict[str, TenantPack]) -> None:
    assert {code: pack.region_code for code, pack in packs.items()} == OFFICES


def test_every_office_offers_at_least_five_services(packs: dict[str, TenantPack]) -> None:
    assert {code: len(pack.services) for code, pack in packs.items() if len(pack.services) < 5} == {}


def test_every_standard_has_its_internal_components_and_complaints(packs: dict[str, TenantPack]) -> None:
    for service in _services(packs):
        assert len(service.standard.internal) == 8
        assert service.standard.complaints.keys() == {"id", "en"}


def test_one_pack_read_alone_is_the_one_read_with_all(packs: dict[str, TenantPack]) -> None:
    assert read_pack(TENANTS, "bontang") == packs["bontang"]


@pytest.mark.parametrize("code", ["sidoarj", "_base", "..", "sidoarjo/services"])
def test_a_pack_that_is_not_there_is_not_found(code: str) -> None:
    with pytest.raises(NotFound):
        read_pack(TENANTS, code)


def test_numbers_are_read_exactly(packs: dict[str, TenantPack]) -> None:
    """No float on the way: 0.1 stays 0.1 and keeps its digits."""
    weights = dict(packs["sidoarjo"].services["imb"].fee.tables["weight"].rows)
    assert weights["complexity"] == Decimal("0.25")
    numbers = [row for one in _services(packs) for table in one.fee.tables.values() for row in table.rows]
    assert {type(value) for _, value in numbers} == {Decimal}


# extends


def test_what_a_tenant_writes_replaces_that_of_the_base_wholly(tmp_path: Path) -> None:
    root = copied(tmp_path, "bontang")
    shutil.copy(root / "_base/services/siup.yaml", root / "bontang/services/siup.yaml")
    plant(root, "bontang/services/siup.yaml", put("standard", "time_limit", "value", value=77))
    pack = read_pack(root, "bontang")
    assert pack.services["siup"].standard.time_limit.limit.amount == 77
    assert pack.services["tdp"].standard.time_limit.limit.amount != 77


def test_the_digest_changes_with_what_is_said_and_not_with_comments(tmp_path: Path) -> None:
    root = copied(tmp_path, "bontang")
    before = read_pack(root, "bontang").digest
    file = root / "_base" / "texts.yaml"
    file.write_text("# a remark\n" + file.read_text())
    assert read_pack(root, "bontang").digest == before
    plant(root, "_base/texts.yaml", put("texts", "office.hours", "en", value="Another office."))
    assert read_pack(root, "bontang").digest != before


# to JSON and back


def test_every_pack_comes_back_from_json_as_it_was(packs: dict[str, TenantPack]) -> None:
    for pack in packs.values():
        assert pack_from_json(json.loads(json.dumps(pack_to_json(pack)))) == pack


def test_every_service_comes_back_from_json_as_it_was(packs: dict[str, TenantPack]) -> None:
    for service in _services(packs):
        back = service_from_json(json.loads(json.dumps(service_to_json(service))))
        assert back == service
        # 1.0 equals 1, but is not the same figure of a by-law; a set may come back in another order
        assert str((back.fields, back.fee)) == str((service.fields, service.fee))


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15)
TEXTS = st.text(max_size=20)
OPTIONS = st.recursive(
    st.none() | st.booleans() | st.integers() | DECIMALS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(
    bounds=st.lists(st.tuples(st.none() | DECIMALS | TEXTS, DECIMALS), max_size=6),
    minimum=st.none() | DECIMALS,
    until=st.none() | st.dates(min_value=date(1900, 1, 1)),
    words=TEXTS,
)
def test_any_service_comes_back_from_json_as_it_was(
    packs: dict[str, TenantPack],
    bounds: list[tuple[Decimal | str | None, Decimal]],
    minimum: Decimal | None,
    until: date | None,
    words: str,
) -> None:
    real = packs["sidoarjo"].services["imb"]
    table = TableSpec("t", "bands", tuple(bounds), Basis.ASSUMED, words)
    service = replace(
        real,
        offered_until=until,
        fields=(replace(real.fields[0], minimum=minimum), *real.fields[1:]),
        fee=replace(real.fee, tables={"t": table}, lets={words: words}),
    )
    back = service_from_json(json.loads(json.dumps(service_to_json(service))))
    assert back == service
    assert repr((back.fields, back.fee)) == repr((service.fields, service.fee))


@given(options=st.dictionaries(TEXTS, OPTIONS, max_size=4))
@example(options={"$number": "1"})
@example(options={"$number": None})
@example(options={"limit": {"$number": "no number"}})
@example(options={"$number": Decimal("1.50")})
@example(options={"$mapping": {"$number": "1"}})
@example(options={"list": [{"$mapping": []}]})
def test_any_options_of_a_connector_come_back_from_json_as_they_were(
    packs: dict[str, TenantPack], options: dict[str, object]
) -> None:
    agency = AgencySpec("a", {"id": "a", "en": "a"}, "permits", options, desk=False)
    pack = replace(packs["bontang"], agencies={"a": agency})
    assert pack_from_json(json.loads(json.dumps(pack_to_json(pack)))) == pack


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda stored: stored.pop("series"), id="a part left out"),
        pytest.param(lambda stored: stored.update(extra=1), id="a part nobody knows"),
        pytest.param(lambda stored: stored["sign_limit"].update(amount="1"), id="a text for a number"),
        pytest.param(lambda stored: stored["sign_limit"].update(unit="days"), id="a unit nobody knows"),
        pytest.param(lambda stored: stored.update(sign_limit="1"), id="a text for a limit"),
        pytest.param(lambda stored: stored.update(outcome="permits"), id="an unknown word"),
    ],
)
def test_what_is_no_stored_service_is_refused(packs: dict[str, TenantPack], broken) -> None:
    stored = service_to_json(packs["sidoarjo"].services["imb"])
    broken(stored)
    with pytest.raises((KeyError, TypeError, ValueError)):
        service_from_json(stored)
