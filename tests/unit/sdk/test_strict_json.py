"""One reading only: whatever could be read two ways, or not stored, is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.sdk import strict_json
from ptsp.sdk.strict_json import Malformed


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html></html>", id="a page"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": -Infinity}', id="Infinity"),
        pytest.param(b'{"a": 1e400}', id="Infinity in disguise"),
        pytest.param(b'{"a": 1, "a": 2}', id="a key twice"),
        pytest.param(b'{"b": [{"a": 1, "a": 1}]}', id="a key twice, deep inside"),
        pytest.param(b'{"a":' * 17 + b"1" + b"}" * 17, id="too deep"),
        pytest.param(b"[" * 100_000, id="much too deep"),
        pytest.param(b'{"a":' * 50_000, id="much too deep objects"),
        pytest.param(b'{"a": 1} x', id="more behind it"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', id="a byte order mark"),
        pytest.param(b'{"a": "\xff"}', id="not UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"a": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"\\u0000": 1}', id="NUL in a key"),
        pytest.param(b'{"a": ' + b"9" * 5_000 + b"}", id="5,000 digits"),
        pytest.param(b'{"a": 9999999999999999999}', id="more than a database holds"),
        pytest.param(b"{'a': 1}", id="single quotes"),
    ],
)
def test_it_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        strict_json.parse_object(body)


def test_a_plain_object_is_read() -> None:
    assert strict_json.parse_object(b'{"a": [1, 2.5, "x", null, true, {"b": {}}]}') == {
        "a": [1, 2.5, "x", None, True, {"b": {}}]
    }


@given(st.binary(max_size=200))
def test_any_bytes_give_an_object_or_malformed(body: bytes) -> None:
    try:
        assert isinstance(strict_json.parse_object(body), dict)
    except Malformed:
        return


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(st.characters(codec="utf-8"), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abcd"), values, max_size=4))
def test_what_goes_out_is_canonical_and_comes_back(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert strict_json.dumps(value) == strict_json.dumps(turned)
    assert json.loads(strict_json.dumps(value)) == value


@pytest.mark.parametrize("value", [None, "", "  ", 1, True, ["x"], "x" * 201, "a\x07b"])
def test_a_text_is_a_text(value: object) -> None:
    with pytest.raises(Malformed, match="number"):
        strict_json.text({"number": value}, "number")


@pytest.mark.parametrize("value", [None, True, 1.0, "1", 0, 11])
def test_a_whole_number_is_written_as_one(value: object) -> None:
    with pytest.raises(Malformed, match="amount"):
        strict_json.whole({"amount": value}, "amount", smallest=1, largest=10)


@pytest.mark.parametrize("value", ["x", [1], [""], ["x"] * 21, {"a": "x"}, None])
def test_texts_are_a_list_of_texts(value: object) -> None:
    with pytest.raises(Malformed, match="reasons"):
        strict_json.texts({"reasons": value}, "reasons")


def test_a_code_is_translated_by_the_table_or_refused() -> None:
    assert strict_json.one_of({"result": "ok"}, "result", {"ok": 1}) == 1
    with pytest.raises(Malformed, match="must be one of ok"):
        strict_json.one_of({"result": "fine"}, "result", {"ok": 1})
