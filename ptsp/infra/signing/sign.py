"""Signing a document: PAdES baseline B-B, certified so that no change at all is allowed afterwards."""

import io
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ptsp.infra.signing.envelope import lower_form
from ptsp.infra.signing.keys import Signer

FIELD = "Tanda_Tangan"


class _DatedSigner(PdfSigner):
    """The library takes the machine's clock; here time is an argument, as everywhere."""

    def __init__(self, now: datetime, *details: Any) -> None:
        super().__init__(*details)
        self._now = now

    def init_signing_session(self, *details: Any, **more: Any) -> PdfSigningSession:
        session = super().init_signing_session(*details, **more)
        session.system_time = self._now
        return session


class _Pen(SimpleSigner):
    """Writes each signature in the one form that `ptsp.infra.signing.envelope` accepts."""

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        return lower_form(super().sign_raw(data, digest_algorithm))


def sign(pdf: bytes, signer: Signer, *, reason: str, now: datetime) -> bytes:
    """The signed document, about 10 kB longer. `now` is aware and is what the signature says of its time.

    No time-stamp authority is asked and nothing is fetched: the time is the signer's own word, and the
    register's entry is what counts.
    """
    details = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
    )
    chain = SimpleCertificateStore.from_certs([signer.authority])
    pen = _Pen(signing_cert=signer.certificate, signing_key=signer.key, cert_registry=chain)
    out = _DatedSigner(now, details, pen).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    signed: bytes = out.getvalue()
    return signed
