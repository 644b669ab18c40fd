"""Where offices stand: their kind, what they lie under, and offices that are no regions."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ptsp.domain.applications import Standing, may_apply
from ptsp.flows._pack_refusals import standard_digest
from ptsp.flows.pack_texts import change_text
from ptsp.infra.packs import changes, check_packs, pack_from_json, pack_to_json
from ptsp.kernel.specs import Audience, TenantPack
from tests.tenants.planting import Edit, Raw, copied, drop, is_named, plant, put

MISSION, SIDOARJO = "kbri_singapura/tenant.yaml", "sidoarjo/tenant.yaml"
INTERNAL = {
    "kbri_kuala_lumpur": {"cuti", "kenaikan_pangkat", "kepulangan", "npwp"},
    "kbri_singapura": {"cuti", "kenaikan_pangkat", "kepulangan", "npwp"},
    "layanan_kemlu": {
        "askes",
        "cuti",
        "karpeg",
        "kenaikan_pangkat",
        "kepulangan",
        "npwp",
        "penempatan",
        "taspen",
    },
}
EXTERNAL = {"izin_kapal", "legalisasi", "paspor_diplomatik", "visa"}


@pytest.fixture
def known(packs: list[TenantPack]) -> dict[str, TenantPack]:
    return {pack.code: pack for pack in packs}


def both(*edits: Edit) -> Edit:
    """Several edits of one file; the fault is expected where the first one says."""

    def edit(raw: Raw) -> str:
        return [one(raw) for one in edits][0]  # all are made

    return edit


def test_every_office_has_a_kind_and_lies_under_something(known: dict[str, TenantPack]) -> None:
    assert {code: (pack.level.value, pack.above) for code, pack in known.items()} == {
        "bontang": ("city", "64"),
        "jembrana": ("regency", "51"),
        "kbri_kuala_lumpur": ("mission", "kemlu"),
        "kbri_singapura": ("mission", "kemlu"),
        "lamongan": ("regency", "35"),
        "layanan_kemlu": ("unit", "kemlu"),
        "parepare": ("city", "73"),
        "sidoarjo": ("regency", "35"),
        "sragen": ("regency", "33"),
    }


def test_offices_of_no_region_serve_their_staff_and_the_public_without_a_bill(
    known: dict[str, TenantPack],
) -> None:
    for code, internal in INTERNAL.items():
        services = known[code].services
        assert {one for one in services if services[one].audience is Audience.INTERNAL} == internal
        stay = {"izin_tinggal"} if code == "layanan_kemlu" else set()
        assert services.keys() - internal == EXTERNAL | stay
        assert [one for one, spec in services.items() if spec.fee.lines] == []
        assert {spec.fee.basis for spec in services.values()} == {"assumed"}
    regional = [pack for code, pack in known.items() if code not in INTERNAL]
    assert {spec.audience for pack in regional for spec in pack.services.values()} == {Audience.EXTERNAL}


@pytest.mark.parametrize(
    ("service", "standing", "may"),
    [
        ("legalisasi", Standing.PUBLIC, True),
        ("legalisasi", Standing.STAFF, True),
        ("cuti", Standing.PUBLIC, False),
        ("cuti", Standing.STAFF, True),
    ],
)
def test_who_may_apply(known: dict[str, TenantPack], service: str, standing: Standing, may: bool) -> None:  # noqa: FBT001
    assert may_apply(known["kbri_singapura"].services[service], standing) is may


def test_missions_keep_the_days_of_their_hosts(known: dict[str, TenantPack]) -> None:
    off = {code: {one.on for one in pack.calendar.days_off} for code, pack in known.items()}
    assert date(2026, 8, 10) in off["kbri_singapura"]  # National Day was a Sunday
    assert date(2026, 8, 31) in off["kbri_kuala_lumpur"]
    assert date(2026, 8, 31) not in off["kbri_singapura"]
    assert off["layanan_kemlu"] == set()


# stored packs


def test_what_says_nothing_new_is_stored_as_before(known: dict[str, TenantPack]) -> None:
    """Else every standard of every office would need another version for no change."""
    stored = pack_to_json(known["sidoarjo"])
    assert not {"kind", "parent", "government"} & stored.keys()
    assert "audience" not in stored["services"]["ktp"]
    assert pack_from_json(stored) == known["sidoarjo"]
    assert '"audience"' not in standard_digest(known["sidoarjo"].services["ktp"])[0]


def test_what_says_it_is_stored_with_it_and_a_change_has_words(known: dict[str, TenantPack]) -> None:
    mission = known["kbri_singapura"]
    stored = pack_to_json(mission)
    assert (stored["kind"], stored["parent"]) == ("mission", "kemlu")
    assert stored["services"]["cuti"]["audience"] == "internal"
    assert pack_from_json(stored) == mission
    stored["services"]["cuti"]["audience"] = "external"
    other = pack_from_json(stored)
    (change,) = changes(mission, other)
    assert "pegawai kantor ini" in change_text(change, mission, other)["id"]


# one office alone


PLANTS: list[tuple[str, str, Any, str]] = [
    ("a kind that is none", MISSION, put("kind", value="embassy"), "must be one of ministry"),
    ("a mission with a region code", MISSION, put("region_code", value="31.71"), "a mission is no region"),
    ("a mission under nobody", MISSION, drop("parent"), "is missing; a mission lies under a ministry"),
    ("papers without a head", MISSION, drop("government"), "is missing; it heads the papers"),
    ("a mission under a region", MISSION, put("parent", value="35"), "Provinsi Jawa Timur is a province"),
    ("a parent of the wrong form", MISSION, put("parent", value="Kemlu"), "such as `kemlu`"),
    ("a parent that is not there", MISSION, put("parent", value="kemlo"), "did you mean `kemlu`?"),
    ("a region that is not there", MISSION, put("parent", value="99.99"), "there is no region `99.99`"),
    (
        "a ministry under another",
        MISSION,
        both(put("parent", value="kemlu"), put("kind", value="ministry")),
        "a ministry lies under nobody",
    ),
    ("a regency called a city", SIDOARJO, put("kind", value="city"), "Kabupaten Sidoarjo 35.15 is a regency"),
    ("a region without its code", SIDOARJO, drop("region_code"), "is missing; only a ministry"),
    (
        "a region without what it is",
        SIDOARJO,
        put("region", value="Sidoarjo"),
        "such as `Kabupaten Sidoarjo`",
    ),
    ("another province", SIDOARJO, put("parent", value="33"), "does not lie in Provinsi Jawa Tengah"),
    ("a regency under a ministry", SIDOARJO, put("parent", value="kemlu"), "a regency lies under a province"),
    ("a city under itself", SIDOARJO, put("parent", value="35.15"), "Kabupaten Sidoarjo is a regency"),
]


@pytest.mark.parametrize(("file", "edit", "says"), [pytest.param(*rest, id=name) for name, *rest in PLANTS])
def test_a_place_that_cannot_be_is_named_once(tmp_path: Path, file: str, edit: Edit, says: str) -> None:
    root = copied(tmp_path, file.partition("/")[0])
    path = plant(root, file, edit)
    faults = check_packs(root)
    assert is_named(faults, file, path, says), faults
    assert len(faults) == 1, faults


# offices under offices


def under(parent: str, *more: Edit) -> Edit:
    return both(put("parent", value=parent), *more)


def test_an_office_may_lie_under_another_that_is_there(tmp_path: Path) -> None:
    root = copied(tmp_path, "kbri_singapura", "layanan_kemlu")
    plant(root, "layanan_kemlu/tenant.yaml", under("kbri_singapura"))
    assert check_packs(root) == []


def test_an_office_under_one_of_the_wrong_kind_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path, "kbri_singapura", "layanan_kemlu")
    path = plant(root, MISSION, under("layanan_kemlu"))
    (fault,) = faults = check_packs(root)
    assert is_named(faults, MISSION, path, "the office `layanan_kemlu` is a unit"), fault


def test_offices_under_one_another_are_named_as_a_circle(tmp_path: Path) -> None:
    root = copied(tmp_path, "kbri_singapura", "layanan_kemlu")
    plant(root, MISSION, under("layanan_kemlu", put("kind", value="unit")))
    plant(root, "layanan_kemlu/tenant.yaml", under("kbri_singapura"))
    faults = check_packs(root)
    says = "kbri_singapura lies under layanan_kemlu lies under kbri_singapura"
    assert is_named(faults, MISSION, "$.parent", says), faults
    assert len(faults) == 1, faults
