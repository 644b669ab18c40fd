"""Bills, payments and papers of money on the pages of an applicant, and what anybody is told of such a paper."""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from ptsp.web.money import drawn
from tests.web.bills import BILL, QR
from tests.web.browsing import Visit, grave, overflow
from tests.web.fakes import KEY, SIGNED, FakeOffice, make_app
from tests.web.test_pages import OWN, text_of

OPEN, PAID, CLOSED, DEMANDED = (f"/sidoarjo/bundles/SDA-2026-00000{at}?key={KEY}" for at in (1, 2, 3, 5))


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = make_app(FakeOffice())
    app.testing = True
    with app.test_client() as client:
        yield client


def money_of(client: FlaskClient, path: str, lang: str = "id") -> str:
    """What the section on bills and payments says."""
    page = client.get(f"{path}&lang={lang}").text
    found = re.search(r'<section aria-labelledby="bill".*?</section>', page, re.DOTALL)
    assert found is not None
    return text_of(found[0])


def test_each_line_is_told_down_to_its_inputs_and_rounding_with_its_legal_basis(client: FlaskClient) -> None:
    text = money_of(client, OPEN)
    for words in (
        "Isian: Luas lantai bangunan = 100 m²",
        "Isian: Fungsi bangunan = Hunian",
        "Fungsi bangunan = Hunian: ya",
        "Karena syarat itu terpenuhi, dipakai 0,5",
        "Luas lantai bangunan × 0,5 × 4.500 = 100 × 0,5 × 4.500 = 225.000",
        "Dibulatkan ke bilangan bulat (setengah ke atas): tetap 225.000",
        "asumsi Dasar hukum: Perda 1/2011 (standar layanan versi 3). Sumber: Lampiran perda",
        "4.1.2.03.01 · Bendahara Penerimaan",
    ):
        assert words in text


def test_a_quote_tells_the_same_before_lodging(client: FlaskClient) -> None:
    form = {"answer.imb.floor_area": "100", "answer.imb.floors": "2", "answer.imb.function": "housing"}
    page = client.post("/sidoarjo/submit?services=imb", data=form | {"do": "quote"}, headers=OWN)
    assert page.status_code == 200
    assert "Luas lantai bangunan × 0,5 × 4.500 = 100 × 0,5 × 4.500 = 225.000" in text_of(page.text)
    assert "Perda 1/2011" in page.text


def test_an_open_bill_says_what_to_pay_until_when_and_under_which_number(client: FlaskClient) -> None:
    text = money_of(client, OPEN)
    assert f"Nomor tagihan {BILL}" in text
    assert "Yang harus dibayar Rp230.000" in text
    assert "Paling lambat Jumat, 27 November 2026" in text
    assert "Nomor virtual account 8808 0126 2600 0000 12" in text
    assert "Belum dibayar" in text
    assert "Tidak ada pembayaran" not in text
    assert "Virtual account number 8808 0126 2600 0000 12" in money_of(client, OPEN, "en")


def test_a_qris_code_is_drawn_where_the_bank_gives_one_and_left_out_where_not(client: FlaskClient) -> None:
    assert "Kode QRIS untuk membayar Rp230.000" in client.get(OPEN).text
    assert "QRIS" not in money_of(client, DEMANDED)
    assert drawn(QR) in client.get(OPEN).text
    assert drawn(QR) != drawn(QR + "1")


def test_a_demand_says_on_what_it_is_interest_and_for_how_long(client: FlaskClient) -> None:
    text = money_of(client, DEMANDED)
    assert "Bunga karena SKRD/00017/SDA/2026 terlambat dibayar 2 bulan." in text
    assert "Alasan: Pembetulan luas &lt;bangunan&gt;." in text
    assert "Rp239.200" in text


def test_a_notice_that_was_warned_of_says_until_when_it_is_paid_without_more(client: FlaskClient) -> None:
    text = money_of(client, DEMANDED)
    assert "Surat teguran terbit Jumat, 4 Desember 2026" in text
    assert "sampai Jumat, 11 Desember 2026. Surat teguran (PDF)" in text
    assert "/verify/sidoarjo.warn-7QF2" in client.get(DEMANDED).text
    assert "A warning letter was issued on" in money_of(client, DEMANDED, "en")


def test_what_was_paid_says_who_received_what_and_what_goes_back(client: FlaskClient) -> None:
    text = money_of(client, PAID)
    assert "Yang harus dibayar" not in text
    assert "Rp232.000 Virtual account · 13 November 2026, 09.15 WIB" in text
    assert "Bangunan gedung Dinas Pekerjaan Umum" in text
    assert "Formulir Bendahara Penerimaan · 4.1.2.03.01 · SKRD/00017/SDA/2026" in text
    assert "Melebihi jumlah tagihan. Belum ditransfer. SKRDLB (PDF)" in text
    assert (
        "Retribusinya dihitung kembali dan lebih kecil. Ditransfer Minggu, 22 November 2026, referensi SP2D/0077"
        in text
    )


