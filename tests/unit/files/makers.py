"""Small files made on the spot: good ones, and one of each bad kind."""

import io
import struct
import zipfile
import zlib

from PIL import Image

ALL = ("application/pdf", "image/jpeg", "image/png")


def pdf(
    *, objects: tuple[bytes, ...] = (), root: bytes = b"", trailer: bytes = b"", tail: bytes = b""
) -> bytes:
    """A one-page PDF with a true cross-reference table; `objects` get the numbers from 4 on."""
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R " + root + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        *objects,
    )
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(bodies) + 1, trailer)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start + tail


def stream(data: bytes, filters: bytes) -> bytes:
    return b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream" % (len(data), filters, data)


def bomb_pdf() -> bytes:
    """300 MB in less than a kilobyte: zeros, deflated twice."""
    inner = zlib.compressobj(9)
    body = b"".join(inner.compress(bytes(1 << 20)) for _ in range(300)) + inner.flush()
    return pdf(objects=(stream(zlib.compress(body, 9), b"[/FlateDecode /FlateDecode]"),))


def image(kind: str, size: tuple[int, int] = (60, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (10, 120, 200)).save(out, kind)
    return out.getvalue()


def huge_png() -> bytes:
    """A sound PNG of 30,000 x 30,000 pixels in about 100 kB."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 30_000 // 8)
    pixels = b"".join(packer.compress(row) for _ in range(30_000)) + packer.flush()
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, body) for kind, body in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("a.txt", "a")
    return out.getvalue()
