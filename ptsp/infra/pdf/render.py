"""From a Typst template and plain data to PDF/A bytes: the same in, the same out, and nothing but the data in."""

import io
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

import segno
import typst

from ptsp.kernel.errors import BadPack, Fault

_PACKAGE = re.compile(r'"@[a-z]')  # #import "@preview/..." would be fetched from the network
_SAFE_NAME = re.compile(r"[a-z0-9_]+\.(typ|svg|png|jpg)")
_STANDARD: Literal["a-2a"] = "a-2a"


def render(template: str, data: Mapping[str, object], *, files: Mapping[str, bytes] | None = None) -> bytes:
    """Compile a Typst source to PDF/A-2a (all of PDF/A-2b, and tagged for screen readers).

    template: Typst source. It reads its data with `json("/data.json")` and other files by `/name`.
    data: anything JSON can say. It reaches the template as values only, so no text in it is ever read as Typst.
    files: further files of the folder the template may read, by a plain name such as `qr.svg` or `frame.typ`.

    The bytes depend on the arguments alone: fonts are those inside the compiler, the date is the template's
    own `set document(date: ...)`, and nothing outside a private folder can be read.
    Raises BadPack when the template does not compile or asks for a package from elsewhere.
    """
    given = files or {}
    _check(template, given)
    with tempfile.TemporaryDirectory(prefix="ptsp-pdf-") as folder:
        root = Path(folder)
        for name, content in given.items():
            (root / name).write_bytes(content)
        (root / "data.json").write_text(json.dumps(data, ensure_ascii=False, sort_keys=True), "utf-8")
        (root / "main.typ").write_text(template, "utf-8")
        return _compile(root)


def qr_svg(text: str) -> bytes:
    """A QR code of medium error correction, black on nothing, without a quiet zone (the template leaves one)."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue()


def _check(template: str, files: Mapping[str, bytes]) -> None:
    sources = [template, *(body.decode() for name, body in files.items() if name.endswith(".typ"))]
    if any(_PACKAGE.search(source) for source in sources):
        raise BadPack([Fault("template", "packages from elsewhere cannot be imported")])
    faults = [
        Fault("template", f"{PurePosixPath(name).name!r} is not a name a template may read")
        for name in files
        if not _SAFE_NAME.fullmatch(name) or name == "main.typ"
    ]
    if faults:
        raise BadPack(faults)


def _compile(root: Path) -> bytes:
    try:
        pdf = typst.compile(
            root / "main.typ",
            root=root,
            ignore_system_fonts=True,
            pdf_standards=_STANDARD,
            package_path=root,
            package_cache_path=root,
            timestamp=0,  # only where a template sets no date of its own
        )
    except typst.TypstError as error:
        reason = str(error.message).replace(str(root), "")
        raise BadPack([Fault("template", f"does not compile: {reason}")]) from error
    if not isinstance(pdf, bytes):
        raise TypeError("the compiler gave several files where one was expected")
    return pdf
