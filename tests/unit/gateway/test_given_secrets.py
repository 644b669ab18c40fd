"""What an operator hands over as a partner's secret: taken as it is, or refused without showing any of it."""

import base64

import pytest

from ptsp.flows.set_agency_secret import LONGEST, secret_as_given
from ptsp.kernel.errors import Invalid

RAW = bytes(range(32))


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        (b"S3cret!word\n", b"S3cret!word"),
        (b"S3cret!word\r\n", b"S3cret!word"),
        (b"two words", b"two words"),
        (b"whsec_" + base64.b64encode(RAW), RAW),
        (b'{"apikey": "a",\n "token": "b", "salt": "c"}\n', b'{"apikey": "a",\n "token": "b", "salt": "c"}'),
        (b"x" * LONGEST, b"x" * LONGEST),
    ],
    ids=["a line", "a line of Windows", "words", "bytes", "JSON of lines", "the longest"],
)
def test_it_is_taken_as_it_was_given(written: bytes, secret: bytes) -> None:
    assert secret_as_given(written) == secret


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"whsec_", "is empty"),
        (b"whsec_kenari!", "is not base64"),
        (b"kenari\nkenari\n", "more than one line"),
        (b" kenari", "blank at an end"),
        (b"kenari ", "blank at an end"),
        (b"kenari\x00", "more than one line"),
        ("kenari-ü".encode(), "not ASCII"),
        (b"kenari\xff", "not ASCII"),
        (b"kenari" * LONGEST, "longer than"),
    ],
)
def test_what_is_none_is_refused_and_not_shown(written: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told) as caught:
        secret_as_given(written)
    assert [fault.field for fault in caught.value.faults] == ["secret"]
    assert "kenari" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
