"""Connectors are found by manifest, built with checked options, and share lines per partner."""

import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptsp.infra.gateway import Registry, agency_url
from ptsp.kernel.errors import Invalid
from ptsp.sdk.contract import Settings
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.manifest import Style

ROOT = Path(__file__).resolve().parents[3] / "connectors"
SETTINGS = Settings(url="http://agency.invalid:8000/x", secret=b"s" * 32, callback_url="http://us.invalid/r")


@pytest.fixture
def registry() -> Iterator[Registry]:
    made = Registry(ROOT)
    yield made
    made.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "connectors"))


def test_the_folders_are_the_connectors(registry: Registry) -> None:
    assert set(registry.manifests) == {path.parent.name for path in ROOT.glob("*/manifest.yaml")}


@pytest.mark.parametrize("code", ["ktp", "permits", "ho"])
def test_one_that_is_asked_is_built(registry: Registry, code: str) -> None:
    assert callable(registry.build(code, SETTINGS).ask)
    with pytest.raises(Misconfigured, match="not payment"):
        registry.build_of(Style.PAYMENT, code, SETTINGS)


def test_a_bank_is_built_as_a_bank(registry: Registry) -> None:
    assert callable(registry.build_of(Style.PAYMENT, "bank", SETTINGS).answer)
    with pytest.raises(Misconfigured, match="it is not asked"):
        registry.build("bank", SETTINGS)


def test_an_unknown_connector_is_named_with_a_hint(registry: Registry) -> None:
    with pytest.raises(Misconfigured, match="no connector 'permit'; did you mean 'permits'"):
        registry.build("permit", SETTINGS)
    with pytest.raises(Misconfigured, match="there are bank, .*ho, .*permits"):
        registry.fake_agency("forestry")


def test_wrong_options_are_all_named(registry: Registry) -> None:
    wrong = Settings(SETTINGS.url, SETTINGS.secret, "", {"threshold": 50, "colour": 1})
    with pytest.raises(Misconfigured) as caught:
        registry.build("ktp", wrong)
    assert "options.threshold: 50 is less" in str(caught.value)
    assert "'colour' was unexpected" in str(caught.value)


def test_what_a_pack_says_of_the_url_is_a_known_option(registry: Registry) -> None:
    registry.build(
        "ktp", Settings(SETTINGS.url, SETTINGS.secret, "", {"url": "simulator:ktp", "threshold": 90})
    )


def test_one_line_per_partner_also_from_many_threads(registry: Registry) -> None:
    met = threading.Barrier(8)
    seen = []

    def build() -> None:
        met.wait()
        seen.append(registry.build("ho", SETTINGS))

    threads = [threading.Thread(target=build) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elsewhere = registry.build("ho", Settings("http://other.invalid/x", SETTINGS.secret))
    assert len({id(vars(connector)["_http"]) for connector in seen}) == 1
    assert vars(elsewhere)["_http"] is not vars(seen[0])["_http"]


def test_a_connector_is_never_importable_by_the_platform_s_side_effect(registry: Registry) -> None:
    registry.build("ho", SETTINGS)
    assert "connectors.ho.connector" not in sys.modules


def test_every_wrong_manifest_is_named_at_once(copy: Path) -> None:
    (copy / "ktp/manifest.yaml").write_text("code: ktp\n")
    (copy / "ho/manifest.yaml").write_text("{")
    (copy / "bank").rename(copy / "giro")
    with pytest.raises(Invalid) as caught:
        Registry(copy)
    fields = {fault.field for fault in caught.value.faults}
    assert {"ktp/manifest.yaml: $.style", "ho/manifest.yaml", "giro/manifest.yaml: $.code"} <= fields


def test_a_manifest_that_names_nothing_there_is_misconfigured(copy: Path) -> None:
    manifest = copy / "ho/manifest.yaml"
    right = manifest.read_text()
    manifest.write_text(right.replace("connector:Ho", "connector:Nobody"))
    with pytest.raises(Misconfigured, match="has no Nobody"):
        Registry(copy).build("ho", SETTINGS)
    manifest.write_text(right.replace("connector:Ho", "nowhere:Ho"))
    with pytest.raises(Misconfigured, match="no file nowhere.py"):
        Registry(copy).build("ho", SETTINGS)


def test_a_simulator_stands_for_the_agency_of_this_installation() -> None:
    known = {"ktp": "http://127.0.0.1:7001/"}
    where = agency_url("simulator:ktp", tenant="sidoarjo", agency="population", simulators=known)
    assert where == "http://127.0.0.1:7001/sidoarjo/population"
    real = agency_url("https://agency.invalid/x", tenant="a", agency="b", simulators={})
    assert real == "https://agency.invalid/x"
    with pytest.raises(Misconfigured, match="no simulator for 'ho'"):
        agency_url("simulator:ho", tenant="a", agency="b", simulators=known)
