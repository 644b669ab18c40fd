"""Who vouches for an archive of a pack: an Ed25519 signature beside it, by a key that this installation trusts.

Signed is `ptsp-pack-signature-v1`, a line break, and the SHA-256 of the archive in hexadecimal digits. The signature
file is JSON: the key's number (the first 16 digits of the SHA-256 of the public key) and the signature in base64.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ptsp.kernel.errors import Fault, Forbidden, Invalid

PURPOSE = b"ptsp-pack-signature-v1\n"
MOST_BYTES = 4096  # of a signature file
_BLOCK = re.compile(rb"-----BEGIN (PUBLIC KEY|CERTIFICATE)-----.*?-----END \1-----", re.DOTALL)

Trusted = Mapping[str, "Signer"]


class Signer:
    """A trusted key: a bare one, or that of a certificate, which is good for as long as the certificate says."""

    def __init__(self, key: Ed25519PublicKey, certificate: x509.Certificate | None = None) -> None:
        self.key = key
        self.certificate = certificate

    @property
    def name(self) -> str:
        """The certificate's subject, or the number of the key."""
        return (
            self.certificate.subject.rfc4514_string() if self.certificate else f"key {key_number(self.key)}"
        )

    def is_good(self, now: datetime) -> bool:
        one = self.certificate
        return one is None or one.not_valid_before_utc <= now <= one.not_valid_after_utc


def signature_path(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.sig")


def key_number(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def read_key(path: Path) -> Ed25519PrivateKey:
    """A private key in PEM without a password. Raises Invalid."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Invalid(
            [Fault("key", f"{path} holds no private key in PEM that can be read: {error}")]
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Invalid([Fault("key", f"{path} holds no Ed25519 key (openssl genpkey -algorithm ed25519)")])
    return key


def read_signers(path: Path) -> Trusted:
    """The trusted keys of a file: public keys and certificates in PEM, one after another. Raises Invalid."""
    try:
        blocks = [found[0] for found in _BLOCK.finditer(path.read_bytes())]
    except OSError as error:
        raise Invalid([Fault("signers", f"{path} cannot be read: {error}")]) from error
    signers = [_signer(block, path) for block in blocks]
    if not signers:
        raise Invalid([Fault("signers", f"{path} holds no public key and no certificate in PEM")])
    return {key_number(one.key): one for one in signers}


def sign(archive: bytes, key: Ed25519PrivateKey) -> bytes:
    """The signature file of an archive."""
    signed = base64.b64encode(key.sign(_message(archive))).decode()
    return json.dumps({"key": key_number(key.public_key()), "signature": signed}).encode() + b"\n"


def verify(archive: bytes, signature: bytes, trusted: Trusted, *, now: datetime, name: str) -> str:
    """Who signed the archive. Raises Forbidden where it was nobody we trust, or the archive is another one by now."""
    number, signed = _read_signature(signature, name)
    signer = trusted.get(number)
    if signer is None:
        raise Forbidden(f"{name} is signed with the key {number}, which is not trusted here")
    if not signer.is_good(now):
        raise Forbidden(f"{name} is signed by {signer.name}, whose certificate is not valid now")
    try:
        signer.key.verify(signed, _message(archive))
    except InvalidSignature as error:
        raise Forbidden(f"{name} is not what {signer.name} signed: it was altered") from error
    return signer.name


def _message(archive: bytes) -> bytes:
    return PURPOSE + hashlib.sha256(archive).hexdigest().encode()


def _read_signature(signature: bytes, name: str) -> tuple[str, bytes]:
    try:
        read = json.loads(signature) if len(signature) <= MOST_BYTES else None
        return str(read["key"]), base64.b64decode(read["signature"], validate=True)  # type: ignore[index]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise Forbidden(f"the signature of {name} cannot be read") from error


def _signer(block: bytes, path: Path) -> Signer:
    try:
        certificate = x509.load_pem_x509_certificate(block) if b"CERTIFICATE" in block else None
        key = certificate.public_key() if certificate else load_pem_public_key(block)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid([Fault("signers", f"{path} holds a key that cannot be read: {error}")]) from error
    if not isinstance(key, Ed25519PublicKey):
        raise Invalid([Fault("signers", f"{path} holds a key that is not Ed25519")])
    return Signer(key, certificate)
