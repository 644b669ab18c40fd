"""What the packs say of their agencies fits the connectors, and manifests fit their published schema."""

from pathlib import Path

import pytest
import yaml

from ptsp.infra.gateway import Registry, agency_url
from ptsp.infra.packs import read_all
from ptsp.infra.packs.schema import load_schemas
from ptsp.kernel.specs import BANK
from ptsp.sdk.contract import Settings
from ptsp.sdk.manifest import Style

ROOT = Path(__file__).resolve().parents[2]
CODES = sorted(path.parent.name for path in (ROOT / "connectors").glob("*/manifest.yaml"))


@pytest.mark.parametrize("code", CODES)
def test_a_manifest_fits_the_schema(code: str) -> None:
    raw = yaml.safe_load((ROOT / "connectors" / code / "manifest.yaml").read_text())
    assert load_schemas().misfits("connector-manifest", raw) == []
    assert load_schemas().misfits("connector-manifest", {**raw, "style": "pigeon"})


def test_every_agency_of_every_pack_can_be_built() -> None:
    registry = Registry(ROOT / "connectors")
    simulators = {code: f"http://127.0.0.1:9/{code}" for code in CODES}
    built = 0
    for pack in read_all(ROOT / "tenants"):
        for agency in pack.agencies.values():
            if agency.connector is None:
                continue
            url = str(agency.options.get("url", ""))
            there = agency_url(url, tenant=pack.code, agency=agency.code, simulators=simulators)
            settings = Settings(there, b"s" * 32, "http://127.0.0.1:9/replies", agency.options)
            is_bank = registry.manifest(agency.connector).style is Style.PAYMENT
            assert is_bank == (agency.code == BANK)
            registry.build_any(agency.connector, settings)
            built += 1
    registry.close()
    assert built
