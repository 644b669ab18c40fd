"""A document is accepted exactly as it was signed; every other file is refused, and the refusals are counted."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyhanko.sign.fields import MDPPerm

from ptsp.infra.pdf import Proof, write
from ptsp.infra.signing import TEXTS, Flaw, Signer, Trust, ensure_keys, ensure_trust, sign, verify
from tests.unit.pdf.samples import PERMIT, templates
from tests.unit.signing import forgeries

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
OFFICE = "Kantor Pelayanan Perizinan Terpadu Sidoarjo"
WHY = "Izin diterbitkan"
Forge = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signing") / "keys"


@pytest.fixture(scope="module")
def signer(folder: Path) -> Signer:
    return ensure_keys(folder, "sidoarjo", OFFICE, NOW)


@pytest.fixture(scope="module")
def trust(folder: Path) -> Trust:
    return ensure_trust(folder, NOW)


@pytest.fixture(scope="module")
def plain() -> bytes:
    return write(PERMIT, templates())


@pytest.fixture(scope="module")
def signed(plain: bytes, signer: Signer) -> bytes:
    return sign(plain, signer, reason=WHY, now=NOW)


def test_a_signed_document_is_accepted_with_its_code_office_and_time(signed: bytes, trust: Trust) -> None:
    verdict = verify(signed, trust, now=NOW + timedelta(days=400))
    assert (verdict.valid, verdict.reasons) == (True, ())
    assert (verdict.code, verdict.tenant) == (PERMIT.proof.code, "sidoarjo")
    assert verdict.signed_at == NOW


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        pytest.param(lambda _: b"", Flaw.NOT_A_PDF, id="an empty file"),
        pytest.param(lambda _: b"not a pdf", Flaw.NOT_A_PDF, id="a text"),
        pytest.param(lambda _: os.urandom(10_000_000), Flaw.NOT_A_PDF, id="10 MB of garbage"),
        pytest.param(
            lambda _: b"%PDF-1.7\n" + os.urandom(10_000_000), Flaw.DAMAGED, id="10 MB of garbage called PDF"
        ),
        pytest.param(lambda s: b"\n" + s, Flaw.NOT_A_PDF, id="a byte put before"),
        pytest.param(lambda s: s + bytes(21 * 2**20), Flaw.TOO_LARGE, id="blown up"),
        pytest.param(lambda s: s[: len(s) // 2], Flaw.DAMAGED, id="cut in half"),
        pytest.param(lambda s: s[:-1], Flaw.ALTERED, id="one byte cut off"),
        pytest.param(lambda s: s + b"x", Flaw.EXTENDED, id="one byte appended"),
        pytest.param(lambda s: s + b"\n", Flaw.EXTENDED, id="one line end appended"),
        pytest.param(lambda s: s + s, Flaw.EXTENDED, id="twice itself"),
        pytest.param(forgeries.with_replaced_page, Flaw.EXTENDED, id="page replaced by an update"),
        pytest.param(forgeries.with_empty_update, Flaw.EXTENDED, id="an update that changes nothing"),
        pytest.param(forgeries.with_empty_signature, Flaw.DAMAGED, id="signature zeroed"),
        pytest.param(forgeries.with_lower_case_signature, Flaw.ALTERED, id="signature in lower case"),
        pytest.param(forgeries.with_mirrored_signature, Flaw.ALTERED, id="the mirror signature"),
        pytest.param(forgeries.with_unsigned_note, Flaw.ALTERED, id="an unsigned attribute added"),
    ],
)
def test_a_changed_file_is_refused_with_its_reason(
    forge: Forge, reason: Flaw, signed: bytes, trust: Trust
) -> None:
    verdict = verify(forge(signed), trust, now=NOW)
    assert not verdict.valid
    assert reason in verdict.reasons
    assert (verdict.code, verdict.tenant, verdict.signed_at) == (None, None, None)


def test_no_single_changed_byte_is_accepted(signed: bytes, trust: Trust) -> None:
    forged = list(forgeries.flipped(signed, count=120, seed=20261122))
    wrongly = [index for index, file in enumerate(forged) if verify(file, trust, now=NOW).valid]
    assert len(forged) == 248
    assert wrongly == []


def test_no_truncation_is_accepted(signed: bytes, trust: Trust) -> None:
    cuts = range(0, len(signed), len(signed) // 60)
    assert [cut for cut in cuts if verify(signed[:cut], trust, now=NOW).valid] == []


def test_an_unsigned_document_is_refused(plain: bytes, trust: Trust) -> None:
    assert verify(plain, trust, now=NOW).reasons == (Flaw.UNSIGNED,)


def test_a_document_of_another_installation_with_the_same_names_is_refused(
    plain: bytes, trust: Trust, tmp_path: Path
) -> None:
    stranger = ensure_keys(tmp_path, "sidoarjo", OFFICE, NOW)
    forged = sign(plain, stranger, reason=WHY, now=NOW)
    assert verify(forged, trust, now=NOW).reasons == (Flaw.UNKNOWN_SIGNER,)
    assert verify(forged, ensure_trust(tmp_path, NOW), now=NOW).valid


def test_an_authority_with_our_name_but_another_key_is_refused(
    plain: bytes, trust: Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = trust.authority.subject.native["common_name"].removeprefix("PTSP ")
    monkeypatch.setattr("uuid.UUID.hex", common)
    impostor = ensure_keys(tmp_path, "sidoarjo", OFFICE, NOW)
    assert impostor.authority.subject == trust.authority.subject
    verdict = verify(sign(plain, impostor, reason=WHY, now=NOW), trust, now=NOW)
    assert not verdict.valid
    assert Flaw.UNKNOWN_SIGNER in verdict.reasons


def test_a_document_signed_by_another_office_of_this_installation_is_refused(
    plain: bytes, trust: Trust, folder: Path
) -> None:
    other = ensure_keys(folder, "bontang", "Kantor Bontang", NOW)
    assert verify(sign(plain, other, reason=WHY, now=NOW), trust, now=NOW).reasons == (Flaw.OTHER_OFFICE,)


def test_a_signed_document_without_a_code_is_refused(signer: Signer, trust: Trust) -> None:
    blank = write(replace(PERMIT, proof=Proof(code="", verify_url="http://127.0.0.1/")), templates())
    assert verify(sign(blank, signer, reason=WHY, now=NOW), trust, now=NOW).reasons == (Flaw.NO_CODE,)


@pytest.mark.parametrize(("certify", "allow"), [(False, MDPPerm.NO_CHANGES), (True, MDPPerm.FILL_FORMS)])
def test_our_own_signature_that_allows_changes_is_refused(
    plain: bytes, signer: Signer, trust: Trust, *, certify: bool, allow: MDPPerm
) -> None:
    open_to_change = forgeries.signed_by_other_rules(plain, signer, field="A", certify=certify, allow=allow)
    assert Flaw.NOT_SEALED in verify(open_to_change, trust, now=NOW).reasons


def test_a_document_with_two_signatures_is_refused(plain: bytes, signer: Signer, trust: Trust) -> None:
    once = forgeries.signed_by_other_rules(plain, signer, field="A", certify=False, allow=MDPPerm.NO_CHANGES)
    twice = forgeries.signed_by_other_rules(once, signer, field="B", certify=False, allow=MDPPerm.NO_CHANGES)
    assert verify(twice, trust, now=NOW).reasons == (Flaw.SEVERAL_SIGNATURES,)


@pytest.mark.parametrize("now", [NOW - timedelta(days=30), NOW + timedelta(days=4000)])
def test_a_certificate_that_is_not_in_force_is_refused(signed: bytes, trust: Trust, now: datetime) -> None:
    assert verify(signed, trust, now=now).reasons == (Flaw.UNKNOWN_SIGNER,)


def test_every_reason_is_told_in_both_languages() -> None:
    assert set(TEXTS) == set(Flaw)
    assert all(set(text) == {"id", "en"} for text in TEXTS.values())


def test_signing_and_verifying_stay_quick(plain: bytes, signer: Signer, trust: Trust) -> None:
    """Loose limits for a busy machine: about 25 ms and 12 ms were measured on two idle cores."""
    signing, verifying = [], []
    for _ in range(5):
        began = time.perf_counter()
        document = sign(plain, signer, reason=WHY, now=NOW)
        between = time.perf_counter()
        verify(document, trust, now=NOW)
        signing.append(between - began)
        verifying.append(time.perf_counter() - between)
    assert statistics.median(signing) < 1.5
    assert statistics.median(verifying) < 1.5