def test_what_stands_no_more_says_so_and_is_not_asked_for(client: FlaskClient) -> None:
    text = money_of(client, CLOSED)
    assert "Dibatalkan Jumat, 20 November 2026. Alasan: permohonan ditarik &lt;kembali&gt;." in text
    assert "Gugur Jumat, 20 November 2026." in text
    assert "Menambah SKRD/00017/SDA/2026." in text
    assert "Tidak ada pembayaran untuk tagihan ini." in text
    assert "Yang harus dibayar" not in text
    assert "Rp0" in text


def test_the_papers_are_downloaded_with_the_key_and_by_nobody_else(client: FlaskClient) -> None:
    links = [
        link
        for path in (OPEN, PAID, DEMANDED)
        for link in re.findall(r'href="([^"]+/papers/[^"]+)"', client.get(path).text)
    ]
    names = [re.sub(r".*/papers/|/\d.*", "", link) for link in links]
    assert sorted(names) == ["SKRD", "SKRD", "SKRD", "SKRDLB", "SKRDLB", "SSRD", "STRD", "TEGURAN"]
    for link, name in zip(links, names, strict=True):
        answer = client.get(link.replace("&amp;", "&"))
        assert answer.data == SIGNED
        assert answer.headers["Content-Disposition"].startswith(f"attachment; filename={name}-")
        assert answer.headers["Cache-Control"] == "no-store"
        assert client.get(link.replace(KEY, "wrong")).status_code == 404
    assert client.get(f"/sidoarjo/bundles/SDA-2026-000001/papers/XX/1?key={KEY}").status_code == 404


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("skrd", ("dokumennya berlaku", "Surat ketetapan retribusi (SKRD)", "Rp230.000", "Belum dibayar")),
        ("gone", ("Surat ini sudah dibatalkan", "Dibatalkan , Jumat, 20 November 2026")),
        ("late", ("Tagihan surat ini sudah gugur", "Surat tagihan retribusi (STRD)")),
        ("warn", ("dokumennya berlaku", "Surat teguran", "TEGURAN/00002/SDA/2026", "Belum dibayar")),
        ("ssrd", ("dokumennya berlaku", "Bukti setoran (SSRD)", "Diterima")),
        ("lb", ("dokumennya berlaku", "Surat ketetapan lebih bayar (SKRDLB)", "Belum ditransfer kembali")),
    ],
    ids=["notice", "cancelled", "lapsed", "warning", "receipt", "refund"],
)
def test_anybody_is_told_how_a_paper_stands_and_no_name(
    client: FlaskClient, code: str, said: tuple[str, ...]
) -> None:
    page = client.get(f"/verify/sidoarjo.{code}-7QF2").text
    text = (
        text_of(page).replace(" ,", ",")
        if code != "gone"
        else text_of(page).replace("Dibatalkan,", "Dibatalkan ,")
    )
    for words in said:
        assert words in text
    assert "Pemohon" not in text
    assert ("P****** &lt;script&gt;" in page) is (code != "lb")


def test_a_file_of_a_notice_is_judged_like_a_permits(client: FlaskClient) -> None:
    form = {"file": (BytesIO(SIGNED + b" notice"), "skrd.pdf")}
    page = client.post("/verify", data=form, headers=OWN).text
    assert "Berkas asli dan utuh" in page
    assert "SKRD/00017/SDA/2026" in page


def test_bills_can_be_read_and_unfolded_in_a_browser(visit: Visit) -> None:
    page = visit.page
    for lang, summary in (("id", "Cara menghitung"), ("en", "How it is reckoned")):
        for path in (OPEN, PAID, CLOSED, DEMANDED):
            visit.go(f"{path}&lang={lang}")
            for one in page.locator(".money summary").all():
                one.click()
            assert (path, lang, overflow(page)) == (path, lang, 0)
            assert (path, lang, grave(page)) == (path, lang, [])
        visit.go(f"{OPEN}&lang={lang}")
        page.locator(".money summary", has_text=summary).first.press("Enter")
        expect(page.locator(".reckoning").first).to_be_visible()
    assert visit.said == []


def test_the_number_to_pay_is_copied_without_gaps_and_the_code_is_large_enough(visit: Visit) -> None:
    visit.go(OPEN)
    assert visit.page.locator(".digits").evaluate("one => one.textContent") == "880801262600000012"
    box = visit.page.locator(".qr svg").bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(box["height"])
    assert box["width"] >= 200
