"""Time-stamps (RFC 3161) over the office's signatures: whether a third party saw them, and when."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from ptsp.verifier.certificates import UNREADABLE, Certificate, is_issued, load, path_to
from ptsp.verifier.heads import Head
from ptsp.verifier.report import Report

HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
EARLIER = timedelta(minutes=5)  # so far the authority's clock may be behind ours
LATE = timedelta(days=1)  # a stamp that comes later says little of the day of its head
Asn1 = Any  # the library has no types


class Bad(Exception):
    """Its message is a code of `words.WORDS`."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a token says, and who says it. `strange` are certificates in it that nobody present has issued."""

    at: datetime
    signer: Certificate
    others: Sequence[Certificate]
    strange: int


def check_stamps(heads: Sequence[Head], trusted: Sequence[Certificate], report: Report) -> list[str]:
    """Note whatever is wrong with any time-stamp; gives the days on which somebody trusted has stamped."""
    stamps: dict[str, Stamp] = {}
    good: list[str] = []
    for head in heads:
        if head.token is None:
            continue
        try:
            one = _read(head.token, head.signature, head.made_at)
            is_trusted = path_to(one.signer, one.others, trusted, one.at) is not None
        except Bad as bad:
            report.fault(str(bad), head.day)
        except UNREADABLE:  # whatever stands there, it is no token
            report.fault("stamp_form", head.day)
        else:
            stamps[head.day] = one
            good += [head.day] if is_trusted else []
    for day in sorted(stamps.keys() - set(good)) if good else ():
        report.fault("stamp_untrusted", day)
    _note_unchecked(heads, stamps, good, report)
    return good


def _note_unchecked(
    heads: Sequence[Head], stamps: dict[str, Stamp], good: Sequence[str], report: Report
) -> None:
    missing = [head.day for head in heads if head.token is None]
    if missing:
        report.unchecked("no_stamp", days(missing))
    if stamps and not good:
        report.unchecked("no_stamp_trust", days(list(stamps)))
    late = [
        f"{head.day}: {stamps[head.day].at.isoformat()}"
        for head in heads
        if head.day in stamps and stamps[head.day].at > head.made_at + LATE and head.day in good
    ]
    if late:
        report.unchecked("stamp_late", days(late))
    strange = [day for day, one in stamps.items() if one.strange]
    if strange:
        report.unchecked("stamp_strange", days(strange))
    report.stamped = len(good)


def days(found: Sequence[str]) -> str:
    """Some days in short: all of few, the ends of many."""
    return ", ".join(found) if len(found) < 4 else f"{found[0]} ... {found[-1]} ({len(found)})"


def _read(der: bytes, signature: bytes, made_at: datetime) -> Stamp:
    """Everything about a token but whether its signer is trusted. Raises Bad, or what the parser raises."""
    token = cms.ContentInfo.load(der, strict=True)
    signed: Asn1 = token["content"]
    (info,) = signed["signer_infos"]
    content: Asn1 = signed["encap_content_info"]["content"]
    _check_form(der, token, signed, info)
    certificates = [load(one.chosen.dump()) for one in signed["certificates"]]
    signer = _signer(info, signed, certificates)
    _check_signature(info, content, signer)
    said: Asn1 = tsp.TSTInfo.load(bytes(content), strict=True)
    imprint = said["message_imprint"]
    of = (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native)
    if of != ("sha256", hashlib.sha256(signature).digest()):
        raise Bad("stamp_other")
    at: datetime = said["gen_time"].native
    if at < made_at - EARLIER:
        raise Bad("stamp_early")
    others = [one for one in certificates if one != signer]
    known = [signer, *others]
    strange = sum(not any(is_issued(one, up) for up in known) for one in others)
    return Stamp(at, signer, others, strange)


