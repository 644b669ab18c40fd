"""Whether a document is exactly what one of our offices signed. Anything doubtful is refused, with reasons."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import structlog
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from ptsp.infra.signing.envelope import is_ours
from ptsp.infra.signing.keys import Trust, tenant_of
from ptsp.kernel.specs import Text

_log = structlog.get_logger()
MAX_BYTES = 20 * 1024 * 1024
_MARK = "ptsp:"  # stands before the verification code in the document's subject


class Flaw(StrEnum):
    """Why a document is not accepted; stable words for machines."""

    NOT_A_PDF = "not_a_pdf"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"
    UNSIGNED = "unsigned"
    SEVERAL_SIGNATURES = "several_signatures"
    ALTERED = "altered"
    EXTENDED = "extended"
    NOT_SEALED = "not_sealed"
    UNKNOWN_SIGNER = "unknown_signer"
    NO_CODE = "no_code"
    OTHER_OFFICE = "other_office"


ANOTHERS = frozenset(
    {Flaw.UNKNOWN_SIGNER, Flaw.NOT_SEALED, Flaw.OTHER_OFFICE}
)  # what another's signature is like

TEXTS: dict[Flaw, Text] = {
    Flaw.NOT_A_PDF: {"id": "Berkas ini bukan PDF.", "en": "This file is not a PDF."},
    Flaw.TOO_LARGE: {
        "id": "Berkas ini lebih besar daripada dokumen mana pun yang kami terbitkan.",
        "en": "This file is larger than any document we issue.",
    },
    Flaw.DAMAGED: {
        "id": "Berkas ini rusak sehingga tanda tangannya tidak dapat diperiksa.",
        "en": "This file is damaged, so that its signature cannot be checked.",
    },
    Flaw.UNSIGNED: {
        "id": "Dokumen ini tidak memuat tanda tangan elektronik.",
        "en": "This document holds no electronic signature.",
    },
    Flaw.SEVERAL_SIGNATURES: {
        "id": "Dokumen ini memuat lebih dari satu tanda tangan; dokumen kami memuat tepat satu.",
        "en": "This document holds more than one signature; ours hold exactly one.",
    },
    Flaw.ALTERED: {
        "id": "Isi dokumen telah diubah setelah ditandatangani.",
        "en": "The document was changed after it was signed.",
    },
    Flaw.EXTENDED: {
        "id": "Ada data yang ditambahkan setelah dokumen ditandatangani.",
        "en": "Data was added after the document was signed.",
    },
    Flaw.NOT_SEALED: {
        "id": "Tanda tangan dokumen ini masih mengizinkan perubahan, tidak seperti dokumen kami.",
        "en": "The signature of this document allows changes, unlike ours.",
    },
    Flaw.UNKNOWN_SIGNER: {
        "id": "Penanda tangan dokumen ini bukan kantor yang kami kenal.",
        "en": "This document was not signed by an office we know.",
    },
    Flaw.NO_CODE: {
        "id": "Dokumen ini tidak memuat kode pemeriksaan.",
        "en": "This document holds no verification code.",
    },
    Flaw.OTHER_OFFICE: {
        "id": "Dokumen ini ditandatangani oleh kantor lain daripada yang menerbitkan kodenya.",
        "en": "This document was signed by another office than the one its code belongs to.",
    },
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`valid`, or why not. Code, tenant and time are given only when valid: of a forgery nothing is believed.

    `claimed` is the code in an intact document that was signed by nobody of ours, such as an officer through a
    service: it counts only where the register names this very file.
    `reasons` are words of `Flaw`; `texts` the same for people. `signed_at` is the signer's own word.
    """

    valid: bool
    reasons: tuple[str, ...] = ()
    code: str | None = None
    tenant: str | None = None
    signed_at: datetime | None = None
    claimed: str | None = None

    @property
    def texts(self) -> tuple[Text, ...]:
        return tuple(TEXTS[Flaw(reason)] for reason in self.reasons)


