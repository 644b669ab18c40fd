"""A connector on the workbench, for every trial; failures of the shipped contract say what was compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ptsp.infra.gateway import Registry
from ptsp.sdk.workbench import THIS_MACHINE, Workbench, workbench

pytest.register_assert_rewrite(
    "ptsp.sdk.testing",
    "ptsp.sdk.bank_testing",
    "ptsp.sdk.central_testing",
    "ptsp.sdk.listing_testing",
    "ptsp.sdk.queue_testing",
    "ptsp.sdk.signing_testing",
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    made = Registry(ROOT / "connectors", reach=THIS_MACHINE)
    yield made
    made.close()


@pytest.fixture
def bench(request: pytest.FixtureRequest, registry: Registry, tmp_path: Path) -> Iterator[Workbench]:
    code = request.param
    with workbench(
        folder=ROOT / "connectors" / code,
        manifest=registry.manifest(code),
        kind=registry.fake_agency(code),
        make=lambda settings: registry.build_any(code, settings),
        books=tmp_path / "books.sqlite",
    ) as ready:
        yield ready
