"""The signing keys of an installation: one authority and one certificate per tenant, made on first use.

These are test certificates. An office that signs with legal force puts a certificate of a recognised
provider in their place; nothing outside this package would change.
"""

import fcntl
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ptsp.kernel.errors import Fault, Invalid

_TENANT = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_ORGANISATION = "PTSP - sertifikat uji (test certificate)"
_MARK = "ptsp:"  # stands before the tenant's code in the certificate's organisational unit
_AUTHORITY_DAYS = 365 * 30
_SIGNER_DAYS = 365 * 10
_EARLIER = timedelta(days=365)  # the authority reaches back, so that a clock set wrong once does no harm
_KEY_BEGIN = b"-----BEGIN PRIVATE " + b"KEY-----"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom this installation believes: its own authority and nobody else."""

    authority: asn1_x509.Certificate


@dataclass(frozen=True, slots=True)
class Signer:
    """One tenant's key with its certificate and the authority above it. Never printed, never logged."""

    tenant: str
    key: asn1_keys.PrivateKeyInfo
    certificate: asn1_x509.Certificate
    authority: asn1_x509.Certificate

    def __repr__(self) -> str:
        return f"Signer({self.tenant!r})"


@dataclass(frozen=True, slots=True)
class _Pair:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def ensure_trust(folder: Path, now: datetime) -> Trust:
    """The authority of this folder, made now if there is none yet."""
    return Trust(_asn1(_ensure_authority(folder, now).certificate))


def ensure_keys(folder: Path, tenant: str, subject: str, now: datetime) -> Signer:
    """The tenant's signer, made on first use, when its certificate ran out, or when `subject` has changed.

    folder: made 0700; each key file is 0600 and appears whole or not at all. Any number of processes may
    call this at once: one makes the key, the others read it.
    subject: the office's name as the certificate shows it; cut at 64 characters (RFC 5280).
    now: aware. Raises Invalid with the field `tenant` or `subject`.
    """
    if not _TENANT.fullmatch(tenant):
        raise Invalid([Fault("tenant", f"{tenant!r} is not a tenant code")])
    name = subject.strip()[:64].strip()
    if not name:
        raise Invalid([Fault("subject", "the name of the office is missing")])
    authority = _ensure_authority(folder, now)
    path = folder / f"{tenant}.pem"
    pair = _read(path)
    if pair is None or not _fits(pair, authority, name, now):
        with _locked(folder):
            pair = _read(path)
            if pair is None or not _fits(pair, authority, name, now):
                pair = _issue(authority, tenant, name, now)
                _write(path, pair)
    return Signer(tenant, _asn1_key(pair.key), _asn1(pair.certificate), _asn1(authority.certificate))


def tenant_of(certificate: asn1_x509.Certificate) -> str | None:
    """Which tenant a certificate was made for, or None when it is not one of ours."""
    unit = certificate.subject.native.get("organizational_unit_name")
    if not isinstance(unit, str) or not unit.startswith(_MARK):
        return None
    return unit.removeprefix(_MARK)


def _ensure_authority(folder: Path, now: datetime) -> _Pair:
    path = folder / "authority" / "authority.pem"
    pair = _read(path)
    if pair is not None:
        return pair
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    with _locked(folder):
        pair = _read(path)
        if pair is None:
            pair = _make_authority(now)
            _write(path, pair)
    return pair


def _make_authority(now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"PTSP {uuid.uuid4().hex[:8]}", unit="authority")
    usage = _usage(signs_certificates=True)
    certificate = (
        _builder(name, name, key.public_key(), now - _EARLIER, now + timedelta(days=_AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return _Pair(key, certificate)


def _issue(authority: _Pair, tenant: str, subject: str, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    until = min(now + timedelta(days=_SIGNER_DAYS), issuer.not_valid_after_utc)
    certificate = (
        _builder(
            _name(subject, unit=f"{_MARK}{tenant}"),
            issuer.subject,
            key.public_key(),
            now - timedelta(days=1),
            until,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
        )
        .sign(authority.key, hashes.SHA256())
    )
    return _Pair(key, certificate)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common: str, *, unit: str) -> x509.Name:
    parts = (
        (NameOID.COUNTRY_NAME, "ID"),
        (NameOID.ORGANIZATION_NAME, _ORGANISATION),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, common),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _fits(pair: _Pair, authority: _Pair, subject: str, now: datetime) -> bool:
    certificate = pair.certificate
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    in_time = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - timedelta(days=1)
    return in_time and common == subject and certificate.issuer == authority.certificate.subject


def _read(path: Path) -> _Pair | None:
    """Key and certificate stand in one file, so that they can only be replaced together."""
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        return None
    key = serialization.load_pem_private_key(pem[pem.index(_KEY_BEGIN) :], password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Invalid([Fault(path.name, "the key is not an elliptic-curve key")])
    return _Pair(key, x509.load_pem_x509_certificate(pem))


def _write(path: Path, pair: _Pair) -> None:
    draft = path.with_name(f".{uuid.uuid4().hex}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pair.certificate.public_bytes(serialization.Encoding.PEM))
        file.write(
            pair.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process makes keys; the lock goes with the process, so a crash leaves nothing behind."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _asn1_key(key: ec.EllipticCurvePrivateKey) -> asn1_keys.PrivateKeyInfo:
    return asn1_keys.PrivateKeyInfo.load(
        key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