def _check_form(der: bytes, token: Asn1, signed: Asn1, info: Asn1) -> None:
    """What no signature covers must be empty, or just as it has to be."""
    digest = info["digest_algorithm"]
    plain = (
        token.dump(force=True) == der
        and signed["version"].native == "v3"
        and [one.dump() for one in signed["digest_algorithms"]] == [digest.dump()]
        and signed["encap_content_info"]["content_type"].native == "tst_info"
        and isinstance(signed["crls"], core.Void)
        and isinstance(info["unsigned_attrs"], core.Void)
        and info["version"].native == ("v1" if info["sid"].name == "issuer_and_serial_number" else "v3")
        and isinstance(digest["parameters"], core.Void | core.Null)
    )
    if not plain:
        raise Bad("stamp_form")


def _signer(info: Asn1, signed: Asn1, certificates: Sequence[Certificate]) -> Certificate:
    """The certificate that the token names, of somebody who may stamp time."""
    named = [load(one.chosen.dump()) for one in signed["certificates"] if _is_named(info["sid"], one.chosen)]
    if len(named) != 1 or named[0] not in certificates:
        raise Bad("stamp_form")
    try:
        usage = named[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        raise Bad("stamp_usage") from None
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Bad("stamp_usage")
    return named[0]


def _is_named(sid: Asn1, one: Asn1) -> bool:
    if sid.name == "issuer_and_serial_number":
        return bool(
            sid.chosen["issuer"].dump() == one.issuer.dump()
            and sid.chosen["serial_number"].native == one.serial_number
        )
    return bool(sid.chosen.native == one.key_identifier)


def _check_signature(info: Asn1, content: Asn1, signer: Certificate) -> None:
    attributes = {one["type"].native: one["values"] for one in info["signed_attrs"]}
    hash_ = HASHES[info["digest_algorithm"]["algorithm"].native]()
    digest = hashlib.new(hash_.name, bytes(content)).digest()
    is_about = (
        attributes["content_type"][0].native == "tst_info"
        and attributes["message_digest"][0].native == digest
        and len(attributes) == len(info["signed_attrs"])
    )
    if not is_about or not _names_certificate(attributes, signer):
        raise Bad("stamp_signature")
    try:
        _verify(signer, info["signature_algorithm"], info["signature"].native, _to_sign(info), hash_)
    except InvalidSignature:
        raise Bad("stamp_signature") from None


def _to_sign(info: Asn1) -> bytes:
    """The signed attributes as a SET of their own (RFC 5652, 5.4)."""
    der: bytes = info["signed_attrs"].untag().dump()
    return der


def _names_certificate(attributes: dict[str, Asn1], signer: Certificate) -> bool:
    """Whether the signed attributes name the very certificate (RFC 2634, RFC 5035)."""
    der = signer.public_bytes(serialization.Encoding.DER)
    if "signing_certificate_v2" in attributes:
        one = attributes["signing_certificate_v2"][0]["certs"][0]
        name = one["hash_algorithm"]["algorithm"].native
        return bool(hashlib.new(name, der).digest() == one["cert_hash"].native)
    one = attributes["signing_certificate"][0]["certs"][0]
    return bool(hashlib.sha1(der, usedforsecurity=False).digest() == one["cert_hash"].native)


def _verify(
    signer: Certificate,
    algorithm: algos.SignedDigestAlgorithm,
    signature: bytes,
    signed: bytes,
    hash_: hashes.HashAlgorithm,
) -> None:
    """Raises InvalidSignature, or Bad for an algorithm that we do not know."""
    key, kind = signer.public_key(), algorithm.signature_algo
    if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
        _check_plain(algorithm, hash_)
        key.verify(signature, signed, padding.PKCS1v15(), hash_)
    elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pss":
        salt = algorithm["parameters"]["salt_length"].native
        key.verify(signature, signed, padding.PSS(padding.MGF1(hash_), salt), hash_)
    elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
        _check_plain(algorithm, hash_)
        key.verify(signature, signed, ec.ECDSA(hash_))
    else:
        raise Bad("stamp_algorithm")


def _check_plain(algorithm: Asn1, hash_: hashes.HashAlgorithm) -> None:
    """The name of the algorithm may say the hash again, and then it has to be the same."""
    name = algorithm["algorithm"].native
    says = name in ("rsassa_pkcs1v15", "ecdsa") or algorithm.hash_algo == hash_.name
    if not says or not isinstance(algorithm["parameters"], core.Void | core.Null):
        raise Bad("stamp_form")
