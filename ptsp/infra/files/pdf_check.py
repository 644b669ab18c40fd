"""Whether an uploaded PDF is a plain document: readable, unlocked, and with nothing in it that acts."""

import io
import zlib
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader

from ptsp.infra.files.faults import BadFile, Why

MEBIBYTE = 1024 * 1024
MAX_OBJECTS = 50_000
MAX_DEPTH = 100
MAX_STREAM = 128 * MEBIBYTE  # decoded bytes of one stream: an A3 scan in colour at 600 dots is less
MAX_DECODED = 512 * MEBIBYTE  # decoded bytes of all streams
MAX_TAIL = 1024  # bytes after the last %%EOF; some scanners pad

# Names that make a reader do something, or carry a file. /OpenAction and /AA alone only turn a page.
ACTIVE = frozenset(
    {
        "/JavaScript",
        "/JS",
        "/Launch",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/RichMedia",
        "/XFA",
        "/SubmitForm",
        "/ImportData",
        "/GoToE",
        "/Movie",
        "/Rendition",
    }
)
_LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=32 * MEBIBYTE),
    document_budget=DocumentDecodeBudget(base_allowance=64 * MEBIBYTE, max_ratio=10),
)
_WEB = (b"<html", b"<script", b"<!doctype", b"<?php", b"<svg")


def check_pdf(data: bytes) -> None:
    """Raise BadFile when the document is damaged, locked, active, or more than a PDF."""
    if not data.startswith(b"%PDF-"):
        raise BadFile(Why.WRONG_KIND, kinds="PDF")
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise BadFile(Why.DAMAGED)
    if len(data) - end > MAX_TAIL or any(tag in data[:MAX_TAIL].lower() for tag in _WEB):
        raise BadFile(Why.HIDDEN_CONTENT)
    try:
        _read(data)
    except BadFile:
        raise
    except Exception as error:  # a parser fed with garbage may raise anything: all of it means "damaged"
        raise BadFile(Why.DAMAGED) from error
    _check_bytes(data)


def _read(data: bytes) -> None:
    reader = PdfFileReader(io.BytesIO(data), strict=False, decode_limits=_LIMITS)
    if "/Encrypt" in reader.trailer:
        raise BadFile(Why.ENCRYPTED)
    if "/Pages" not in reader.root:
        raise BadFile(Why.DAMAGED)
    decoded = 0
    for thing in _objects(reader):
        _check_names(thing)
        if isinstance(thing, generic.StreamObject):
            decoded += _decoded_size(thing)
        if decoded > MAX_DECODED:
            raise BadFile(Why.DAMAGED)


def _objects(reader: PdfFileReader) -> Iterator[Any]:
    """Every object of every revision: an old one can be brought back, so it counts."""
    seen = 0
    yield reader.trailer.flatten()
    for revision in range(reader.xrefs.total_revisions):
        for reference in sorted(reader.xrefs.explicit_refs_in_revision(revision), key=lambda r: r.idnum):
            seen += 1
            if seen > MAX_OBJECTS:
                raise BadFile(Why.DAMAGED)
            yield reader.get_object(reference, revision=revision)


def _check_names(thing: Any) -> None:
    """Look at every name in an object, however deep, without following references to others."""
    waiting = [(thing, 0)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise BadFile(Why.DAMAGED)
        if isinstance(item, generic.NameObject) and item in ACTIVE:
            raise BadFile(Why.ACTIVE_CONTENT, what=str(item).strip("/"))
        waiting += [(part, depth + 1) for part in _parts(item)]


def _parts(item: Any) -> list[Any]:
    """The names, arrays and dictionaries directly inside, as written (never what they point to)."""
    if isinstance(item, generic.DictionaryObject):
        return [*item.keys(), *(item.raw_get(key) for key in item)]
    if isinstance(item, generic.ArrayObject):
        return [item.raw_get(i) for i in range(len(item))]
    return []


def _decoded_size(stream: generic.StreamObject) -> int:
    """How many bytes a stream becomes after its leading Flate filters; BadFile when it is a bomb."""
    filters = stream.get("/Filter", generic.ArrayObject())
    chain = [filters] if isinstance(filters, generic.NameObject) else list(filters)
    data = stream.encoded_data
    for name in chain:
        if name not in ("/FlateDecode", "/Fl"):
            break
        inflate = zlib.decompressobj()
        data = inflate.decompress(data, MAX_STREAM)
        if inflate.unconsumed_tail:
            raise BadFile(Why.DAMAGED)
    return len(data)


def _check_bytes(data: bytes) -> None:
    """Names in objects that the cross-reference table hides, but a reader in repair mode would find."""
    for name in sorted(ACTIVE - {"/JS", "/Movie", "/Rendition", "/XFA"}):
        if name.encode() in data:
            raise BadFile(Why.ACTIVE_CONTENT, what=name.strip("/"))
