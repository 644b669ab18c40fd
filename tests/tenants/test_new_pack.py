"""`ptsp packs new`: a region becomes an office's folder that passes the check."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ptsp.infra.packs import read_all, read_pack
from ptsp.infra.packs.new import Neighbours, answer_faults, new_pack, proposed, read_base
from ptsp.infra.regions import regions
from ptsp.main.packs_cli import packs
from tests.tenants.planting import TENANTS, copied


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path, "sidoarjo")


def run(root: Path, *words: str, **more: Any) -> Any:
    return CliRunner().invoke(packs, ["new", *words, "--dir", str(root)], **more)


def test_a_new_office_passes_the_check_and_has_what_its_region_says(root: Path) -> None:
    done = run(root, "madiun", "--from", "Kota Madiun", "--yes")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Kota Madiun 35.77, Provinsi Jawa Timur 35, Asia/Jakarta\n")
    pack = read_pack(root, "madiun")
    assert (pack.region, pack.region_code, pack.time_zone) == ("Kota Madiun", "35.77", "Asia/Jakarta")
    assert pack.name["en"] == "Madiun City One-Stop Licensing Office"
    assert set(pack.services) == {"siup", "tdp"}
    assert len(read_all(root)) == 2
    assert (
        (root / "madiun/services/siup.yaml")
        .read_text()
        .startswith("# Taken over from _base/services/siup.yaml;")
    )


def test_answers_on_the_command_line_are_taken(root: Path) -> None:
    given = {
        "pattern": "one_roof",
        "weekdays": "mon,tue,wed,thu,fri,sat",
        "prefix": "MDN",
        "services": "siup",
        "head": "kepala@madiun.go.id",
    }
    words = [word for key, value in given.items() for word in ("--answer", f"{key}={value}")]
    done = run(root, "madiun", "--from", "3577", "--yes", *words)
    assert done.exit_code == 0, done.output
    pack = read_pack(root, "madiun")
    assert (pack.pattern, pack.prefix, set(pack.services)) == ("one_roof", "MDN", {"siup"})
    assert pack.calendar.weekdays == frozenset(range(6))
    assert pack.contacts["head"].email == "kepala@madiun.go.id"
    assert not (root / "madiun/services/tdp.yaml").exists()


def test_questions_are_asked_and_a_wrong_answer_is_asked_again(root: Path) -> None:
    typed = "one_roof\nmon,noday\nmon,tue\nsda\nSDA\nMDN\nsiup\n\n\n"
    done = run(root, "madiun", "--from", "Kota Madiun", input=typed)
    assert done.exit_code == 0, done.output
    for wrong in (
        "`noday` is none",
        "`sda` must be 2 to 5 capital letters",
        "`SDA` is that of sidoarjo already",
    ):
        assert wrong in done.output
    pack = read_pack(root, "madiun")
    assert (pack.prefix, pack.calendar.weekdays) == ("MDN", frozenset({0, 1}))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("x", "--from", "Kota Madiun"), "code: `x` must be 2 to 31 small letters"),
        (("../up", "--from", "Kota Madiun"), "code: `../up` must be"),
        (("sidoarjo", "--from", "Kota Madiun"), "code: there is a folder"),
        (("other", "--from", "35.15"), "from: Kabupaten Sidoarjo has the pack `sidoarjo` already"),
        (("madiun", "--from", "Kota Madium"), "from: there is no region `Kota Madium`"),
        (("madiun", "--from", "Kabupaten Sidoardjo"), "did you mean Kabupaten Sidoarjo 35.15?"),
        (
            ("madiun", "--from", "Madiun"),
            "from: `Madiun` is ambiguous: Kabupaten Madiun 35.19, Kota Madiun 35.77",
        ),
        (
            ("madiun", "--from", "35.77", "--base", "_bsae"),
            "base: there is no base `_bsae` with services; did you",
        ),
        (
            ("madiun", "--from", "35.77", "--answer", "prefiks=M"),
            "answer: `prefiks=M` is no answer; did you mean",
        ),
        (("madiun", "--from", "35.77", "--answer", "services=imb"), "services: `imb` is none"),
        (
            ("madiun", "--from", "35.77", "--answer", "services=siup,siup"),
            "services: names the same thing twice",
        ),
        (("madiun", "--from", "35.77", "--answer", "weekdays="), "weekdays: must name at least one"),
        (
            ("madiun", "--from", "35.77", "--answer", "pattern=door"),
            "pattern: must be one of one_door, one_roof",
        ),
        (
            ("madiun", "--from", "35.77", "--answer", "prefix=SDA"),
            "prefix: `SDA` is that of sidoarjo already",
        ),
        (("madiun", "--from", "35.77", "--answer", "head=kepala"), "head: `kepala` is no e-mail address"),
    ],
)
def test_what_will_not_do_is_named_and_nothing_is_written(
    root: Path, words: tuple[str, ...], says: str
) -> None:
    before = sorted(root.rglob("*"))
    done = run(root, *words, "--yes")
    assert done.exit_code == 1
    assert says in str(done.exception)
    assert sorted(root.rglob("*")) == before


def test_an_office_that_would_not_pass_the_check_is_taken_back(root: Path) -> None:
    (root / "_base/services/tdp.yaml").write_text("code: tdp\n")
    before = sorted(root.rglob("*"))
    done = run(root, "madiun", "--from", "35.77", "--yes")
    assert done.exit_code == 1
    assert "services/tdp.yaml" in str(done.exception)
    assert sorted(root.rglob("*")) == before


def test_every_region_gets_a_prefix_of_its_own() -> None:
    base = read_base(TENANTS, "_base")
    taken: dict[str, str] = {}
    for region in regions().values():
        code = f"r{region.code.replace('.', '_')}"
        answers = proposed(code, region, base, taken)
        assert answer_faults(answers, base, Neighbours(taken, {})) == []
        assert new_pack(code, region, answers, base)
        taken[answers.prefix] = code
    assert len(taken) == 552


@pytest.mark.parametrize("region", ["35", "31.01", "71.09", "94.01", "62"])
def test_offices_of_every_kind_of_region_pass_the_check(root: Path, region: str) -> None:
    done = run(root, "baru", "--from", region, "--yes")
    assert done.exit_code == 0, done.output
    assert read_pack(root, "baru").region_code == region
