"""The officers' pages in a real browser, at phone and desk width, with and without script."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browsing import PHONE, Visit, grave, overflow
from tests.web.desk_fake import TOKEN
from tests.web.desks import CASES, ident
from tests.web.fakes import FakeOffice

QUEUE = "/sidoarjo/desk/queue"
EVERY_FORM = "document.querySelectorAll('details').forEach(one => one.open = true)"


def task(number: int) -> str:
    return f"/sidoarjo/desk/tasks/{ident(number)}"


PAGES = (
    "/sidoarjo/desk",
    QUEUE,
    f"{QUEUE}?tab=held",
    f"{QUEUE}?after=place",
    *(task(n) for n in range(1, 7)),
)


def come_in(page: Page, url: str) -> None:
    page.goto(f"{url}/sidoarjo/desk")
    page.get_by_text("Masuk dengan kunci meja").click()
    page.get_by_label("Kunci meja").fill(TOKEN)
    page.get_by_role("button", name="Buka meja").click()
    expect(page.get_by_role("heading", name="Tugas", exact=True)).to_be_visible()


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_page_fits_and_is_open_to_all(visit: Visit, lang: str) -> None:
    visit.go(f"{PAGES[0]}?lang={lang}")
    assert (overflow(visit.page), grave(visit.page)) == (0, [])
    visit.page.evaluate(EVERY_FORM)
    assert (overflow(visit.page), grave(visit.page)) == (0, [])
    visit.page.locator("#token").fill(TOKEN)
    visit.page.locator("main details button").click()
    for path in PAGES[1:]:
        visit.go(path)
        visit.page.evaluate(EVERY_FORM)
        assert visit.page.locator("html").get_attribute("lang") == lang
        assert (path, overflow(visit.page)) == (path, 0)
        assert (path, grave(visit.page)) == (path, [])
        assert (path, visit.said) == (path, [])


def test_an_officer_goes_from_the_queue_to_a_case_and_decides(visit: Visit) -> None:
    page, done = visit.page, visit.office.done
    done.clear()
    come_in(page, visit.url)
    page.get_by_role("link", name="Pemeriksaan kelengkapan berkas").nth(2).click()
    expect(page.locator(".hero")).to_contain_text("SDA-2026-000001")
    page.get_by_text("Setujui", exact=True).click()
    expect(page.get_by_text("Persetujuan tidak dapat dibatalkan")).to_be_visible()
    page.get_by_role("button", name="Ya, setujui").click()
    expect(page.get_by_role("status")).to_contain_text("Langkah ini disetujui")
    assert done == [("approve", ident(1), ())]
    page.get_by_role("link", name="Kembali ke daftar tugas").click()
    expect(page).to_have_url(visit.url + QUEUE)


def test_a_refused_form_is_open_with_the_keyboard_at_what_is_wrong(visit: Visit) -> None:
    page = visit.page
    come_in(page, visit.url)
    visit.go(task(1))
    page.get_by_text("Kembalikan untuk diperbaiki", exact=True).click()
    page.get_by_label("Penjelasan kepada pemohon").fill("Perbaiki luasnya.")
    page.get_by_role("button", name="Kembalikan kepada pemohon").click()
    expect(page.locator("#problems")).to_be_focused()
    assert (overflow(page), grave(page)) == (0, [])
    expect(page.get_by_label("Penjelasan kepada pemohon")).to_have_value("Perbaiki luasnya.")
    page.locator("#problems").get_by_role("link").press("Enter")
    expect(page.get_by_label("Luas lantai")).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Kembalikan kepada pemohon").click()
    expect(page.get_by_role("status")).to_contain_text("dikembalikan kepada pemohon")


def test_rows_stay_a_table_for_whoever_listens_on_a_phone(visit: Visit) -> None:
    come_in(visit.page, visit.url)
    visit.go(task(1))
    table = visit.page.get_by_role("region", name="Langkah yang belum selesai").get_by_role("table")
    assert table.get_by_role("columnheader").count() == 3
    assert table.get_by_role("row").count() == 1 + len(CASES[ident(1)].steps)
    assert table.get_by_role("cell").count() == 2 * len(CASES[ident(1)].steps)


def test_everything_works_without_script(browser: Browser, live: tuple[str, FakeOffice]) -> None:
    url, office = live
    office.done.clear()
    context = browser.new_context(java_script_enabled=False, viewport={"width": PHONE, "height": 800})
    page = context.new_page()
    come_in(page, url)
    page.goto(url + task(3))
    page.get_by_text("Jalankan waktu lagi", exact=True).click()
    page.get_by_role("button", name="Jalankan waktu").click()
    expect(page.get_by_role("status")).to_contain_text("Waktu berjalan lagi")
    page.goto(url + task(1))
    page.get_by_text("Tolak", exact=True).click()
    page.get_by_role("button", name="Ya, tolak").click()
    expect(page.get_by_role("alert")).to_contain_text("wajib diisi")
    page.get_by_label("Alasan penolakan").fill("Berkas kabur.\nNIK salah.")
    page.get_by_role("button", name="Ya, tolak").click()
    expect(page.get_by_role("status")).to_contain_text("Langkah ini ditolak")
    assert [(act, what) for act, _, what in office.done][1:] == [("reject", ("Berkas kabur.", "NIK salah."))]
    page.get_by_role("button", name="Keluar").click()
    expect(page.get_by_role("status")).to_contain_text("Kunci telah dihapus")
    context.close()
