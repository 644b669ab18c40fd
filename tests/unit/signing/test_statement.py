"""A statement counts only as one of our offices signed it: to the byte, under its own key."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptsp.infra.signing import (
    Flaw,
    authority_pem,
    ensure_keys,
    ensure_trust,
    sign_statement,
    verify_statement,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SAID = b'{"agency":"trade","sent":3,"tenant":"sidoarjo"}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def signature(folder: Path) -> bytes:
    return sign_statement(SAID, ensure_keys(folder, "sidoarjo", "Kantor", NOW))


def flaws(folder: Path, statement: bytes, signature: bytes, now: datetime = NOW) -> tuple[str, ...]:
    return verify_statement(statement, signature, ensure_trust(folder, NOW), now=now).reasons


def test_what_an_office_signed_is_its_own(folder: Path, signature: bytes) -> None:
    verdict = verify_statement(SAID, signature, ensure_trust(folder, NOW), now=NOW)
    assert (verdict.valid, verdict.tenant) == (True, "sidoarjo")
    assert len(signature) < 2000


def test_an_agency_needs_nothing_of_ours_to_verify_it(folder: Path, signature: bytes, tmp_path: Path) -> None:
    files = {"s.json": SAID, "s.p7s": signature, "ca.pem": authority_pem(ensure_trust(folder, NOW))}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    words = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "s.p7s", "-content", "s.json"]
    words += ["-CAfile", "ca.pem", "-attime", str(int(NOW.timestamp()))]
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "s.json").write_bytes(SAID.replace(b"3", b"4"))
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode != 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(at=st.integers(0, len(SAID) - 1), bit=st.integers(0, 7))
def test_no_bit_of_it_can_change(folder: Path, signature: bytes, at: int, bit: int) -> None:
    altered = bytearray(SAID)
    altered[at] ^= 1 << bit
    assert flaws(folder, bytes(altered), signature) == (Flaw.ALTERED,)


def test_no_byte_of_the_signature_itself_can_change(folder: Path, signature: bytes) -> None:
    raw = cms.ContentInfo.load(signature)["content"]["signer_infos"][0]["signature"].native
    start = signature.rindex(raw)
    for at in range(start, start + len(raw)):
        altered = bytearray(signature)
        altered[at] ^= 1
        assert flaws(folder, SAID, bytes(altered)), at


@pytest.mark.parametrize("nonsense", [b"", b"x", b"\x30\x00", b"\x30\x82", b"\x00" * 100])
def test_what_is_no_signature_is_refused(folder: Path, nonsense: bytes) -> None:
    assert flaws(folder, SAID, nonsense) == (Flaw.DAMAGED,)


def test_a_signature_with_anything_behind_it_is_refused(folder: Path, signature: bytes) -> None:
    assert flaws(folder, SAID, signature + b"\x00") == (Flaw.DAMAGED,)


def test_a_strangers_signature_is_refused(folder: Path, tmp_path: Path) -> None:
    stranger = ensure_keys(tmp_path, "sidoarjo", "Kantor", NOW)
    assert flaws(folder, SAID, sign_statement(SAID, stranger)) == (Flaw.UNKNOWN_SIGNER,)


def test_another_offices_signature_is_that_offices(folder: Path) -> None:
    other = sign_statement(SAID, ensure_keys(folder, "bontang", "Kantor", NOW))
    verdict = verify_statement(SAID, other, ensure_trust(folder, NOW), now=NOW)
    assert (verdict.valid, verdict.tenant) == (True, "bontang")


@pytest.mark.parametrize("days", [-2, 365 * 10 + 1])
def test_a_certificate_is_in_force_when_it_was_signed(folder: Path, signature: bytes, days: int) -> None:
    assert flaws(folder, SAID, signature, NOW + timedelta(days=days)) == (Flaw.UNKNOWN_SIGNER,)
