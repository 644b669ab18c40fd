"""Every planted fault is named by file, path and reason, alone and all at once."""

import re
import shutil
from pathlib import Path

import pytest

from ptsp.infra.packs import check_packs, read_all, read_pack
from ptsp.kernel.errors import BadPack
from tests.tenants.fee_plants import FEE_PLANTS
from tests.tenants.planting import Edit, Plant, Raw, copied, index, is_named, plant, put
from tests.tenants.plants import AGENCIES, CALENDAR, HO, IMB, INDEX, MALANG, PLANTS, SIUP, TENANT
from tests.tenants.time_plants import TIME_PLANTS


def test_the_copy_has_no_fault_before_one_is_planted(tmp_path: Path) -> None:
    assert check_packs(copied(tmp_path, "sidoarjo", "bontang")) == []


@pytest.mark.parametrize("one", [pytest.param(one, id=one.name) for one in [*PLANTS, *TIME_PLANTS]])
def test_a_planted_fault_is_named(tmp_path: Path, one: Plant) -> None:
    root = copied(tmp_path, "sidoarjo")
    path = plant(root, one.file, one.edit)
    faults = check_packs(root)
    told = "\n".join(map(str, faults))
    assert is_named(faults, one.found_in or one.file, path, one.says), told
    assert len(faults) <= 1 + one.others, f"one mistake should not be told as many:\n{told}"


@pytest.mark.parametrize("one", [pytest.param(one, id=one.name) for one in FEE_PLANTS])
def test_a_planted_fault_in_money_is_named(tmp_path: Path, one: Plant) -> None:
    office = "bontang" if one.file.startswith("bontang/") else "sidoarjo"
    root = copied(tmp_path, office)
    path = plant(root, one.file, one.edit)
    faults = check_packs(root)
    told = "\n".join(map(str, faults))
    assert is_named(faults, one.found_in or one.file, path, one.says), told
    assert len(faults) <= 1 + one.others, f"one mistake should not be told as many:\n{told}"


def _together() -> list[Plant]:
    """One plant for each place: two edits of one entry would hide each other."""
    names = {
        "a wrong time zone",
        "a missing key",
        "an unknown key",
        "an agency without connector or desk",
        "a calendar without source",
        "a missing translation",
        "a limit shorter than its route",
        "an unknown signer",
        "a minimum above the maximum",
        "negative days",
        "needs of an unknown requirement",
        "a requirement without file or permit",
        "an unknown field",
        "a fee with a blank legal basis",
        "an unknown part",
        "a condition on an unknown choice",
        "a table without an open end",
        "a tariff on what is free by statute",
    }
    chosen = [one for one in PLANTS if one.name in names]
    assert len(chosen) == len(names)
    return chosen