def verify(pdf: bytes, trust: Trust, *, now: datetime) -> Verdict:
    """Accept a document only when all of this holds; any exception on the way is a refusal.

    Exactly one signature; it covers every byte of the file; it certifies that no change is allowed; it is
    intact and in the one form we write; its certificate was made by our authority and is in force at `now`
    (aware); and the code in the document belongs to the tenant of that certificate. Nothing is fetched from
    any network.
    """
    if not pdf.startswith(b"%PDF-"):
        return _refused(Flaw.NOT_A_PDF)
    if len(pdf) > MAX_BYTES:
        return _refused(Flaw.TOO_LARGE)
    try:
        return _verify(pdf, trust, now)
    except Exception as error:  # whatever a hostile file makes the parser raise, it is not accepted
        _log.info("document_unreadable", kind=type(error).__name__)
        return _refused(Flaw.DAMAGED)


def _verify(pdf: bytes, trust: Trust, now: datetime) -> Verdict:
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    signatures = list(reader.embedded_signatures)
    if not signatures:
        return _refused(Flaw.UNSIGNED)
    if len(signatures) > 1:
        return _refused(Flaw.SEVERAL_SIGNATURES)
    signature = signatures[0]
    context = ValidationContext(
        trust_roots=[trust.authority], allow_fetching=False, moment=now, best_signature_time=now
    )
    status = validate_pdf_signature(signature, signer_validation_context=context)
    code = _code(reader)
    tenant = tenant_of(signature.signer_cert)
    flaws = tuple(_flaws(pdf, signature, status)) + tuple(_code_flaws(code, tenant))
    if not flaws and not is_ours(_contents(pdf, signature), signature.signer_cert, trust.authority):
        flaws = (Flaw.ALTERED,)
    if flaws or not status.bottom_line:
        is_anothers = Flaw.UNKNOWN_SIGNER in flaws and ANOTHERS.issuperset(flaws)
        return replace(_refused(*(flaws or (Flaw.DAMAGED,))), claimed=code if is_anothers else None)
    return Verdict(valid=True, code=code, tenant=tenant, signed_at=signature.self_reported_timestamp)


def _flaws(pdf: bytes, signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> Iterator[Flaw]:
    is_intact = status.intact and status.valid
    if not is_intact:
        yield Flaw.ALTERED
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE or not _covers_all(pdf, signature):
        yield Flaw.EXTENDED
    if signature.docmdp_level != MDPPerm.NO_CHANGES:
        yield Flaw.NOT_SEALED
    if not status.docmdp_ok:
        yield Flaw.ALTERED
    if is_intact and not status.trusted:  # of a broken signature nobody is the signer
        yield Flaw.UNKNOWN_SIGNER


def _covers_all(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Reckoned again by ourselves: the two signed ranges and the signature between them are the whole file."""
    start, first, second, rest = (int(number) for number in signature.byte_range)
    return start == 0 and first < second and second + rest == len(pdf)


def _contents(pdf: bytes, signature: EmbeddedPdfSignature) -> bytes:
    """What stands between the signed ranges: by the standard, the signature as one hexadecimal string."""
    _, first, second, _ = (int(number) for number in signature.byte_range)
    return pdf[first:second]


def _code_flaws(code: str | None, tenant: str | None) -> Iterator[Flaw]:
    if code is None:
        yield Flaw.NO_CODE
    elif code.partition(".")[0] != tenant:
        yield Flaw.OTHER_OFFICE


def _code(reader: PdfFileReader) -> str | None:
    """The verification code, `<tenant>.<random>`, from the document's subject."""
    subject = str(reader.trailer_view["/Info"].get("/Subject", "")) if "/Info" in reader.trailer else ""
    code = subject.removeprefix(_MARK)
    return code if subject.startswith(_MARK) and code else None


def _refused(*flaws: Flaw) -> Verdict:
    return Verdict(valid=False, reasons=tuple(dict.fromkeys(flaws)))
