"""The treasurer's pages on the real platform, in a real browser at phone and desk width."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from ptsp.flows.open_desk import open_desk
from ptsp.infra.work import begin
from ptsp.main.wiring import engine_for
from tests.flows.treasurers import as_csv, billed, cash_on, imported, moved, reconciled
from tests.offices import Office
from tests.web.browsing import DESK, PHONE, grave, overflow

OWN = {"Origin": "http://localhost"}
HOME = "/sidoarjo/desk/money"
PAGES = (HOME, f"{HOME}/statements", f"{HOME}/differences", f"{HOME}/revenue")
EVERY_FORM = "document.querySelectorAll('details').forEach(one => one.open = true)"


def token_of(office: Office, agency: str, officer: str | None) -> str:
    owner = engine_for(office.settings, "ptsp_owner", pool_size=1)
    try:
        with begin(owner, office.tenant, actor="test") as work:
            return open_desk(work, agency, officer)
    finally:
        owner.dispose()


@pytest.fixture
def treasurer(office: Office, client: FlaskClient) -> FlaskClient:
    client.post("/sidoarjo/desk", data={"token": token_of(office, "treasurer", "loket-kas")}, headers=OWN)
    return client


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(customer_no|amount|key)" value="([^"]*)">', page))


@pytest.mark.parametrize("path", [*PAGES, f"{HOME}/revenue.xlsx"])
def test_only_the_treasurers_token_opens_the_pages(office: Office, client: FlaskClient, path: str) -> None:
    assert client.get(path).location == "/sidoarjo/desk"
    client.post("/sidoarjo/desk", data={"token": token_of(office, "front_office", None)}, headers=OWN)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "act", ["cash", "deposit", "statements", f"differences/{'0' * 8}-0000-4000-8000-{'0' * 12}/close"]
)
def test_nobody_else_does_anything(office: Office, client: FlaskClient, act: str) -> None:
    form = {"day": "2026-03-02", "reference": "x", "amount": "1", "key": "k", "customer_no": "1"}
    assert client.post(f"{HOME}/{act}", data=form, headers=OWN).location == "/sidoarjo/desk"
    client.post("/sidoarjo/desk", data={"token": token_of(office, "head", None)}, headers=OWN)
    assert client.post(f"{HOME}/{act}", data=form, headers=OWN).status_code == 404
    assert client.get(f"{HOME}/papers/SSRD/000001/SDA/2026").status_code == 404
    assert client.post(f"{HOME}/{act}", data=form).status_code == 403  # not from our own pages
    assert office.rows("SELECT count(*) FROM app.payment") == [(0,)]


def test_cash_is_taken_once_and_its_receipt_is_told(office: Office, treasurer: FlaskClient) -> None:
    customer_no, total = billed(office)
    page = treasurer.get(HOME, query_string={"number": f"88888{customer_no}"})
    form = hidden(page.text)
    assert (form["customer_no"], form["amount"]) == (customer_no, str(total))
    assert "P****** C*****" in page.text
    answers = [treasurer.post(f"{HOME}/cash", data=form, headers=OWN) for _ in range(2)]
    assert {one.status_code for one in answers} == {303}
    assert answers[0].location == answers[1].location
    assert office.rows("SELECT amount, taken_by FROM app.payment") == [(total, "loket-kas")]
    ((receipt,),) = office.rows("SELECT receipt FROM app.payment")
    assert receipt in text_of(treasurer.get(answers[0].location).text)
    paper = treasurer.get(f"{HOME}/papers/{receipt}")
    assert (paper.status_code, paper.data[:5], paper.headers["Cache-Control"]) == (200, b"%PDF-", "no-store")
    assert treasurer.get(f"{HOME}/papers/SSRD/999999/SDA/2026").status_code == 404
    other = treasurer.post(f"{HOME}/cash", data={**form, "key": "another"}, headers=OWN)
    assert other.status_code == 409
    assert "Keadaannya sudah berubah" in other.text
    assert "Tagihan ini sudah dibayar" in other.text


@pytest.mark.parametrize(
    ("amount", "said"),
    [("1", "Jumlah harus tepat"), ("x", "tulis sebagai angka"), ("", "tulis sebagai angka")],
)
def test_another_amount_is_refused_with_the_right_one(
    office: Office, treasurer: FlaskClient, amount: str, said: str
) -> None:
    customer_no, _ = billed(office)
    form = {"customer_no": customer_no, "amount": amount, "key": "k"}
    answer = treasurer.post(f"{HOME}/cash", data=form, headers=OWN)
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert office.rows("SELECT count(*) FROM app.payment") == [(0,)]


def test_an_unknown_number_is_told_so(treasurer: FlaskClient) -> None:
    answer = treasurer.get(HOME, query_string={"number": "<b>1</b>"})
    assert answer.status_code == 404
    assert "Tidak ada tagihan dengan nomor ini." in answer.text
    assert "<b>1</b>" not in answer.text


def test_a_forged_link_announces_no_receipt(treasurer: FlaskClient) -> None:
    assert 'role="status"' not in treasurer.get(HOME, query_string={"taken": "SSRD/1"}).text


def test_a_deposit_ends_the_warning(office: Office, treasurer: FlaskClient) -> None:
    cash_on(office, 5_000, "2026-03-02T10:00:00+07:00")
    assert "Rp5.000 kas terlambat disetor." in treasurer.get(HOME).text
    blank = treasurer.post(f"{HOME}/deposit", data={"day": "2026-03-02", "reference": " "}, headers=OWN)
    assert blank.status_code == 422
    assert 'aria-describedby="reference-2026-03-02-hint reference-2026-03-02-fault"' in blank.text
    form = {"day": "2026-03-02", "reference": "BDG-1"}
    done = treasurer.post(f"{HOME}/deposit", data=form, headers=OWN)
    assert done.status_code == 303
    after = treasurer.get(done.location).text
    assert "Setoran sudah dicatat." in after
    assert "terlambat" not in after
    assert treasurer.post(f"{HOME}/deposit", data=form, headers=OWN).status_code == 409
    assert treasurer.post(f"{HOME}/deposit", data={"day": "2026"}, headers=OWN).status_code == 404


def send(client: FlaskClient, data: bytes, name: str = "mutasi.csv"):
    return client.post(f"{HOME}/statements", data={"file": (BytesIO(data), name)}, headers=OWN)


def test_a_wrong_file_is_refused_with_every_place(treasurer: FlaskClient) -> None:
    answer = send(treasurer, b"date;reference;amount;description\nx;R-1;1,5;y\n")
    assert answer.status_code == 422
    told = text_of(answer.text)
    assert "baris 2, kolom date: harus tanggal seperti 2026-03-02 atau 02/03/2026." in told
    assert "baris 2, kolom amount: harus rupiah bulat tanpa sen." in told
    assert send(treasurer, b"").status_code == 422
    assert "Belum ada rekening koran yang diimpor." in treasurer.get(f"{HOME}/statements").text


def test_an_import_says_what_it_did(office: Office, treasurer: FlaskClient) -> None:
    moved(office, 5_000, "R-1", "2026-03-02")
    data = as_csv([("2026-03-02", "R-1", "", 5_000), ("2026-03-02", "R-2", "", 1_000)])
    assert "2 mutasi baru, 0 sudah dikenal, 1 cocok. 1 selisih terbuka" in text_of(send(treasurer, data).text)
    assert "Berkas ini sudah pernah diimpor. 0 mutasi baru" in text_of(send(treasurer, data).text)


def test_differences_are_paged(office: Office, treasurer: FlaskClient) -> None:
    imported(office, [("2026-03-02", f"R-{number:02}", "", 100) for number in range(30)])
    first = treasurer.get(f"{HOME}/differences").text
    second = treasurer.get(f"{HOME}/differences", query_string={"page": 2}).text
    assert (first.count("Bukukan sebagai pembayaran"), second.count("Bukukan sebagai pembayaran")) == (25, 5)
    for page in ("0", "x", "-1", "٣", "999999"):
        assert treasurer.get(f"{HOME}/differences", query_string={"page": page}).status_code == 404


def test_the_workbook_is_what_the_page_says(office: Office, treasurer: FlaskClient) -> None:
    customer_no, total = billed(office)
    form = hidden(treasurer.get(HOME, query_string={"number": customer_no}).text)
    treasurer.post(f"{HOME}/cash", data=form, headers=OWN)
    page = treasurer.get(f"{HOME}/revenue").text
    assert f"Rp{total:,}".replace(",", ".") in text_of(page)
    sheet = treasurer.get(f"{HOME}/revenue.xlsx")
    assert "attachment" in sheet.headers["Content-Disposition"]
    book = openpyxl.load_workbook(BytesIO(sheet.data))
    assert book["Per rekening"].cell(book["Per rekening"].max_row, 6).value == total


@pytest.mark.parametrize(
    "query", [{"from": "x"}, {"from": "2026-03-02", "to": "2026-03-01"}, {"from": "1999-01-01"}]
)
def test_a_period_that_makes_no_sense_is_told(treasurer: FlaskClient, query: dict[str, str]) -> None:
    assert treasurer.get(f"{HOME}/revenue", query_string=query).status_code == 422
    assert treasurer.get(f"{HOME}/revenue.xlsx", query_string=query).status_code == 422


# ----------------------------------------------------------------------------------------- in Chromium


@dataclass
class Counter:
    """A browser at the treasurer's desk, on the real platform."""

    url: str
    page: Page
    office: Office
    said: list[str]

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def is_sound(self) -> None:
        self.page.evaluate(EVERY_FORM)
        assert (overflow(self.page), grave(self.page), self.said) == (0, [], [])


