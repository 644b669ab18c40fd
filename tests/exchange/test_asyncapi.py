"""The AsyncAPI document says what the code does. Structure and payloads are checked here; the specification's own JSON
schema is no part of the tree.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ptsp.domain import feed
from ptsp.infra.gateway import Registry
from ptsp.main.message_documents import NAME, asyncapi
from ptsp.sdk.contract import Question, Settings
from ptsp.sdk.manifest import Style
from tests.checks import REPOSITORY

KEPT = REPOSITORY / "schemas" / NAME
DOCUMENT = json.loads(asyncapi())
MESSAGES = DOCUMENT["components"]["messages"]


def refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (one for name, one in value.items() if name == "$ref")
        for one in value.values():
            yield from refs(one)
    elif isinstance(value, list):
        for one in value:
            yield from refs(one)


def errors(message: str, payload: object) -> list[str]:
    return [
        error.message for error in Draft202012Validator(MESSAGES[message]["payload"]).iter_errors(payload)
    ]


def test_the_kept_document_is_the_one_that_is_made() -> None:
    assert KEPT.read_text() == asyncapi(), "run `ptsp broker docs`"


def test_every_reference_leads_somewhere() -> None:
    for ref in refs(DOCUMENT):
        place = DOCUMENT
        for part in ref.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_every_event_that_goes_out_is_described_and_no_other() -> None:
    assert set(DOCUMENT["channels"]["events"]["messages"]) == {one.type for one in feed.EVENTS.values()}
    for name in DOCUMENT["channels"]["events"]["messages"]:
        for example in MESSAGES[name]["payload"]["examples"]:
            assert errors(name, example) == []


def test_what_the_connector_writes_is_as_described() -> None:
    settings = Settings("", b"s" * 32)
    connector = Registry(REPOSITORY / "connectors").build_of(Style.BROKER, "queue", settings)
    key = "0197a3c2-5c1e-7d60-9a44-6f6c1d2e3f40"
    question = Question(key, "sidoarjo", "trade", "technical", "SDA-1", {"services": ["siup"], "answers": {}})
    message = connector.write([question])
    assert errors("questions", json.loads(message.body)) == []
    headers = Draft202012Validator(MESSAGES["questions"]["headers"])
    assert list(headers.iter_errors(dict(message.headers))) == []
    assert list(headers.iter_errors({})) != []


@pytest.mark.parametrize(
    ("reply", "is_right"),
    [
        ({"key": "k", "number": "1", "result": "approved"}, True),
        ({"key": "k", "number": "1", "result": "rejected", "reasons": ["x"]}, True),
        ({"key": "k", "number": "1", "result": "rejected"}, False),
        ({"key": "k", "number": "1", "result": "maybe"}, False),
        ({"number": "1", "result": "approved"}, False),
    ],
)
def test_replies_are_as_described(*, reply: dict[str, object], is_right: bool) -> None:
    assert (errors("replies", {"replies": [reply]}) == []) is is_right
