"""The office's signature over a statement: CMS, detached, in the one form that it is written in."""

from collections.abc import Sequence

from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ptsp.verifier.archive import Archive
from ptsp.verifier.certificates import (
    UNREADABLE,
    Certificate,
    as_pem,
    fingerprint,
    is_in_force,
    is_issued,
    load,
)
from ptsp.verifier.heads import Head
from ptsp.verifier.report import Report

MARK = "ptsp:"  # stands before the office's code in its certificate


def check_signatures(
    archive: Archive, heads: Sequence[Head], trusted: Sequence[Certificate], report: Report
) -> None:
    """Note whatever is wrong with any signature, and whom we would have to believe."""
    tenant = archive.about["tenant"]
    used: dict[str, Certificate] = {}
    for head in heads:
        try:
            signer, authority = _opened(head.signature)
            code = _fault(head, tenant, signer, authority)
        except UNREADABLE:  # whatever stands there, it is no signature of ours
            report.fault("signature_form", head.day)
            continue
        used |= {fingerprint(one): one for one in (signer, authority)}
        report.authorities.add(fingerprint(authority))
        if code is None and trusted and authority not in trusted:
            code = "signature_untrusted"
        if code:
            report.fault(code, head.day)
    if archive.certificates() != as_pem([used[name] for name in sorted(used)]):
        report.fault("certificates")
    if heads and not trusted:
        report.unchecked("no_trust", ", ".join(sorted(report.authorities)))


def _fault(head: Head, tenant: str, signer: Certificate, authority: Certificate) -> str | None:
    key = signer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return "signature_form"
    try:
        info = cms.ContentInfo.load(head.signature)["content"]["signer_infos"][0]
        key.verify(info["signature"].native, head.statement, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "signature"
    if not is_issued(signer, authority) or not is_issued(authority, authority):
        return "signature_issuer"
    units = signer.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    if [unit.value for unit in units] != [f"{MARK}{tenant}"]:
        return "signature_other"
    if not is_in_force(signer, head.made_at) or not is_in_force(authority, head.made_at):
        return "signature_expired"
    return None


def _opened(signature: bytes) -> tuple[Certificate, Certificate]:
    """The signer and its authority. Raises ValueError, TypeError or KeyError unless it is exactly as we write it."""
    signed = cms.ContentInfo.load(signature, strict=True)["content"]
    (info,) = signed["signer_infos"]
    first, second = (one.chosen for one in signed["certificates"])
    signer, authority = (first, second) if second.ca else (second, first)
    if _written(info["signature"].native, signer, authority) != signature:
        raise ValueError("not in the form that signatures are written in")
    return load(signer.dump()), load(authority.dump())


def _written(raw: bytes, signer: asn1_x509.Certificate, authority: asn1_x509.Certificate) -> bytes:
    """The whole signature built anew around the bytes of its key's signature."""
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    number = {"issuer": signer.issuer, "serial_number": signer.serial_number}
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(number)}),
        "digest_algorithm": digest,
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        "signature": raw,
    }
    content = {
        "version": "v1",
        "digest_algorithms": [digest],
        "encap_content_info": {"content_type": "data"},
        "certificates": [signer, authority],
        "signer_infos": [cms.SignerInfo(info)],
    }
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump()
    return der
