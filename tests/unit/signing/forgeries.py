"""Ways in which people and accidents change a signed document; each gives bytes that must be refused."""

import io
import random
from collections.abc import Iterator

from asn1crypto import algos, cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from ptsp.infra.signing import Signer
from ptsp.infra.signing.envelope import ORDER


def flipped(signed: bytes, count: int, seed: int) -> Iterator[bytes]:
    """One byte changed at a time: anywhere, and on every structural place of the signature."""
    dice = random.Random(seed)
    start, end = contents_at(signed)
    places = [start, start + 1, end - 2, end - 1, 0, 5, len(signed) - 1, len(signed) - 2]
    places += [dice.randrange(len(signed)) for _ in range(count)]
    places += [dice.randrange(start, end) for _ in range(count)]
    for place in places:
        yield signed[:place] + bytes([signed[place] ^ (1 << dice.randrange(8))]) + signed[place + 1 :]


def contents_at(signed: bytes) -> tuple[int, int]:
    """Where the signature's hexadecimal string stands, brackets included."""
    start = signed.index(b"/Contents <3082") + len("/Contents ")
    return start, signed.index(b">", start) + 1


def with_signature(signed: bytes, envelope: cms.ContentInfo) -> bytes:
    """The same file with another envelope in the same space."""
    start, end = contents_at(signed)
    room = end - start - 2
    return signed[: start + 1] + envelope.dump().hex().upper().encode().ljust(room, b"0") + signed[end - 1 :]


def envelope_of(signed: bytes) -> cms.ContentInfo:
    start, end = contents_at(signed)
    return cms.ContentInfo.load(bytes.fromhex(signed[start + 1 : end - 1].decode()))


def with_mirrored_signature(signed: bytes) -> bytes:
    """ECDSA's other valid value: the cryptography alone cannot see the difference."""
    envelope = envelope_of(signed)
    info = envelope["content"]["signer_infos"][0]
    parts = algos.DSASignature.load(info["signature"].native).native
    info["signature"] = algos.DSASignature({"r": parts["r"], "s": ORDER - parts["s"]}).dump()
    return with_signature(signed, envelope)


def with_unsigned_note(signed: bytes) -> bytes:
    envelope = envelope_of(signed)
    note = cms.CMSAttribute({"type": "content_type", "values": ["data"]})
    envelope["content"]["signer_infos"][0]["unsigned_attrs"] = [note]
    return with_signature(signed, envelope)


def with_lower_case_signature(signed: bytes) -> bytes:
    start, end = contents_at(signed)
    return signed[:start] + signed[start:end].lower() + signed[end:]


def with_empty_signature(signed: bytes) -> bytes:
    start, end = contents_at(signed)
    return signed[: start + 1] + b"0" * (end - start - 2) + signed[end - 1 :]


def with_replaced_page(signed: bytes) -> bytes:
    """An incremental update that gives the first page other content: many viewers still say "signed"."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"].raw_get(0).get_object()
    while "/Kids" in page:
        page = page["/Kids"].raw_get(0).get_object()
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 1 rg 0 0 600 800 re f"))
    writer.update_container(page)
    return written(writer)


def with_empty_update(signed: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    writer.add_object(generic.pdf_name("/Nothing"))
    return written(writer)


def written(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def signed_by_other_rules(pdf: bytes, signer: Signer, *, field: str, certify: bool, allow: MDPPerm) -> bytes:
    """Our own key, but not our own way of signing."""
    pen = signers.SimpleSigner(signing_cert=signer.certificate, signing_key=signer.key, cert_registry=None)
    details = signers.PdfSignatureMetadata(
        field_name=field,
        certify=certify,
        docmdp_permissions=allow,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
    )
    return signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), details, pen).getvalue()
