"""Documents out: a sheet and a pack's templates in, the bytes of a PDF out."""

from collections.abc import Mapping

from ptsp.infra.pdf.render import qr_svg, render
from ptsp.infra.pdf.sheets import (
    Fact,
    Letterhead,
    LetterSheet,
    NoticeLine,
    NoticeSheet,
    PermitSheet,
    Proof,
    ReceiptSheet,
    RefusalSheet,
    Sheet,
    Signature,
)
from ptsp.kernel.errors import BadPack, Fault

__all__ = [
    "Fact",
    "LetterSheet",
    "Letterhead",
    "NoticeLine",
    "NoticeSheet",
    "PermitSheet",
    "Proof",
    "ReceiptSheet",
    "RefusalSheet",
    "Sheet",
    "Signature",
    "qr_svg",
    "render",
    "write",
]

_TEMPLATES: dict[type[Sheet], str] = {
    PermitSheet: "permit",
    RefusalSheet: "refusal",
    NoticeSheet: "notice",
    ReceiptSheet: "receipt",
    LetterSheet: "letter",
}


def write(sheet: Sheet, templates: Mapping[str, str]) -> bytes:
    """The PDF of a sheet, unsigned, by the templates of a pack (`TenantPack.templates`: name to Typst source).

    A template may import the pack's others, such as `/frame.typ`. The code of the sheet's proof stands in
    the document's subject as `ptsp:<code>`, where `ptsp.infra.signing.verify` looks for it.
    Raises BadPack when the template is missing or does not compile.
    """
    named = {name.removesuffix(".typ"): source for name, source in templates.items()}
    wanted = _TEMPLATES[type(sheet)]
    if wanted not in named:
        raise BadPack([Fault(f"templates/{wanted}.typ", "is missing")])
    files = {f"{name}.typ": source.encode() for name, source in named.items()}
    return render(named[wanted], sheet.as_data(), files=files | {"qr.svg": qr_svg(sheet.proof.verify_url)})
