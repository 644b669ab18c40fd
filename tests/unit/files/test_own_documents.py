"""What one office signed can be handed in at another: our own documents pass our own judgement."""

from datetime import UTC, datetime
from pathlib import Path

from ptsp.infra.files import judge
from ptsp.infra.pdf import write
from ptsp.infra.signing import ensure_keys, sign
from tests.unit.pdf.samples import PERMIT, templates


def test_a_signed_permit_is_a_good_upload(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    signer = ensure_keys(tmp_path, "sidoarjo", "Kantor", now)
    signed = sign(write(PERMIT, templates()), signer, reason="Izin diterbitkan", now=now)
    assert judge(signed, "izin.pdf", accepts=("application/pdf",), max_bytes=2**20) == "application/pdf"
