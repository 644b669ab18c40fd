"""The contract of signing services (style `signing`): a person's passphrase signs documents, and is kept nowhere."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from ptsp.sdk.errors import RefusedByAgency

LARGEST = 20 * 1024 * 1024


class SignerState(StrEnum):
    """What the service says of a signer's certificate."""

    ACTIVE = "active"
    UNKNOWN = "unknown"  # not registered
    EXPIRED = "expired"
    UNUSABLE = "unusable"  # not issued yet, suspended or revoked


class Refusal(StrEnum):
    """Why nothing was signed, for sure."""

    PASSPHRASE = "passphrase"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    UNUSABLE = "unusable"
    DOCUMENT = "document"
    OTHER = "other"


BEARS_ON_SIGNER = frozenset({Refusal.PASSPHRASE, Refusal.UNKNOWN, Refusal.EXPIRED, Refusal.UNUSABLE})


class NotSigned(RefusedByAgency):
    """The service understood and signed nothing. No text of it holds what was sent."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"nothing was signed ({refusal})")
        self.refusal = refusal


class Phrase:
    """A passphrase in the memory of one request: no text, repr, pickle or comparison of it shows it."""

    __slots__ = ("reveal",)

    def __init__(self, typed: str) -> None:
        self.reveal: Callable[[], str] = lambda: typed

    def __repr__(self) -> str:
        return "Phrase(...)"

    def __reduce__(self) -> str:
        raise TypeError("a passphrase is written down nowhere")


@dataclass(frozen=True, slots=True)
class Look:
    """How a signature looks: not at all, or a box on a page, in points from the lower left, with a code of `link`."""

    link: str = ""
    page: int = 1
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0

    @property
    def is_visible(self) -> bool:
        return self.width > 0 and self.height > 0


INVISIBLE = Look()


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed document, and the service's own number of it, empty where it gave none."""

    document: bytes = field(repr=False)
    ref: str


class SigningConnector(Protocol):
    """What a connector of style `signing` offers.

    A service knows no keys. What was sent and not answered is signed again from the unsigned document, or fetched by
    its number: two signatures may then stand on two copies, and only the one that is issued ever leaves the office.
    """

    def check(self) -> None:
        """Raise Misconfigured if the settings cannot work. Signs nothing."""

    def state(self, nik: str) -> SignerState:
        """How it stands with a signer."""

    def sign(self, document: bytes, *, nik: str, passphrase: Phrase, look: Look = INVISIBLE) -> Signed:
        """Sign a PDF that is neither signed nor encrypted. Raises NotSigned, TryLater, Misconfigured.

        What is returned has been found to be this document, extended by one signature over the whole file.
        """

    def download(self, ref: str) -> bytes:
        """The signed document again, by its number. Raises RefusedByAgency for an unknown one."""


def is_signable(document: bytes) -> bool:
    """Is it a PDF that is neither signed nor encrypted?"""
    try:
        reader = PdfFileReader(io.BytesIO(document), strict=True)
        return not reader.encrypted and not list(reader.embedded_signatures)
    except Exception:  # whatever a broken file makes the parser raise, it is not signed
        return False


def flaw(original: bytes, signed: bytes) -> str:
    """Why `signed` is not `original` with one intact signature over the whole file; empty if it is.

    Whose certificate it is is the service's word: its line is known and its password shared. That nothing else was
    signed is not.
    """
    if len(signed) > LARGEST or not signed.startswith(b"%PDF-"):
        return "it is no PDF, or too large"
    if not signed.startswith(original) or len(signed) == len(original):
        return "it is not the document that was sent"
    try:
        reader = PdfFileReader(io.BytesIO(signed), strict=True)
        signatures = list(reader.embedded_signatures)
        if len(signatures) != 1:
            return "it does not hold exactly one signature"
        return "" if _is_whole(signed, signatures[0]) else "its signature is broken, or leaves bytes out"
    except Exception:  # whatever a broken file makes the parser raise, it does not count
        return "it cannot be read"


def _is_whole(signed: bytes, signature: EmbeddedPdfSignature) -> bool:
    intact, valid = validate_sig_integrity(
        signature.signer_info, signature.signer_cert, "data", signature.compute_digest()
    )
    start, first, second, rest = (int(number) for number in signature.byte_range)
    covers = start == 0 and first < second and second + rest == len(signed)
    whole = signature.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE
    return intact and valid and covers and whole
