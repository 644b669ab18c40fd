"""Our events against the published conformance of CloudEvents 1.0: its schema, its documents, its round trips."""

import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from ptsp.infra.broker.events import CONTENT_TYPE, event_parcel
from tests.checks import shared_data

AT = datetime(2026, 11, 23, 3, 15, tzinfo=UTC)
FIRST, LAST = (datetime.fromisoformat(f"{year}-01-01") for year in (2000, 2100))
FORMAT = JSONFormat()
NAME = re.compile(r"[a-z0-9]{1,20}")


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads(shared_data("conformance", "cloudevents-1.0.schema.json").read_text()))


def ours(**changed: Any) -> bytes:
    given_ = {
        "source": "https://izin.example", "tenant": "sidoarjo", "bundle": "0197a3c2", "seq": 7, "at": AT,
        "type_": "task.approved", "reference": "SDA-2026-000123", "data": {"step": "site_visit"},
    }  # fmt: skip
    body = event_parcel(**(given_ | changed)).body
    assert isinstance(body, bytes)
    return body


def test_what_we_send_is_a_cloudevent_that_others_read(schema: Draft7Validator) -> None:
    body = ours()
    told = json.loads(body)
    assert list(schema.iter_errors(told)) == []
    assert all(NAME.fullmatch(name) for name in told)
    read = FORMAT.read(CloudEvent, body)
    assert (read.get_id(), read.get_type(), read.get_time()) == ("sidoarjo/0197a3c2/7", "task.approved", AT)
    assert read.get_data() == {"step": "site_visit"}
    assert CONTENT_TYPE == "application/cloudevents+json"
    assert ours() == body  # sent again, it is the same to the byte
    broken = {name: value for name, value in told.items() if name != "source"}
    assert list(schema.iter_errors(broken))  # the schema can say no


@given(
    seq=st.integers(0, 10**9),
    at=st.datetimes(min_value=FIRST, max_value=LAST).map(lambda day: day.replace(tzinfo=UTC)),
    data=st.dictionaries(
        st.text(max_size=8), st.text(max_size=20) | st.integers(-(2**53), 2**53) | st.none(), max_size=4
    ),
    reference=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=30),
)
def test_any_event_of_ours_comes_back_as_it_went(
    seq: int, at: datetime, data: dict[str, Any], reference: str
) -> None:
    read = FORMAT.read(CloudEvent, ours(seq=seq, at=at, data=data, reference=reference))
    assert (read.get_subject(), read.get_time(), read.get_data()) == (reference, at, data)
    assert read.get_extension("sequence") == f"{seq:06d}"


def test_the_published_documents_are_read_and_come_back(
    schema: Draft7Validator, tell: Callable[[str], None]
) -> None:
    tried = 0
    with zipfile.ZipFile(shared_data("conformance", "cloudevents-conformance.zip")) as packed:
        for name in packed.namelist():
            text = packed.read(name).decode() if re.search(r"features/|yaml/v1", name) and "." in name else ""
            documents = _blocks(text) if name.endswith(".feature") else _events(text)
            for document in documents:
                told = json.loads(document)
                assert list(schema.iter_errors(told)) == [], (name, document)
                read = FORMAT.read(CloudEvent, document.encode())
                again = json.loads(FORMAT.write(read))  # with the time of reading, where there was none
                assert _same({part: again[part] for part in told}) == _same(told), name
                tried += 1
    assert tried >= 10
    tell(f"CloudEvents: {tried} published documents read, written and equal")


def _blocks(text: str) -> list[str]:
    """The events in structured mode among the quoted blocks of a feature; an HTTP request has its head before it."""
    quoted = (block[block.index("{") :] for block in text.split('"""')[1::2] if '"specversion"' in block)
    return [block.strip() for block in quoted]


def _events(text: str) -> list[str]:
    """The YAML form of an event as JSON: text stays text, a day with time as it is written in RFC 3339."""
    made = []
    for one in yaml.safe_load_all(text):
        attributes = dict(one["ContextAttributes"])
        attributes |= {name: str(value).strip() for name, value in attributes.pop("Extensions", {}).items()}
        attributes["specversion"] = str(attributes["specversion"])
        if "time" in attributes:
            attributes["time"] = attributes["time"].isoformat().replace("+00:00", "Z")
        made.append(json.dumps({**attributes, "data": one["Data"]}))
    return made


def _same(told: dict[str, Any]) -> dict[str, Any]:
    """With its time as a moment: an offset and a Z may say the same."""
    moment = told.get("time")
    return {**told, "time": datetime.fromisoformat(moment)} if moment else told
