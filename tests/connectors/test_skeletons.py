"""A new connector of each style passes the contract as it was written; a bad name is refused and leaves nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from ptsp.infra.gateway import Registry
from ptsp.main.cli import cli
from ptsp.main.skeleton import FILES, LIKE
from ptsp.sdk.listing_testing import CalledListingContract
from ptsp.sdk.quality import Subject, quality_faults
from ptsp.sdk.testing import ConnectorContract
from ptsp.sdk.workbench import THIS_MACHINE, Workbench, workbench

ROOT = Path(__file__).resolve().parents[2] / "connectors"
ASKED = ("webhook", "polling", "immediate")


def new(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["connectors", "new", *map(str, arguments)])
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("connectors")
    for style in LIKE:
        status, said = new(f"my_{style}", "--style", style, "--dir", made)
        assert status == 0, said
    return made


@pytest.fixture(scope="module")
def registry(folder: Path) -> Iterator[Registry]:
    made = Registry(folder, reach=THIS_MACHINE)
    yield made
    made.close()


@pytest.fixture
def quality(style: str, folder: Path) -> object:
    return yaml.safe_load((folder / f"my_{style}" / "quality.yaml").read_text())


@pytest.fixture
def bench(style: str, folder: Path, registry: Registry, tmp_path: Path) -> Iterator[Workbench]:
    code = f"my_{style}"
    with workbench(
        folder=folder / code,
        manifest=registry.manifest(code),
        kind=registry.fake_agency(code),
        make=lambda settings: registry.build_any(code, settings),
        books=tmp_path / "books.sqlite",
    ) as ready:
        yield ready


@pytest.mark.parametrize("style", ASKED)
class TestEverySkeletonThatIsAsked(ConnectorContract):
    pass


@pytest.mark.parametrize("style", ["webhook", "polling"])
class TestEverySkeletonThatLists(CalledListingContract):
    pass


@pytest.mark.parametrize("style", LIKE)
def test_it_is_under_its_own_name_and_honest(
    style: str, folder: Path, registry: Registry, quality: object
) -> None:
    code = f"my_{style}"
    manifest = registry.manifest(code)
    assert (manifest.code, manifest.style.value, manifest.class_name) == (
        code,
        style,
        f"My{style.capitalize()}",
    )
    assert {path.name for path in (folder / code).glob("*.*")} == {*FILES, "README.md", "__init__.py"}
    assert quality_faults(Subject(folder / code, manifest), quality) == []
    assert callable(getattr(registry.fake_agency(code), "routes", None) or registry.fake_agency(code))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("permits", "already"),
        ("webhook", "something else"),
        ("Forest", "lower-case"),
        ("../x", "lower-case"),
        ("a", "2 to 40"),
        ("x" * 41, "2 to 40"),
        ("forest-1", "lower-case"),
        ("forest_", "something else"),
        ("1forest", "beginning with a letter"),
    ],
)
def test_a_bad_name_is_refused_and_leaves_nothing(tmp_path: Path, name: str, said: str) -> None:
    status, told = new(name, "--dir", tmp_path)
    assert status == 1
    assert said in told
    assert "NAME" in told
    assert list(tmp_path.iterdir()) == []


def test_one_is_not_written_over(tmp_path: Path) -> None:
    assert new("forest", "--dir", tmp_path)[0] == 0
    before = (tmp_path / "forest" / "connector.py").read_bytes()
    assert new("forest", "--style", "polling", "--dir", tmp_path)[0] == 1
    assert (tmp_path / "forest" / "connector.py").read_bytes() == before
