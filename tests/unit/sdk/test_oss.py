"""OSS's guide as tables: every code both ways, versions, tokens around midnight, lengths of fields."""

import hashlib
from pathlib import Path

import pytest
import yaml

from ptsp.domain.deadlines import MarkKind, oss_code
from ptsp.domain.deadlines.marks import OSS_DEEMED, kind_of_oss
from ptsp.flows.move_clock import EVENTS
from ptsp.sdk import oss
from ptsp.sdk.errors import Misconfigured

MIDNIGHT = 1_772_384_400  # 2026-03-02 00.00 WIB

# Annex 10 of the guide, as it was read: code, what we tell by it, if anything.
ANNEX = {
    "05": None, "09": "bundle.submitted", "10": "clock.started", "11": None, "12": None, "20": None,
    "30": "fee.charged:assessment", "31": None, "32": None, "33": "payment.settled", "34": None,
    "40": "task.asked:site_visit", "41": "clock.stopped", "42": "clock.resumed", "43": "clock.reset",
    "44": "clock.restarted", "45": None, "49": None, "50": "application.ended:approved", "52": None,
    "57": "application.deemed", "60": None, "70": None, "80": None, "90": "application.ended:rejected",
    "93": "application.ended:lapsed",
}  # fmt: skip


@pytest.mark.parametrize("code", ANNEX)
def test_every_code_of_the_annex_is_there_and_means_this(code):
    assert oss.event_of(code) == ANNEX[code]
    assert oss.meaning(code)


@pytest.mark.parametrize("event", sorted(oss.CODES))
def test_every_event_has_its_code(event):
    code = oss.CODES[event]
    assert code in oss.STATUSES
    assert oss.event_of(code) == event or event in oss.NEAREST


def test_there_is_nothing_else():
    assert set(oss.STATUSES) == set(ANNEX)
    assert set(oss.CODES) == {event for event in ANNEX.values() if event} | {"application.ended:withdrawn"}


def test_the_clock_s_codes_are_those_of_our_clocks():
    for kind in MarkKind:
        code = oss_code(kind)
        if code is not None:
            assert oss.CODES[f"clock.{EVENTS[kind]}"] == code
            assert kind_of_oss(code) is kind
    assert oss.CODES["application.deemed"] == OSS_DEEMED


def test_the_manifest_tells_what_the_tables_have_and_nothing_else():
    path = Path(__file__).resolve().parents[3] / "connectors" / "oss" / "manifest.yaml"
    events = yaml.safe_load(path.read_text())["tells"]["events"]
    assert sorted(events) == sorted([*oss.CODES, *oss.FINAL])


@pytest.mark.parametrize("code", ["58", "91", "92", "", "5", "00"])
def test_a_code_that_is_not_there_means_nothing(code):
    assert oss.meaning(code) is None
    assert oss.event_of(code) is None


def test_versions_differ_as_the_table_says():
    assert "not known" in str(oss.meaning("91", "4.3.16"))
    assert oss.meaning("92", "4.3.19") is None
    assert [name for name, one in oss.CONTRACTS.items() if one.has("rekonNIB")] == ["4.3.15"]
    assert all(one.has("receiveLicense") and one.has("receiveNIB") for one in oss.CONTRACTS.values())
    with pytest.raises(Misconfigured, match="4.3.15, 4.3.16, 4.3.19, 4.3.22"):
        oss.contract("5.0")


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (MIDNIGHT, ["20260301", "20260302"]),
        (MIDNIGHT - 601, ["20260301"]),
        (MIDNIGHT + 601, ["20260302"]),
        (MIDNIGHT - 300, ["20260301", "20260302"]),
        (MIDNIGHT + 300, ["20260301", "20260302"]),
    ],
)
def test_around_midnight_two_days_hold(now, days):
    assert oss.days(now) == days


def test_a_token_is_the_plain_digest():
    expected = hashlib.sha1(b"userpass912000000000120260302", usedforsecurity=False).hexdigest()
    assert oss.token("user", "pass", "9120000000001", "20260302") == expected


GOOD = {"nib": "9120000000001", "id_izin": "I", "oss_id": "O", "kd_izin": "1"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, ""),
        ({"nib": ""}, "nib"),
        ({"nib": "912000000000"}, "nib"),
        ({"nib": "91200000000012"}, "nib"),
        ({"nib": "912000000000x"}, "nib"),
        *(({name: "x" * (longest + 1)}, name) for name, longest in oss.LENGTHS.items()),
        *(({name: "x" * longest}, "") for name, longest in oss.LENGTHS.items()),
        *(({name: ""}, name) for name in oss.NEEDED),
    ],
)
def test_a_field_that_does_not_fit_is_named(change, field):
    assert oss.wrong_field({**GOOD, **change}).partition(":")[0] == field


@pytest.mark.parametrize(
    ("body", "nib"),
    [
        ({"dataNIB": {"nib": "9120000000001"}}, "9120000000001"),
        ({"receiveNIB": {"DataNib": {"NIB": 9120000000001}}}, "9120000000001"),
        ({"data": [{"nib": 120000000001}]}, "0120000000001"),
        ({"nib": "12"}, ""),
        ({"nib": True}, ""),
        ({}, ""),
        ({"a": {"a": {"a": {"a": {"a": {"a": {"nib": "9120000000001"}}}}}}}, ""),
    ],
)
def test_a_nib_is_found_in_any_envelope(body, nib):
    assert oss.nib_of(body) == nib


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2026-03-02 10:00:00", "2026-03-02 10:00", True),
        ("2026-03-02 10:00", "2026-03-02 10:00:00 ", True),
        ("2026-03-02 10:00:00", "2026-03-02 10:00:01", False),
        ("2026-03-02", "2026-03-02 10:00:00", False),
        ("", "2026-03-02 10:00:00", False),
    ],
)
def test_moments_are_the_same_with_or_without_seconds(one, other, is_same):
    assert oss.is_same_moment(one, other) is is_same
    assert oss.moment("2026-03-02T03:00:00+00:00") == "2026-03-02 10:00:00"
