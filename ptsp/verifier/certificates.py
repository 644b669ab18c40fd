"""Certificates: who was issued by whom, and whom the auditor trusts."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization

Certificate = x509.Certificate
LONGEST_PATH = 8


def read_trusted(paths: Sequence[Path]) -> list[Certificate]:
    """All certificates (PEM) of these files. Raises OSError, or ValueError for a file without any."""
    return [one for path in paths for one in x509.load_pem_x509_certificates(path.read_bytes())]


# What the two libraries raise for bytes that somebody made up.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, UnsupportedAlgorithm)


def load(der: bytes) -> Certificate:
    return x509.load_der_x509_certificate(der)


def is_issued(one: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key signed it, and the issuer may sign certificates."""
    try:
        one.verify_directly_issued_by(issuer)
        return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (*UNREADABLE, InvalidSignature, x509.ExtensionNotFound):
        return False


def is_in_force(one: Certificate, at: datetime) -> bool:
    return one.not_valid_before_utc <= at <= one.not_valid_after_utc


def path_to(
    one: Certificate, others: Sequence[Certificate], trusted: Sequence[Certificate], at: datetime
) -> list[Certificate] | None:
    """From `one` to somebody trusted, each issued by the next and in force at `at`; None if there is no such path."""
    path = [one]
    while is_in_force(path[-1], at) and len(path) < LONGEST_PATH:
        if path[-1] in trusted:
            return path
        above = next(
            (up for up in [*trusted, *others] if up not in path and is_issued(path[-1], up)),
            None,
        )
        if above is None:
            return None
        path.append(above)
    return None


def fingerprint(one: Certificate) -> str:
    return one.fingerprint(hashes.SHA256()).hex()


def as_pem(ones: Sequence[Certificate]) -> bytes:
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in ones)
