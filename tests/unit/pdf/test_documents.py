"""Documents come out the same every time, hold only what they were given, and stay inside their margins."""

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typst
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from ptsp.infra.pdf import qr_svg, render, write
from ptsp.infra.pdf.sheets import Sheet
from ptsp.kernel.errors import BadPack
from tests.unit.pdf.samples import AWKWARD, PERMIT, SAMPLES, templates

every_sample = pytest.mark.parametrize("sheet", SAMPLES.values(), ids=SAMPLES.keys())
DOTS = 50  # per inch
AGAIN = """
import hashlib, sys
from ptsp.infra.pdf import write
from tests.unit.pdf.samples import PERMIT, templates
sys.stdout.write(hashlib.sha256(write(PERMIT, templates())).hexdigest())
"""


@every_sample
def test_the_same_sheet_gives_the_same_bytes(sheet: Sheet) -> None:
    assert write(sheet, templates()) == write(sheet, templates())


def test_another_process_at_another_place_and_time_zone_gives_the_same_bytes() -> None:
    top = Path(__file__).parents[3]
    told = subprocess.run(
        [sys.executable, "-c", AGAIN],
        env=os.environ | {"TZ": "Asia/Jayapura", "PYTHONPATH": str(top)},
        cwd="/",
        stdout=subprocess.PIPE,
        check=True,
    )
    assert told.stdout.decode() == hashlib.sha256(write(PERMIT, templates())).hexdigest()


@every_sample
def test_a_document_names_itself_and_carries_its_code(sheet: Sheet) -> None:
    reader = PdfFileReader(io.BytesIO(write(sheet, templates())))
    about = reader.trailer_view["/Info"]
    assert about["/Title"] == f"{sheet.title} {sheet.number}"
    assert about["/Subject"] == f"ptsp:{sheet.proof.code}"
    assert about["/CreationDate"] == "D:20261122000000Z"
    assert reader.root["/Lang"] == "id"
    assert "/StructTreeRoot" in reader.root  # tagged: a screen reader can follow it
    assert b"<pdfaid:part>2</pdfaid:part>" in reader.root["/Metadata"].data


@every_sample
def test_nothing_leaves_the_margins_and_no_page_is_empty(sheet: Sheet, tmp_path: Path) -> None:
    """Seen as a picture: outside the text area (2.3 cm at the sides, less a hair) every dot stays white."""
    pages = _as_pictures(sheet, tmp_path)
    hair, cm = 2, DOTS / 2.54
    side, top, bottom = int(2.3 * cm) - hair, int(1.8 * cm) - hair, int(0.4 * cm)
    for page in pages:
        width, height = page.size
        edges = [
            (0, 0, side, height),
            (width - side, 0, width, height),
            (0, 0, width, top),
            (0, height - bottom, width, height),
        ]
        assert [page.crop(edge).getextrema()[0] for edge in edges] == [255] * 4
        assert page.crop((side, top, width - side, height // 5)).getextrema()[0] < 128


def test_a_short_document_takes_one_page_and_a_long_one_more() -> None:
    counts = {name: _page_count(write(sheet, templates())) for name, sheet in SAMPLES.items()}
    assert {name for name, count in counts.items() if count == 1} == {
        "permit",
        "refusal",
        "notice",
        "receipt",
        "letter",
        "closed_notice",
        "wide_letter",
    }
    assert counts["long_notice"] == counts["long_permit"] == 3


def test_text_is_never_read_as_typst() -> None:
    """The same page comes out as when the words stand in the template as a plain string."""
    quoted = AWKWARD.replace("\\", "\\\\").replace('"', '\\"')
    assert render('#json("/data.json").x', {"x": AWKWARD}) == render(f'#"{quoted}"', {})
    assert render('#json("/data.json").x', {"x": "*a*"}) != render("*a*", {})


@pytest.mark.parametrize(
    ("template", "part"),
    [
        ('#read("/etc/passwd")', "does not compile"),
        ('#read("../../../../etc/passwd")', "does not compile"),
        ('#import "@preview/cetz:0.3.0"', "packages from elsewhere"),
        ("#let f(n) = f(n + 1)\n#f(0)", "does not compile"),
        ("#while true {}", "does not compile"),
        ("#unknown", "unknown variable: unknown"),
    ],
)
def test_a_template_that_reaches_out_or_never_ends_is_refused(template: str, part: str) -> None:
    with pytest.raises(BadPack, match=part) as caught:
        render(template, {})
    assert "/tmp" not in str(caught.value)


@pytest.mark.parametrize("font", ["DejaVu Sans", "Liberation Serif", "Noto Sans", "Arial"])
def test_fonts_of_the_machine_change_nothing(font: str) -> None:
    assert render(f'#set text(font: "{font}")\nA', {}) == render('#set text(font: "No Such Font")\nA', {})


@pytest.mark.parametrize("name", ["../x.typ", "/x.typ", "main.typ", "data.json", "a.sh"])
def test_a_file_of_a_template_has_a_plain_name(name: str) -> None:
    with pytest.raises(BadPack, match="not a name"):
        render("a", {}, files={name: b""})


def test_a_pack_without_the_template_is_told_so() -> None:
    with pytest.raises(BadPack, match=r"templates/permit.typ: is missing"):
        write(PERMIT, {"notice": "a"})


def test_a_pack_may_name_its_templates_with_their_ending() -> None:
    named = {f"{name}.typ": source for name, source in templates().items()}
    assert write(PERMIT, named) == write(PERMIT, templates())


def _page_count(pdf: bytes) -> int:
    return int(PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Count"])


def _as_pictures(sheet: Sheet, folder: Path) -> list[Image.Image]:
    """The pages in grey, drawn by the same compiler from the same sources."""
    for name, source in templates().items():
        (folder / f"{name}.typ").write_text(source)
    (folder / "qr.svg").write_bytes(qr_svg(sheet.proof.verify_url))
    kind = type(sheet).__name__.removesuffix("Sheet").lower()
    (folder / "data.json").write_text(json.dumps(sheet.as_data()))
    pages = typst.compile(
        folder / f"{kind}.typ", root=folder, ignore_system_fonts=True, format="png", ppi=DOTS
    )
    return [
        Image.open(io.BytesIO(page)).convert("L") for page in (pages if isinstance(pages, list) else [pages])
    ]
