"""Uploads are judged by what they are: good documents pass, each bad kind is refused with its own reason."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.infra.files.faults import BadFile, Why
from ptsp.infra.files.judge import clean_name, judge
from ptsp.kernel.errors import Invalid
from tests.unit.files.makers import ALL, archive, bomb_pdf, huge_png, image, pdf, stream

MAX = 2_000_000
PDF, PNG, JPEG = pdf(), image("PNG"), image("JPEG")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(PDF, "application/pdf", id="a plain PDF"),
        pytest.param(pdf(tail=b"\r\n\0\0"), "application/pdf", id="a PDF padded by a scanner"),
        pytest.param(
            pdf(objects=(stream(image("JPEG"), b"/DCTDecode"),)), "application/pdf", id="a scan inside a PDF"
        ),
        pytest.param(
            pdf(root=b"/OpenAction [3 0 R /Fit]"), "application/pdf", id="a PDF that opens on a page"
        ),
        pytest.param(PNG, "image/png", id="a PNG"),
        pytest.param(JPEG, "image/jpeg", id="a JPEG"),
        pytest.param(JPEG + bytes(5000), "image/jpeg", id="a JPEG padded with zeros"),
    ],
)
def test_a_good_document_is_known_by_its_content(data: bytes, expected: str) -> None:
    assert judge(data, "wrong-name.exe", accepts=ALL, max_bytes=MAX) == expected


BAD = [
    ("nothing at all", b"", Why.EMPTY),
    ("one byte over the limit", PDF + bytes(MAX), Why.TOO_LARGE),
    ("plain text", b"hello", Why.WRONG_KIND),
    ("HTML", b"<!doctype html><script>alert(1)</script>", Why.WRONG_KIND),
    ("SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', Why.WRONG_KIND),
    ("SVG with an XML head", b'<?xml version="1.0"?><svg/>', Why.WRONG_KIND),
    ("an archive", archive(), Why.WRONG_KIND),
    ("a GIF", image("GIF"), Why.WRONG_KIND),
    ("an executable", b"MZ" + bytes(200), Why.WRONG_KIND),
    ("a PDF whose header is at offset 800", b" " * 800 + PDF, Why.WRONG_KIND),
    ("only the PDF header", b"%PDF-1.7\n", Why.DAMAGED),
    ("half a PDF", PDF[: len(PDF) // 2], Why.DAMAGED),
    ("a PDF header before garbage", b"%PDF-1.7\n" + bytes(range(256)) * 9 + b"%%EOF", Why.DAMAGED),
    ("a PDF without pages", PDF.replace(b"/Pages 2", b"/Xages 2"), Why.DAMAGED),
    ("a PDF header before HTML", b"%PDF-1.7\n<html><script>1</script>\n%%EOF", Why.HIDDEN_CONTENT),
    ("a PDF that is also a ZIP", PDF + archive(), Why.HIDDEN_CONTENT),
    ("a PDF with a long tail", PDF + b"x" * 5000, Why.HIDDEN_CONTENT),
    ("a PDF with a password", pdf(trailer=b"/Encrypt << /Filter /Standard /V 1 >>"), Why.ENCRYPTED),
    ("a PDF with JavaScript", pdf(objects=(b"<< /S /JavaScript /JS (app.alert) >>",)), Why.ACTIVE_CONTENT),
    ("JavaScript in its catalogue", pdf(root=b"/OpenAction << /S /JavaScript >>"), Why.ACTIVE_CONTENT),
    ("JavaScript with an escaped name", pdf(objects=(b"<< /S /J#61vaScript >>",)), Why.ACTIVE_CONTENT),
    ("a PDF that starts a program", pdf(objects=(b"[ [ << /S /Launch >> ] ]",)), Why.ACTIVE_CONTENT),
    ("a PDF with an attachment", pdf(objects=(b"<< /Type /EmbeddedFile >>",)), Why.ACTIVE_CONTENT),
    ("a PDF with an XFA form", pdf(objects=(b"<< /XFA [] >>",)), Why.ACTIVE_CONTENT),
    (
        "an attachment hidden from the table",
        PDF.replace(b"xref\n0", b"9 0 obj<</S/Launch>>endobj\nxref\n0"),
        Why.DAMAGED,
    ),
    ("a PDF bomb", bomb_pdf(), Why.DAMAGED),
    ("a PDF nested 5,000 deep", pdf(objects=(b"[" * 5000 + b"]" * 5000,)), Why.DAMAGED),
    ("half a PNG", PNG[: len(PNG) // 2], Why.DAMAGED),
    ("a PNG with a changed byte", PNG[:50] + bytes([PNG[50] ^ 1]) + PNG[51:], Why.DAMAGED),
    ("half a JPEG", JPEG[: len(JPEG) // 2], Why.DAMAGED),
    ("a PNG of 900 million pixels", huge_png(), Why.TOO_MANY_PIXELS),
    ("a PNG with a film behind it", PNG + b"film" * 500, Why.HIDDEN_CONTENT),
    ("a JPEG with a film behind it", JPEG + b"film" * 500, Why.HIDDEN_CONTENT),
    ("a JPEG that is also a ZIP", JPEG + archive(), Why.HIDDEN_CONTENT),
]


@pytest.mark.parametrize(("data", "why"), [pytest.param(data, why, id=name) for name, data, why in BAD])
def test_a_bad_document_is_refused_with_its_reason_and_in_time(data: bytes, why: Why) -> None:
    began = time.perf_counter()
    with pytest.raises(Invalid) as caught:
        judge(data, "surat.pdf", accepts=ALL, max_bytes=MAX)
    assert isinstance(caught.value, BadFile)
    assert caught.value.why is why
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [("file", f"file_{why}")]
    assert caught.value.name == "surat.pdf"
    assert time.perf_counter() - began < 5


def test_a_good_document_of_a_kind_not_asked_for_is_refused() -> None:
    with pytest.raises(BadFile, match="the content of the file is not JPEG, PNG"):
        judge(PDF, "a.png", accepts=("image/jpeg", "image/png"), max_bytes=MAX)


def test_a_kind_we_cannot_check_is_refused_even_when_a_pack_accepts_it() -> None:
    with pytest.raises(BadFile):
        judge(image("GIF"), "a.gif", accepts=("image/gif",), max_bytes=MAX)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_document_is_judged_or_refused_and_never_raises_anything_else(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([PDF, PNG, JPEG])))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        kind = judge(bytes(whole), "x", accepts=ALL, max_bytes=MAX)
    except BadFile:
        return
    assert kind in ALL


@pytest.mark.parametrize(
    ("name", "media_type", "expected"),
    [
        ("Surat Tanah.pdf", "application/pdf", "Surat Tanah.pdf"),
        ("../../etc/passwd", "application/pdf", "passwd.pdf"),
        ("C:\\scan\\a.PDF", "application/pdf", "a.pdf"),
        ("foto.jpg", "image/png", "foto.png"),
        ("foto.jpeg", "image/jpeg", "foto.jpg"),
        ("a\u202egnp.exe", "application/pdf", "agnp.exe.pdf"),
        ("a\x00b\r\nc\t.pdf", "application/pdf", "ab c.pdf"),
        ('a";<b>|%2f.pdf', "application/pdf", "a___b___2f.pdf"),
        ("", "application/pdf", "document.pdf"),
        (".pdf", "application/pdf", "document.pdf"),
        ("...", "image/png", "document.png"),
        (".htaccess", "application/pdf", "htaccess.pdf"),
        ("Āžürich 證明.pdf", "application/pdf", "Āžürich 證明.pdf"),
        ("x" * 300, "application/pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_made_safe(name: str, media_type: str, expected: str) -> None:
    assert clean_name(name, media_type) == expected


@given(st.text(max_size=300))
def test_no_name_escapes_or_misleads(name: str) -> None:
    clean = clean_name(name, "application/pdf")
    assert 4 < len(clean) <= 120
    assert clean.endswith(".pdf")
    assert not clean.startswith(".")
    assert not set(clean) & set('/\\\0\r\n"<>|:*?\u202e\u200f')
    assert clean_name(clean, "application/pdf") == clean
