"""The pages in a real browser: nothing from other hosts, no error, no overflow, usable by keyboard and by all."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.browsing import Visit, grave, overflow
from tests.web.bundles import BUNDLES, CORRECTION
from tests.web.fakes import KEY, PAPERS, FakeOffice

NIK = "3515014101909991"
FORM = "/sidoarjo/submit?services=imb&services=ho&services=rekomendasi_lokasi&services=siup"
PAGES = (
    "/",
    "/?q=nothing-like-this",
    "/sidoarjo/",
    "/bontang/",
    "/sidoarjo/services/imb",
    "/sidoarjo/services/siup",
    "/sidoarjo/submit",
    FORM,
    "/verify",
    "/verify/sidoarjo.imb-7QF2",
    "/verify/nobody-knows",
    *(f"/verify/{code}" for code in PAPERS),
    *(f"/sidoarjo/bundles/{reference}?key={KEY}" for reference in list(BUNDLES)[:5]),
    f"/sidoarjo/bundles/SDA-2026-000008?key={KEY}",
    f"/sidoarjo/bundles/SDA-2026-000008/corrections/{CORRECTION.id}?key={KEY}",
    f"/sidoarjo/bundles/SDA-2026-000008/withdrawal?key={KEY}&services=imb",
    f"/sidoarjo/bundles/SDA-2026-000008/objections/siup?key={KEY}",
)


def test_every_page_fits_speaks_to_nobody_else_and_is_open_to_all(visit: Visit) -> None:
    for path in PAGES:
        visit.go(path)
        assert (path, overflow(visit.page)) == (path, 0)
        assert (path, grave(visit.page)) == (path, [])
        assert (path, visit.said) == (path, [])


def test_every_page_fits_in_english_too(visit: Visit) -> None:
    for path in PAGES:
        visit.go(path + ("&" if "?" in path else "?") + "lang=en")
        assert visit.page.locator("html").get_attribute("lang") == "en"
        assert (path, overflow(visit.page)) == (path, 0)
        assert (path, visit.said) == (path, [])


def test_a_page_that_is_missing_fits_too(visit: Visit) -> None:
    visit.go("/nowhere/at/all")
    assert overflow(visit.page) == 0
    assert grave(visit.page) == []


def fill(page: Page) -> None:
    """A complete and correct form but for the files."""
    for name, value in {
        "applicant.nik": NIK,
        "applicant.name": "Pemohon Uji",
        "applicant.birth_place": "Sidoarjo",
        "applicant.birth_on": "1990-01-01",
        "applicant.address": "Jalan Uji 1",
        "answer.imb.floor_area": "100",
        "answer.imb.floors": "2",
        "answer.ho.business_name": "Toko Uji",
    }.items():
        page.locator(f"[name='{name}']").fill(value)
    page.get_by_label("Perempuan").check()
    page.get_by_label("Fungsi bangunan").select_option("housing")


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "dokumen.pdf"
    path.write_bytes(b"%PDF-1.7 test")
    return path


def test_an_applicant_chooses_fills_in_asks_the_price_and_lodges(visit: Visit, pdf: Path) -> None:
    page, before = visit.page, len(visit.office.orders)
    visit.go("/sidoarjo/")
    page.get_by_role("link", name="Ajukan permohonan").click()
    for service in ("rekomendasi_lokasi", "imb", "ho", "siup"):
        page.locator(f"[value={service}]").check()
    page.get_by_role("button", name="Lanjut ke formulir").click()
    fill(page)
    page.get_by_label("KTP pemohon").set_input_files(pdf)
    page.get_by_label("Gambar rencana bangunan").set_input_files(pdf)
    page.get_by_role("button", name="Hitung biaya dan waktu").click()
    expect(page.locator("#quote")).to_contain_text("Selasa, 24 November 2026")
    expect(page.locator("#quote")).to_contain_text("16 langkah, digabung dari 25")
    assert page.get_by_label("KTP pemohon").evaluate("input => input.files.length") == 1
    assert grave(page) == []
    assert overflow(page) == 0
    page.get_by_role("button", name="Kirim permohonan").click()
    expect(page.locator("h1")).to_contain_text("SDA-2026-000001")
    expect(page.get_by_text("Simpan alamat halaman ini")).to_be_visible()
    assert len(visit.office.orders) == before + 1
    assert visit.said == []


def test_a_refused_form_puts_the_keyboard_at_the_problems_and_a_link_leads_to_the_input(visit: Visit) -> None:
    page = visit.page
    visit.go(FORM)
    page.get_by_role("button", name="Kirim permohonan").click()
    expect(page.locator("#problems")).to_be_focused()
    assert grave(page) == []
    assert overflow(page) == 0
    for name, field_ in (("NIK:", "applicant.nik"), ("Jenis kelamin:", "gender"), ("KTP pemohon:", "ktp")):
        page.locator("#problems").get_by_role("link", name=name).press("Enter")
        assert field_ in str(page.evaluate("document.activeElement.name"))


def test_the_price_of_a_wrong_answer_is_a_problem_at_its_input(visit: Visit) -> None:
    page = visit.page
    visit.go(FORM)
    fill(page)
    page.get_by_label("Jumlah lantai").fill("999")
    page.get_by_role("button", name="Hitung biaya dan waktu").click()
    expect(page.locator("#problems")).to_contain_text("Jumlah lantai: paling besar 60.")
    expect(page.get_by_label("Jumlah lantai")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Jumlah lantai").fill("2")
    page.get_by_role("button", name="Hitung biaya dan waktu").click()
    expect(page.locator("#quote")).to_contain_text("Rp230.000")
    assert page.locator("[aria-invalid]").count() == 0


def test_the_first_tab_leads_past_the_head_and_the_drawing_scrolls_by_keyboard(visit: Visit) -> None:
    page = visit.page
    visit.go(f"/sidoarjo/bundles/SDA-2026-000002?key={KEY}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Langsung ke isi")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".drawing")).to_be_focused()
    before = page.locator(".drawing").evaluate("box => box.scrollLeft")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".drawing")).not_to_have_js_property("scrollLeft", before)


def test_an_open_bundle_shows_where_the_work_is_now(visit: Visit) -> None:
    page = visit.page
    visit.go(f"/sidoarjo/bundles/SDA-2026-000005?key={KEY}")
    box = page.locator(".drawing").bounding_box()
    node = page.locator(".node.s-asked").first.bounding_box()
    assert box is not None
    assert node is not None
    assert box["x"] <= node["x"] <= box["x"] + box["width"]


def test_an_open_bundle_follows_by_itself(visit: Visit) -> None:
    page = visit.page
    page.clock.install()
    visit.go(f"/sidoarjo/bundles/SDA-2026-000001?key={KEY}")

    def later(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(
            response=answer,
            body=answer.text().replace('data-stamp="3"', 'data-stamp="4"').replace("5 dari 16", "6 dari 16"),
        )

    page.route("**/bundles/**", later)
    page.clock.run_for(11_000)
    expect(page.locator(".sentence")).to_contain_text("6 dari 16 langkah selesai")
    expect(page.locator("#fresh")).to_have_text("Halaman diperbarui")


def test_the_form_works_without_script(browser: Browser, live: tuple[str, FakeOffice], pdf: Path) -> None:
    url, office = live
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url + FORM)
    fill(page)
    page.get_by_role("button", name="Hitung biaya dan waktu").click()
    expect(page.locator("#quote")).to_contain_text("Selasa, 24 November 2026")
    page.get_by_label("KTP pemohon").set_input_files(pdf)
    page.get_by_label("Gambar rencana bangunan").set_input_files(pdf)
    page.get_by_role("button", name="Kirim permohonan").click()
    expect(page.locator("h1")).to_contain_text("SDA-2026-000001")
    context.close()
