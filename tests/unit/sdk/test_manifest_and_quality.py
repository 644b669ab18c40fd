"""A manifest names every mistake at once; a quality file cannot claim what is not there."""

from pathlib import Path

import pytest

from ptsp.kernel.errors import Invalid
from ptsp.sdk.manifest import Style, read_manifest
from ptsp.sdk.quality import RUNGS, Subject, quality_faults

RIGHT = {
    "code": "forest",
    "name": {"id": "Dinas kehutanan", "en": "Forest agency"},
    "style": "webhook",
    "class": "connector:Forest",
    "receives": ["answers"],
    "supports_idempotency": True,
    "options": {"threshold": {"type": "integer"}},
    "owner": "platform",
}
README = "words " * 80 + "`threshold`"


def test_a_right_manifest_is_typed() -> None:
    manifest = read_manifest(RIGHT, where="m")
    assert (manifest.style, manifest.module, manifest.class_name) == (Style.WEBHOOK, "connector", "Forest")
    assert manifest.allowed({"answers": 1, "applicant": 2}) == {"answers": 1}


def test_options_may_be_the_properties_alone() -> None:
    options = read_manifest(RIGHT, where="m").options
    assert options["properties"] == {"threshold": {"type": "integer"}}
    assert options["additionalProperties"] is False


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"code": "Forest"}, "$.code"),
        ({"code": None}, "$.code"),
        ({"name": {"id": "x"}}, "$.name.en"),
        ({"name": "x"}, "$.name.id"),
        ({"style": "carrier pigeon"}, "$.style"),
        ({"class": "connector.Forest"}, "$.class"),
        ({"receives": ["secrets"]}, "$.receives"),
        ({"receives": None}, "$.receives"),
        ({"supports_idempotency": "yes"}, "$.supports_idempotency"),
        ({"options": []}, "$.options"),
        ({"owner": " "}, "$.owner"),
        ({"colour": "red"}, "$.colour"),
    ],
)
def test_a_mistake_is_named_with_its_path(change: dict[str, object], path: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_manifest({**RIGHT, **change}, where="forest/manifest.yaml")
    assert f"forest/manifest.yaml: {path}" in {fault.field for fault in caught.value.faults}


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        read_manifest({}, where="m")
    assert len(caught.value.faults) == 8


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "fake_agency.py").write_text("class FakeAgency: ...")
    (tmp_path / "connector.py").write_text("webhooks.verify(...)")
    return Subject(tmp_path, read_manifest(RIGHT, where="m"))


def all_done() -> dict[str, object]:
    done: dict[str, object] = {rung: "done" for level in ("bronze", "silver") for rung in RUNGS[level]}
    return done | {rung: {"todo": "later"} for rung in RUNGS["gold"]}


def test_an_honest_file_has_no_fault(subject: Subject) -> None:
    assert quality_faults(subject, all_done()) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"readme": "yes"}, "must be done"),
        ({"readme": {"todo": ""}}, "needs a reason"),
        ({"readme": {"exempt": None}}, "needs a reason"),
        ({"shiny": "done"}, "is no rung"),
        ({"tried_with_the_real_agency": "done"}, "where it can be seen"),
    ],
)
def test_a_claim_without_ground_is_named(subject: Subject, change: dict[str, object], reason: str) -> None:
    (fault,) = quality_faults(subject, {**all_done(), **change})
    assert reason in fault


@pytest.mark.parametrize(
    ("file", "rung"),
    [
        ("README.md", "readme"),
        ("README.md", "options_documented"),
        ("fake_agency.py", "fake_agency"),
        ("connector.py", "replies_verified"),
    ],
)
def test_done_is_not_believed_when_the_file_says_otherwise(subject: Subject, file: str, rung: str) -> None:
    (subject.folder / file).write_text("nothing")
    assert f"{rung}: is said to be done and is not" in quality_faults(subject, all_done())


def test_a_missing_rung_is_named(subject: Subject) -> None:
    quality = all_done()
    del quality["bounded_calls"]
    assert quality_faults(subject, quality) == ["bounded_calls: is missing"]
    assert quality_faults(subject, None) == ["quality.yaml: must be a mapping from rung to state"]
