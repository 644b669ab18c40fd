"""`ptsp packs`: what it prints and how it exits."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ptsp.main.packs_cli import packs
from tests.tenants.planting import TENANTS, copied, drop, plant


def test_check_counts_packs_and_faults_and_exits_with_zero() -> None:
    done = CliRunner().invoke(packs, ["check", str(TENANTS)])
    assert (done.exit_code, done.output) == (0, "9 packs, 13 by-laws, 61 fee examples, 0 faults\n")


def test_check_takes_the_folder_of_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PTSP_TENANTS_DIR", str(copied(tmp_path, "bontang")))
    assert CliRunner().invoke(packs, ["check"]).output == "1 pack, 13 by-laws, 58 fee examples, 0 faults\n"


def test_check_lists_faults_by_file_and_exits_with_one(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, "sidoarjo/services/imb.yaml", drop("standard", "product"))
    plant(root, "sidoarjo/tenant.yaml", drop("prefix"))
    done = CliRunner().invoke(packs, ["check", str(root)])
    assert done.exit_code == 1
    assert "sidoarjo/services/imb.yaml\n  $.standard.product: is missing (line" in done.output
    assert done.output.endswith(", 2 faults\n")


def test_check_as_json_names_file_path_and_reason(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, "sidoarjo/services/imb.yaml", drop("standard", "product"))
    done = CliRunner().invoke(packs, ["check", str(root), "--json"])
    assert done.exit_code == 1
    (fault,) = json.loads(done.output)["mistakes"]
    assert (fault["file"], fault["path"]) == ("sidoarjo/services/imb.yaml", "$.standard.product")
    assert fault["reason"].startswith("is missing")


def test_show_says_from_which_file_each_part_comes(tmp_path: Path) -> None:
    root = copied(tmp_path, "bontang")
    output = CliRunner().invoke(packs, ["show", "bontang", "--dir", str(root)]).output
    assert "  front_office: desk  <- _base/agencies.yaml\n" in output
    assert "  public_works: connector permits  <- bontang/agencies.yaml\n" in output
    assert "tdp: permit, 3 working_days" in output


def test_show_of_a_service_says_where_its_standard_comes_from(tmp_path: Path) -> None:
    root = copied(tmp_path, "bontang")
    output = CliRunner().invoke(packs, ["show", "bontang", "pbg", "--dir", str(root)]).output
    complaints = next(line for line in output.splitlines() if line.startswith("  complaints:"))
    assert complaints.endswith("<- _base/standard_defaults.yaml")
    assert "<- bontang/services/pbg.yaml" in output
    assert "file_check: desk front_office, 1 working_days" in output
    clock = next(line for line in output.splitlines() if line.startswith("  clock:"))
    assert '"starts_after": "file_check"' in clock
    assert clock.endswith("<- _base/standard_defaults.yaml")


def test_show_as_json_is_what_is_stored(tmp_path: Path) -> None:
    root = copied(tmp_path, "bontang")
    done = CliRunner().invoke(packs, ["show", "bontang", "pbg", "--json", "--dir", str(root)])
    assert json.loads(done.output)["code"] == "pbg"


def test_show_of_a_charged_service_names_its_by_law_and_how_it_is_collected(tmp_path: Path) -> None:
    root = copied(tmp_path, "bontang")
    output = CliRunner().invoke(packs, ["show", "bontang", "pbg", "--dir", str(root)]).output
    assert "  by-law pp_16_2021, in force from 2021-02-02  <- _bylaws/pp_16_2021.yaml\n" in output
    lines = [
        line for line in output.splitlines() if line.startswith(("  shst =", "  total_area =", "  weight,"))
    ]
    assert [line.rpartition("<- ")[2] for line in lines] == [
        "bontang/services/pbg.yaml",
        "_bylaws/pp_16_2021.yaml",
        "_bylaws/pp_16_2021.yaml",
    ]
    assert "  due in 15 days, warned 7 days later (assumed:" in output
    assert (
        "  interest = round(exact, 0), exact = unpaid * 0.02 * min(months, 24)  <- _base/standard_defaults.yaml"
        in output
    )
    assert (
        "  notice treasurer, receipt treasurer, demand treasurer  <- _base/standard_defaults.yaml" in output
    )
