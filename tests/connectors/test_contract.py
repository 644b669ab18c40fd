"""Every connector folder passes the contract that ships with the SDK, against its own fake agency."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ptsp.infra.gateway import Registry
from ptsp.sdk.bank_testing import PaymentContract
from ptsp.sdk.manifest import Style
from ptsp.sdk.testing import ConnectorContract, HonestFolder
from ptsp.sdk.workbench import Workbench, workbench

ROOT = Path(__file__).resolve().parents[2] / "connectors"
MANIFESTS = Registry(ROOT).manifests
ASKED = sorted(code for code, manifest in MANIFESTS.items() if manifest.style is not Style.PAYMENT)
BANKS = sorted(set(MANIFESTS) - set(ASKED))


@pytest.fixture
def quality(code: str) -> object:
    return yaml.safe_load((ROOT / code / "quality.yaml").read_text())


@pytest.fixture
def bench(code: str, registry: Registry, tmp_path: Path) -> Iterator[Workbench]:
    manifest = registry.manifest(code)
    build = registry.build_payment if manifest.style is Style.PAYMENT else registry.build
    with workbench(
        folder=ROOT / code,
        manifest=manifest,
        kind=registry.fake_agency(code),
        make=lambda settings: build(code, settings),
        books=tmp_path / "books.sqlite",
    ) as ready:
        yield ready


@pytest.mark.parametrize("code", ASKED)
class TestEveryConnector(ConnectorContract):
    pass


@pytest.mark.parametrize("code", BANKS)
class TestEveryBank(HonestFolder, PaymentContract):
    pass


def test_every_folder_has_a_manifest_and_is_tried() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders == set(ASKED) | set(BANKS)
    assert folders