@pytest.fixture
def live_app(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="pages")
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[PHONE, DESK])
def counter(
    request: pytest.FixtureRequest, browser: Browser, live_app: str, office: Office
) -> Iterator[Counter]:
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    page, said = context.new_page(), []
    page.on("console", lambda told: said.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{live_app}/sidoarjo/desk")
    page.get_by_text("Masuk dengan kunci meja").click()
    page.get_by_label("Kunci meja").fill(token_of(office, "treasurer", "loket-kas"))
    page.get_by_role("button", name="Buka meja").click()
    yield Counter(live_app, page, office, said)
    context.close()


@pytest.mark.parametrize("lang", ["id", "en"])
def test_empty_pages_are_sound(counter: Counter, lang: str) -> None:
    counter.page.get_by_role("link", name="Buka meja bendahara").click()
    for path in PAGES:
        counter.go(f"{path}?lang={lang}")
        counter.is_sound()


def test_a_day_at_the_till(counter: Counter) -> None:
    """Cash, its deposit and the day's revenue, in the browser alone."""
    page, office = counter.page, counter.office
    cash_on(office, 1_250_000, "2026-03-02T10:00:00+07:00")
    customer_no, total = billed(office)
    counter.go(HOME)
    page.get_by_label("Nomor tagihan").fill(customer_no)
    page.get_by_role("button", name="Cari tagihan").click()
    expect(page.get_by_role("button", name="Terima Rp", include_hidden=True)).to_have_count(1)
    counter.is_sound()
    page.get_by_role("button", name="Terima Rp").click()
    expect(page.get_by_role("status")).to_contain_text("SSRD/")
    counter.is_sound()
    page.get_by_label("Nomor bukti setor").first.fill("BDG-1")
    page.get_by_role("button", name="Catat setoran").first.click()
    expect(page.get_by_role("status")).to_contain_text("Setoran sudah dicatat.")
    page.get_by_role("link", name="Penerimaan").click()
    expect(page.get_by_text(f"Rp{total:,}".replace(",", ".")).first).to_be_visible()
    counter.is_sound()
    with page.expect_download() as download:
        page.get_by_role("link", name="Unduh XLSX").click()
    book = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()))
    assert book.sheetnames == ["Harian", "Per rekening", "Pengembalian"]


