"""Services for the office's own staff: published nowhere, refused at public doors, lodged at their counter alone."""

import io
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from ptsp.flows.apply_pack import apply_packs
from ptsp.flows.papers import letterhead, signature
from ptsp.kernel.specs import TenantPack
from ptsp.main.wiring import engine_for
from tests.api.hall import API, Hall, bearer
from tests.api.problems import check_problem
from tests.flows.acts import work_on
from tests.offices import Office
from tests.unit.files.makers import pdf

MISSION, UNIT = "kbri_singapura", "layanan_kemlu"
ABROAD = (MISSION, "kbri_kuala_lumpur", UNIT)
LEAVE = {"cuti": ({"nip": "1", "leave_kind": "annual", "leave_days": "3"}, ("request_letter",))}
LEGAL = {"legalisasi": ({"document_kind": "trade", "use_country": "Singapura"}, ("document", "id_card"))}
VESSEL = {
    "izin_kapal": (
        {"vessel": "Contoh", "flag": "Indonesia", "tonnage": "900"},
        ("registry", "crew_list", "route_plan"),
    )
}


@pytest.fixture(scope="module")
def at(hall: Hall, packs: list[TenantPack]) -> Callable[[str], Hall]:
    """`at(code)`: the hall of an office that is of no region."""
    owner = engine_for(hall.settings, "ptsp_owner", pool_size=1)
    try:
        apply_packs(owner, [pack for pack in packs if pack.code in ABROAD], by="test")
    finally:
        owner.dispose()
    tools = hall.office.tools
    return lambda code: replace(
        hall, office=Office(hall.settings, tools, tools.book.get(code), hall.office.agencies)
    )


@pytest.fixture(scope="module")
def mission(at: Callable[[str], Hall]) -> Hall:
    return at(MISSION)


def at_desk(here: Hall, body: object, token: str, *, key: str = "") -> Any:
    headers = bearer(token) | {"Idempotency-Key": key or uuid.uuid4().hex}
    return here.post(f"{API}/{here.office.tenant.code}/desk/bundles", body, headers=headers)


def ended(here: Hall, accepted: Mapping[str, str]) -> dict[str, Any]:
    """The bundle after everybody did their work."""
    work_on(here.office)
    return dict(here.track(accepted, tenant=here.office.tenant.code).json)


@pytest.mark.parametrize("code", ABROAD)
def test_each_new_office_carries_a_bundle_to_its_papers(at: Callable[[str], Hall], code: str) -> None:
    here = at(code)
    public = here.lodged(here.order(LEGAL | VESSEL))
    staff = at_desk(here, here.order(LEAVE), here.token("personnel", code))
    assert staff.status_code == 201, staff.text
    seen, leave = ended(here, public), dict(here.track(staff.json, tenant=code).json)
    assert (seen["outcome"], leave["outcome"]) == ("approved", "approved")
    assert {one["service"]: one["document"]["kind"] for one in seen["applications"]} == {
        "legalisasi": "recommendation",
        "izin_kapal": "permit",
    }
    (permit,) = (one["document"] for one in leave["applications"])
    assert permit["kind"] == "permit"
    assert (seen["fee"], seen["notices"], leave["fee"]) == (0, [], 0)
    assert seen["time_zone"] == here.office.tenant.pack.time_zone
    assert letterhead(here.office.tenant).government == "Kementerian Luar Negeri Republik Indonesia"
    assert signature(here.office.tenant, "head").place == here.office.tenant.pack.region


def test_an_office_says_what_it_is_of_and_offers_the_public_what_is_for_it(mission: Hall) -> None:
    listed = {one["code"]: one for one in mission.client().get(API).json["offices"]}
    shown = listed[MISSION]
    assert (shown["kind"], shown["parent"], shown["region_code"]) == ("mission", "kemlu", "")
    assert (listed["sidoarjo"]["kind"], listed["sidoarjo"]["parent"]) == ("regency", "35")
    assert shown["services"] == ["izin_kapal", "legalisasi", "paspor_diplomatik", "visa"]
    services = mission.client().get(f"{API}/{MISSION}/services").json["services"]
    assert [one["code"] for one in services] == shown["services"]
    check_problem(mission.client().get(f"{API}/{MISSION}/services/cuti"), 404)


