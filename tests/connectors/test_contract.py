"""Every connector folder passes the contract that ships with the SDK, against its own fake agency."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ptsp.infra.gateway import Registry
from ptsp.sdk.bank_testing import PaymentContract
from ptsp.sdk.central_testing import CentralContract
from ptsp.sdk.manifest import Style
from ptsp.sdk.queue_testing import QueueContract
from ptsp.sdk.signing_testing import SigningContract
from ptsp.sdk.testing import ConnectorContract, DeskContract, FolderContract, HonestFolder
from ptsp.sdk.workbench import NoAgency, Workbench, workbench

ROOT = Path(__file__).resolve().parents[2] / "connectors"
MANIFESTS = Registry(ROOT).manifests
READ = ("simbg",)  # is only read: tests/connectors/test_simbg.py
CENTRAL = sorted(code for code, manifest in MANIFESTS.items() if manifest.style is Style.CENTRAL)
SIGNERS = sorted(code for code, manifest in MANIFESTS.items() if manifest.style is Style.SIGNING)
BANKS = sorted(code for code, manifest in MANIFESTS.items() if manifest.style is Style.PAYMENT)
DESKS = sorted(code for code, manifest in MANIFESTS.items() if manifest.style is Style.DESK)
FOLDERS = ["files"]
QUEUES = sorted(code for code, manifest in MANIFESTS.items() if manifest.style is Style.BROKER)
ASKED = sorted(set(MANIFESTS) - {*BANKS, *CENTRAL, *SIGNERS, *DESKS, *FOLDERS, *QUEUES, *READ})


@pytest.fixture
def quality(code: str) -> object:
    return yaml.safe_load((ROOT / code / "quality.yaml").read_text())


@pytest.fixture
def bench(code: str, registry: Registry, tmp_path: Path) -> Iterator[Workbench]:
    manifest = registry.manifest(code)
    with workbench(
        folder=ROOT / code,
        manifest=manifest,
        kind=NoAgency if code in DESKS else registry.fake_agency(code),
        make=lambda settings: registry.build_any(code, settings),
        books=tmp_path / "books.sqlite",
    ) as ready:
        yield ready


@pytest.mark.parametrize("code", ASKED)
class TestEveryConnector(ConnectorContract):
    pass


@pytest.mark.parametrize("code", FOLDERS)
class TestEveryFolder(FolderContract):
    pass


@pytest.mark.parametrize("code", QUEUES)
class TestEveryQueue(QueueContract):
    pass


@pytest.mark.parametrize("code", DESKS)
class TestEveryDesk(DeskContract):
    pass


@pytest.mark.parametrize("code", CENTRAL)
class TestEveryCentralSystem(CentralContract):
    pass


@pytest.mark.parametrize("code", SIGNERS)
class TestEverySigningService(SigningContract):
    pass


@pytest.mark.parametrize("code", BANKS)
class TestEveryBank(HonestFolder, PaymentContract):
    pass


def test_every_folder_has_a_manifest_and_is_tried() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders == {*ASKED, *BANKS, *CENTRAL, *SIGNERS, *DESKS, *FOLDERS, *QUEUES, *READ}
    assert folders
