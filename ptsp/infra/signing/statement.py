"""Statements: short texts that an office signs as a whole, in a signature of its own (CMS, detached, RFC 5652).

Anybody can look at one: `openssl cms -verify -binary -inform DER -in S.p7s -content S.json -CAfile authority.pem`.
"""

from datetime import datetime

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7

from ptsp.infra.signing.keys import Signer, Trust, tenant_of
from ptsp.infra.signing.verify import Flaw, Verdict

# Nothing but the bytes themselves is signed: what it says of its time and its office stands in the statement.
_FORM = (pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoAttributes)
_KEY_TYPES = (ec.EllipticCurvePrivateKey,)


def sign_statement(statement: bytes, signer: Signer) -> bytes:
    """The signature (DER), with the signer's certificate and the authority's in it; about 1.4 kB."""
    key = serialization.load_der_private_key(signer.key.dump(), password=None)
    assert isinstance(key, _KEY_TYPES)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(statement)
    builder = builder.add_signer(_certificate(signer.certificate), key, hashes.SHA256())
    return builder.add_certificate(_certificate(signer.authority)).sign(
        serialization.Encoding.DER, list(_FORM)
    )


def verify_statement(statement: bytes, signature: bytes, trust: Trust, *, now: datetime) -> Verdict:
    """Accept it only when one of our offices signed these very bytes; the verdict then names the `tenant`.

    `now` (aware) is when its certificate has to be in force: what the statement says of its own time. Whether the
    statement speaks of that office is for the caller to compare.
    """
    try:
        signed = cms.ContentInfo.load(signature, strict=True)["content"]
        (info,) = signed["signer_infos"]
        if signed["encap_content_info"]["content"].native is not None or info["signed_attrs"].native:
            return _refused(Flaw.DAMAGED)
        serial = info["sid"].chosen["serial_number"].native
        (signer,) = (one.chosen for one in signed["certificates"] if one.chosen.serial_number == serial)
        certificate, authority = _certificate(signer), _certificate(trust.authority)
        raw = info["signature"].native
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        UnsupportedAlgorithm,
    ):  # it is no signature of ours
        return _refused(Flaw.DAMAGED)
    if not _was_issued(certificate, authority, now) or signer.ca:
        return _refused(Flaw.UNKNOWN_SIGNER)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(raw, statement, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return _refused(Flaw.ALTERED)
    return Verdict(valid=True, tenant=tenant_of(signer))


def authority_pem(trust: Trust) -> bytes:
    """The certificate by which anybody can verify what our offices sign."""
    return _certificate(trust.authority).public_bytes(serialization.Encoding.PEM)


def _was_issued(certificate: x509.Certificate, authority: x509.Certificate, now: datetime) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
        key = certificate.public_key()
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    in_force = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc
    return in_force and isinstance(key, ec.EllipticCurvePublicKey)


def _certificate(ours: object) -> x509.Certificate:
    """The same certificate for the other library."""
    return x509.load_der_x509_certificate(ours.dump())  # type: ignore[attr-defined]


def _refused(flaw: Flaw) -> Verdict:
    return Verdict(valid=False, reasons=(flaw.value,))