@pytest.mark.parametrize("door", ["quotes", "bundles"])
@pytest.mark.parametrize("beside", [{}, LEGAL], ids=["alone", "beside another"])
def test_a_staff_service_is_refused_by_name_at_public_doors(
    mission: Hall, door: str, beside: dict[str, Any]
) -> None:
    body = mission.order(beside | LEAVE)
    before = mission.stored()
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    answer = mission.post(f"{API}/{MISSION}/{door}", body, headers=headers)
    where = f"applications[{len(beside)}].service"
    check_problem(answer, 422, where)
    (told,) = (one for one in answer.json["errors"] if one["field"] == where)
    assert told["code"] == "staff_only"
    assert "'cuti'" in told["reason"]
    assert mission.stored() == before


def test_a_service_nobody_has_is_refused_without_naming_those_of_the_staff(mission: Hall) -> None:
    body = mission.order({"nothing": ({}, ())})
    (told,) = mission.post(f"{API}/{MISSION}/quotes", body).json["errors"]
    assert told["code"] == "not_offered"
    assert "legalisasi" in told["reason"]
    assert "cuti" not in told["reason"]


def test_a_staff_service_cannot_join_a_bundle_of_the_public(mission: Hall) -> None:
    accepted = mission.lodged(mission.order(LEGAL))
    (wanted,) = mission.order(LEAVE)["applications"]
    headers = bearer(accepted["key"]) | {"Idempotency-Key": uuid.uuid4().hex}
    path = f"{API}/{MISSION}/bundles/{accepted['reference']}/applications"
    answer = mission.post(path, wanted, headers=headers)
    check_problem(answer, 422, "service")
    assert answer.json["errors"][0]["code"] == "staff_only"


def upload(here: Hall, door: str, service: str, requirement: str, **options: Any) -> Any:
    path = f"{API}/{MISSION}/{door}?service={service}&requirement={requirement}"
    return here.client().post(path, data={"file": (io.BytesIO(pdf()), "x.pdf")}, **options)


def test_documents_of_a_staff_service_are_taken_at_its_counter_alone(mission: Hall) -> None:
    check_problem(upload(mission, "documents", "cuti", "request_letter"), 422, "service")
    token = bearer(mission.token("personnel", MISSION))
    kept = upload(mission, "desk/documents", "cuti", "request_letter", headers=token)
    assert kept.status_code == 201, kept.text
    body = mission.order({"cuti": (LEAVE["cuti"][0], ())})
    body["applications"][0]["documents"] = {"request_letter": kept.json["id"]}
    assert at_desk(mission, body, token["Authorization"].removeprefix("Bearer ")).status_code == 201


def test_only_the_desk_that_takes_a_service_in_lodges_it(mission: Hall) -> None:
    body = mission.order(LEAVE)
    check_problem(at_desk(mission, body, "no-token"), 401)
    token = mission.token("civil_service", MISSION)  # an agency beside the office has a desk, too
    for tried in (token, mission.token("front_office", MISSION)):
        before = mission.stored()
        answer = at_desk(mission, body, tried)
        check_problem(answer, 403)
        assert "does not take in cuti; personnel does" in answer.json["detail"]
        assert mission.stored() == before
    check_problem(at_desk(mission, mission.order(LEGAL), mission.token("personnel", MISSION)), 403)


def test_a_retry_at_the_counter_is_answered_as_the_first_time(mission: Hall) -> None:
    body, token, key = mission.order(LEAVE), mission.token("personnel", MISSION), uuid.uuid4().hex
    first, second = (at_desk(mission, body, token, key=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json


def test_the_counter_sees_all_services(mission: Hall) -> None:
    path = f"{API}/{MISSION}/desk/services"
    check_problem(mission.client().get(path), 401)
    answer = mission.client().get(path, headers=bearer(mission.token("personnel", MISSION)))
    assert {"cuti", "legalisasi"} <= {one["code"] for one in answer.json["services"]}


def test_pages_show_the_public_what_is_for_it(mission: Hall) -> None:
    page = mission.client().get(f"/{MISSION}/").text
    assert "Legalisasi dokumen" in page
    assert "Cuti pegawai" not in page
    assert "Cuti pegawai" not in mission.client().get(f"/{MISSION}/submit").text
    assert mission.client().get(f"/{MISSION}/services/cuti").status_code == 404
    assert f'href="/{MISSION}/"' not in mission.client().get("/?q=cuti+pegawai").text
    assert f'href="/{MISSION}/"' in mission.client().get("/?q=legalisasi").text
    abroad = mission.client().get("/?region=mission").text
    assert "Perwakilan di luar negeri" in abroad
    assert f'href="/{UNIT}/"' not in abroad
    form = mission.client().get(f"/{MISSION}/submit?services=cuti&services=legalisasi").text
    assert "document.legalisasi.document" in form
    assert "document.cuti.request_letter" not in form