def test_a_statement_and_its_differences(counter: Counter, tmp_path: Path) -> None:
    """A statement is imported and every difference ended, in the browser alone."""
    page, office = counter.page, counter.office
    long = "REFERENSI-YANG-SANGAT-PANJANG-DARI-BANK-0000000000000001"
    moved(office, 5_000, long, "2026-03-02")
    file = tmp_path / "mutasi-rekening-kas-daerah-bank-pembangunan-daerah-2026.csv"
    unknown = "88889999999999"
    file.write_bytes(as_csv([("2026-03-02", long, "", 4_000), ("2026-03-02", "X-1", unknown, 7_000)]))
    counter.go(f"{HOME}/statements")
    page.get_by_label("Berkas").set_input_files(file)
    page.get_by_role("button", name="Impor dan cocokkan").click()
    expect(page.get_by_role("status")).to_contain_text("2 selisih terbuka")
    counter.is_sound()
    page.get_by_role("status").get_by_role("link").click()
    expect(page).to_have_url(re.compile("/differences$"))
    counter.is_sound()
    page.get_by_role("button", name="Bukukan").click()
    expect(page.get_by_role("status")).to_contain_text("kelebihan bayar")
    page.get_by_text("Tutup dengan alasan", exact=True).click()
    page.get_by_role("button", name="Tutup selisih").click()
    expect(page.get_by_label("Alasan")).to_have_attribute("aria-invalid", "true")
    counter.said.clear()  # the browser tells its console of the 422
    counter.is_sound()
    page.get_by_label("Alasan").fill("Biaya transfer dipotong bank.")
    page.get_by_role("button", name="Tutup selisih").click()
    expect(page.get_by_text("Tidak ada selisih yang terbuka.")).to_be_visible()
    counter.is_sound()
    assert reconciled(office).unreconciled == 0
