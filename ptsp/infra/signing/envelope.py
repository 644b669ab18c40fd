"""The one form in which our signatures are written, so that no other form of the same signature passes.

A signature can be rewritten without breaking it: another encoding, an extra certificate, an unsigned
attribute, other bytes in the padding, the mirror value of an ECDSA signature. None of that changes what
was signed, but a file that differs from the issued one in any byte shall be refused.
"""

from asn1crypto import algos, cms, parser, x509

# Order of the group of NIST P-256 (FIPS 186-4, D.1.2.3): s and ORDER - s are both valid; ours is the lower.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SET = 17  # the ASN.1 tag


def lower_form(signature: bytes) -> bytes:
    """The same ECDSA signature (DER of r and s) with the lower of the two possible values of s."""
    parts = algos.DSASignature.load(signature)
    r, s = parts["r"].native, parts["s"].native
    der: bytes = algos.DSASignature({"r": r, "s": min(s, ORDER - s)}).dump()
    return der


def is_ours(contents: bytes, signer: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether `contents`, the hexadecimal string with its brackets, is byte for byte what `sign` writes.

    What the signature protects (signed attributes) and the signature itself are taken from it; everything
    around them is built anew and compared.
    """
    raw = bytes.fromhex(contents[1:-1].decode("ascii"))
    given = cms.ContentInfo.load(raw)
    expected = _rebuild(given["content"]["signer_infos"][0], signer, authority)
    return contents == b"<" + expected.hex().upper().encode().ljust(len(contents) - 2, b"0") + b">"


def _rebuild(info: cms.SignerInfo, signer: x509.Certificate, authority: x509.Certificate) -> bytes:
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    signed = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": signer.issuer, "serial_number": signer.serial_number}
                    )
                }
            ),
            "digest_algorithm": digest,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signed_attrs": cms.CMSAttributes.load(parser.emit(0, 1, _SET, info["signed_attrs"].contents)),
            "signature": lower_form(info["signature"].native),
        }
    )
    envelope = cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": cms.SignedData(
                {
                    "version": "v1",
                    "digest_algorithms": [digest],
                    "encap_content_info": {"content_type": "data"},
                    "certificates": [signer, authority],
                    "signer_infos": [signed],
                }
            ),
        }
    )
    der: bytes = envelope.dump()
    return der
