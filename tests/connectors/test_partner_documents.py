"""The OpenAPI documents for agencies: kept as the code says, valid, and true of what really goes over the line."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from ptsp.main import partner_documents as shapes
from ptsp.main.cli import cli
from ptsp.sdk.workbench import Workbench
from tests.connectors.trial import ROOT, of

KEPT = ROOT / "schemas"
NAMES = sorted(shapes.documents())


def fits(schema: dict[str, object], value: object) -> bool:
    return Draft202012Validator(schema).is_valid(value)


def test_those_kept_are_those_the_code_makes(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["connectors", "docs", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (KEPT / name).read_bytes(), "run `ptsp connectors docs`"


@pytest.mark.parametrize("name", NAMES)
def test_they_are_valid_openapi_with_examples_that_fit(name: str) -> None:
    document = json.loads((KEPT / name).read_text())
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    checked = [fits(one, example) for one in _schemas(document) for example in one.get("examples", [])]
    assert all(checked)
    assert checked or name == "openapi-agency.json"


def test_every_door_of_agencies_stands_there() -> None:
    paths = json.loads((KEPT / "openapi-agency.json").read_text())["paths"]
    assert shapes.REPLIES in paths
    for start in ("/agency/", "/snap/", "/api/v1/offices/{tenant}/desk/"):
        assert any(path.startswith(start) for path in paths), start
    assert "requestBody" in paths[shapes.REPLIES]["post"]


@of("permits")
def test_what_really_goes_out_and_comes_back_is_what_the_document_says(bench: Workbench) -> None:
    sent: list[tuple[str, bytes]] = []
    connector, question = bench.connector(), bench.question(bench.kind.rejected)
    connector._http.hooks["response"].append(
        lambda answer, **_: sent.append((answer.request.method, answer.request.body))
    )
    bench.verdict(connector, question)
    body = next(content for method, content in sent if method == "POST")
    assert fits(shapes.QUESTION, json.loads(body))
    reply = json.loads(bench.letters.arrivals[0].body)
    assert fits(shapes.REPLY, reply)
    assert not fits(shapes.REPLY, {**reply, "reasons": []})
    assert not fits(shapes.REPLY, {**reply, "result": "maybe"})
    case = connector._call("GET", f"/cases/{question.key}", question.key).json(shapes.CASE)
    assert case["state"] == "rejected"


def listed(bench: Workbench) -> tuple[str, bytes, bytes]:
    """The path, what was asked, and what came back when the cases of these days were listed."""
    seen: list[tuple[str, bytes, bytes]] = []
    connector = bench.connector()
    connector.ask(bench.question())
    opened = bench.effects(1)[0].opened
    connector._http.hooks["response"].append(
        lambda answer, **_: seen.append((answer.request.path_url, answer.request.body, answer.content))
    )
    window = [(opened + timedelta(hours=at)).isoformat() for at in (-1, 1)]
    assert len(connector.list_cases(*window).cases) == 1
    return seen[0]


@of("permits")
def test_a_list_is_what_the_document_says(bench: Workbench) -> None:
    path, asked, said = listed(bench)
    assert path.endswith("/cases/list")
    assert fits(shapes.WANTED, json.loads(asked))
    told = json.loads(said)
    assert fits(shapes.LISTED, told)
    assert not fits(shapes.LISTED, {"cases": [{**told["cases"][0], "state": "maybe"}]})


@of("ho")
def test_lines_of_a_list_are_what_the_document_says(bench: Workbench) -> None:
    path, _, said = listed(bench)
    assert "/perkara?sejak=" in path
    assert re.search(shapes.LISTED_LINES, said.decode())
    assert not re.search(shapes.LISTED_LINES, said.decode().rpartition("\n")[0])


def _schemas(part: object) -> list[dict[str, object]]:
    if isinstance(part, list):
        return [found for inner in part for found in _schemas(inner)]
    if not isinstance(part, dict):
        return []
    own = [part] if "examples" in part and isinstance(part["examples"], list) else []
    return own + [found for inner in part.values() for found in _schemas(inner)]
