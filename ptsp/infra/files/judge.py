"""What an uploaded file is, judged by its content and never by its name; and a name that is safe to keep."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable

import filetype

from ptsp.infra.files.faults import BadFile, Why
from ptsp.infra.files.image_check import check_image
from ptsp.infra.files.pdf_check import check_pdf

__all__ = ["BadFile", "Why", "clean_name", "judge"]

MAX_NAME = 120
EXTENSIONS = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe"),
    "image/png": (".png",),
}
KINDS = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}
_CHECKS: dict[str, Callable[[bytes], None]] = {
    "application/pdf": check_pdf,
    "image/jpeg": lambda data: check_image(data, "image/jpeg"),
    "image/png": lambda data: check_image(data, "image/png"),
}


def judge(data: bytes, name: str, *, accepts: tuple[str, ...], max_bytes: int) -> str:
    """The media type of an upload, if it is one of `accepts` and a plain, whole document of at most `max_bytes`.

    `name` is what the sender called it; it never changes the judgement and is only kept in the error.
    Only PDF, JPEG and PNG exist for us, whatever `accepts` says. Raises BadFile (an Invalid whose only
    fault has the field `file`) with one of the reasons in `Why`.
    """
    try:
        return _judged(data, accepts, max_bytes)
    except BadFile as refusal:
        refusal.name = name
        raise


def _judged(data: bytes, accepts: tuple[str, ...], max_bytes: int) -> str:
    if not data:
        raise BadFile(Why.EMPTY)
    if len(data) > max_bytes:
        raise BadFile(Why.TOO_LARGE, most=f"{max_bytes / 1_048_576:g}")
    media_type = _by_content(data)
    if media_type not in _CHECKS or media_type not in accepts:
        raise BadFile(Why.WRONG_KIND, kinds=kinds_in_words(accepts))
    if zipfile.is_zipfile(io.BytesIO(data)):  # the same bytes would open as an archive
        raise BadFile(Why.HIDDEN_CONTENT)
    _CHECKS[media_type](data)
    return media_type


def kinds_in_words(accepts: tuple[str, ...]) -> str:
    """Media types as people call them: "PDF, JPEG, PNG"."""
    return ", ".join(KINDS.get(kind, kind) for kind in accepts)


def _by_content(data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    return filetype.guess_mime(data[:8192]) or "application/octet-stream"


def clean_name(name: str, media_type: str) -> str:
    """A name fit to show and to offer for download: at most 120 characters, ending as its type does.

    Folders, control and format characters (right-to-left override among them), quotes and characters that
    a file system refuses are taken out. Never empty, never starts with a dot. Where nothing usable is left,
    it is `document`.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(" " if c.isspace() else c for c in last if c.isspace() or _is_printable(c))
    plain = re.sub(r'[<>:"|?*;%`]', "_", re.sub(r" +", " ", plain)).rstrip(" .")
    endings = EXTENSIONS.get(media_type, (".bin",))
    for ending in (e for kind in EXTENSIONS.values() for e in kind):
        plain = plain[: -len(ending)] if plain.lower().endswith(ending) else plain
    stem = plain[: MAX_NAME - len(endings[0])].strip(" .")
    return (stem or "document") + endings[0]


def _is_printable(character: str) -> bool:
    """Letters, marks, digits, punctuation, symbols. Not controls, formats, surrogates, private or unassigned."""
    return not unicodedata.category(character).startswith("C")