def test_faults_of_several_files_show_in_one_call(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    chosen = _together()
    assert {one.file for one in chosen} == {TENANT, AGENCIES, CALENDAR, IMB, HO, SIUP, MALANG, INDEX}
    paths = {one.name: plant(root, one.file, one.edit) for one in chosen}
    faults = check_packs(root)
    told = "\n".join(map(str, faults))
    unnamed = [one.name for one in chosen if not is_named(faults, one.file, paths[one.name], one.says)]
    assert unnamed == [], told
    with pytest.raises(BadPack) as refused:
        read_pack(root, "sidoarjo")
    assert list(refused.value.faults) == faults


def test_two_offices_with_one_prefix_are_named(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo", "bontang")
    plant(root, TENANT, put("prefix", value="BTG"))
    assert is_named(check_packs(root), TENANT, "$.prefix", "`BTG` is that of bontang already")
    with pytest.raises(BadPack, match="every office has its own"):
        read_all(root)


def test_permits_that_each_take_only_the_other_are_named(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")

    def only(permit: str, code: str) -> None:
        def edit(raw: Raw) -> str:
            label = {"id": "Izin lain", "en": "Another permit"}
            raw["requirements"].append(
                {"code": "other", "label": label, "accepts": [], "max_mb": 1, "permit": permit}
            )
            return ""

        plant(root, f"sidoarjo/services/{code}.yaml", edit)

    only("ktp", "siup")
    only("siup", "ktp")
    assert is_named(
        check_packs(root), "sidoarjo/services/ktp.yaml", "$.requirements", "nobody can satisfy these"
    )


def test_a_shared_step_of_two_kinds_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")

    def with_connector(raw: Raw) -> str:
        at = index(raw["agencies"], "front_office")
        raw["agencies"][at] |= {"connector": "permits", "options": {"url": "simulator:permits"}}
        return ""

    def asked(raw: Raw) -> str:
        raw["route"][index(raw["route"], "file_check")]["kind"] = "ask"
        return ""

    plant(root, "_base/agencies.yaml", with_connector)
    plant(root, SIUP, asked)
    path = "$.route[0].kind"
    assert is_named(check_packs(root), SIUP, path, "steps that are shared are of one kind")


def test_a_base_that_extends_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    shutil.copy(root / TENANT, root / "_base" / "tenant.yaml")
    assert is_named(check_packs(root), "_base/tenant.yaml", "", "a base is no tenant and extends nothing")


def test_a_mistake_in_the_base_is_told_once_for_all_offices(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo", "bontang", "sragen")
    plant(root, "_base/services/tdp.yaml", put("fee", "legal_basis", value=""))
    faults = check_packs(root)
    assert [fault.field for fault in faults] == ["_base/services/tdp.yaml: $.fee.legal_basis"]


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        pytest.param("sidoarjo/agency.yaml", "did you mean `agencies.yaml`?", id="beside the right name"),
        pytest.param("sidoarjo/services/imb.yml", "did you mean `services/", id="another ending"),
    ],
)
def test_a_file_nobody_reads_is_named(tmp_path: Path, file: str, reason: str) -> None:
    root = copied(tmp_path, "sidoarjo")
    (root / file).write_text("agencies: []\n")
    assert is_named(check_packs(root), file, "", "is not a file of a pack")
    assert is_named(check_packs(root), file, "", reason)


@pytest.mark.parametrize("name", ["tenant.yaml", "calendar.yaml"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    root = copied(tmp_path, "sidoarjo")
    (root / "sidoarjo" / name).unlink()
    assert is_named(check_packs(root), f"sidoarjo/{name}", "", "is missing")


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    (root / "_base" / "templates" / "permit.typ").unlink()
    assert is_named(check_packs(root), "sidoarjo/templates/permit.typ", "", "is missing")


def test_a_wrong_manifest_of_a_connector_is_named(tmp_path: Path) -> None:
    connectors = tmp_path / "connectors"
    (connectors / "ktp").mkdir(parents=True)
    (connectors / "ktp" / "manifest.yaml").write_text("code: ktp\nstyle: telepathy\n")
    faults = check_packs(copied(tmp_path, "sidoarjo"), connectors=connectors)
    file = "connectors/ktp/manifest.yaml"
    assert is_named(faults, file, "$.style", "must be one of immediate")
    assert is_named(faults, file, "$.owner", "is missing")
    assert is_named(faults, AGENCIES, "$.agencies[0].connector", "there is no connector `permits`")


def test_every_fault_in_a_value_names_its_line(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    text = (root / IMB).read_text()
    (root / IMB).write_text(text.replace("outcome: permit", "outcome: permits"))
    line = text[: text.index("outcome: permit")].count("\n") + 1
    (fault,) = check_packs(root)
    assert fault.field == f"{IMB}: $.outcome"
    assert re.search(rf"did you mean `permit`\? \(line {line}\)$", fault.reason)


def test_a_circle_through_a_shared_step_is_named_with_its_way(tmp_path: Path) -> None:
    """The HO waits for the IMB in a review that it shares with the IMB: each alone would be fine."""
    root = copied(tmp_path, "sidoarjo")

    def joint(code: str) -> Edit:
        def edit(raw: Raw) -> str:
            raw["route"][index(raw["route"], code)] |= {"agency": "ho", "shared": "joint_review"}
            return ""

        return edit

    plant(root, IMB, joint("technical"))
    plant(root, HO, joint("nuisance_review"))
    (fault,) = check_packs(root)
    assert fault.field == f"{IMB}: $.route"
    assert "when all services of sidoarjo are lodged together" in fault.reason
    assert "shared joint_review (ho) waits for the decision (imb)" in fault.reason
