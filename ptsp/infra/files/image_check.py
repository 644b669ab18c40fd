"""Whether an uploaded picture is one whole picture and nothing else."""

import io
import struct

from PIL import Image

from ptsp.infra.files.faults import BadFile, Why

MAX_PIXELS = 50_000_000
MAX_TAIL = 1024  # bytes after the end mark, zero padding aside
_PILLOW = {"image/jpeg": "JPEG", "image/png": "PNG"}


def check_image(data: bytes, media_type: str) -> None:
    """Raise BadFile when the picture is damaged, larger than 50 million pixels, or followed by other data."""
    try:
        _decode(data, _PILLOW[media_type])
        end = _end_of_png(data) if media_type == "image/png" else _end_of_jpeg(data)
    except BadFile:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many() from error
    except Exception as error:  # decoders fed with garbage raise many kinds: all of them mean "damaged"
        raise BadFile(Why.DAMAGED) from error
    if len(data[end:].strip(b"\0")) > MAX_TAIL:
        raise BadFile(Why.HIDDEN_CONTENT)


def _decode(data: bytes, kind: str) -> None:
    with Image.open(io.BytesIO(data), formats=(kind,)) as picture:
        _check_pixels(picture)
        picture.verify()
    with Image.open(io.BytesIO(data), formats=(kind,)) as picture:
        picture.draft("L", (picture.width // 8, picture.height // 8))  # a JPEG is decoded small: less memory
        picture.load()


def _check_pixels(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise _too_many()


def _too_many() -> BadFile:
    return BadFile(Why.TOO_MANY_PIXELS, most=MAX_PIXELS // 1_000_000)


def _end_of_png(data: bytes) -> int:
    """The offset just after the IEND chunk."""
    at = 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        at += 12 + length
        if kind == b"IEND":
            return at


def _end_of_jpeg(data: bytes) -> int:
    """The offset just after the end-of-image mark, found by walking the segments (thumbnails have their own)."""
    at = 2
    while True:
        at = data.index(b"\xff", at)
        mark = data[at + 1]
        if mark == 0xD9:
            return at + 2
        alone = mark in (0x00, 0x01, 0xFF) or 0xD0 <= mark <= 0xD7
        # 0xFF before a mark is padding: step one byte, so that the mark itself is read next
        at += (1 if mark == 0xFF else 2) if alone else 2 + struct.unpack_from(">H", data, at + 2)[0]
