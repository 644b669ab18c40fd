"""Every page in both languages: answers, escapes, guards, and what it says in each state."""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import encode_multipart

from ptsp.flows.views import NoticeView
from ptsp.web.tracking import fee_state, sentence, told_once
from tests.web.bills import notice
from tests.web.bundles import BUNDLES
from tests.web.fakes import KEY, PAPERS, SIGNED, FakeOffice, make_app

OWN = {"Origin": "http://localhost"}
ALL_SERVICES = "services=imb&services=ho&services=rekomendasi_lokasi&services=siup"
PAGES = (
    "/",
    "/?q=imb&region=35&pattern=one_door",
    "/?q=nothing-like-this",
    "/sidoarjo/",
    "/bontang/",
    "/sidoarjo/services/imb",
    "/sidoarjo/services/siup",
    "/sidoarjo/submit",
    f"/sidoarjo/submit?{ALL_SERVICES}",
    "/verify",
    "/verify/sidoarjo.imb-7QF2",
    "/verify/sidoarjo.old-7QF2",
    "/verify/sidoarjo.no-7QF2",
    "/verify/nobody-knows",
    *(f"/verify/{code}" for code in PAPERS),
    *(f"/sidoarjo/bundles/{reference}?key={KEY}" for reference in BUNDLES),
)
MISSING = (
    "/nowhere/",
    "/nowhere/submit",
    "/sidoarjo/services/nothing",
    "/sidoarjo/bundles/SDA-2026-000001?key=wrong",
    "/sidoarjo/bundles/SDA-2026-000001",
    "/sidoarjo/bundles/SDA-2026-999999?key=right-key",
    "/sidoarjo/bundles/SDA-2026-000001/documents/503/IMB/0001/2026?key=wrong",
    "/bontang/bundles/SDA-2026-000001?key=right-key",
    "/a/b/c/d",
    "/assets/nothing.css",
)


@pytest.fixture
def app() -> Flask:
    return make_app(FakeOffice())


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    app.testing = True
    with app.test_client() as client:
        yield client


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_both_languages_under_a_strict_policy(
    client: FlaskClient, path: str, lang: str
) -> None:
    client.set_cookie("ptsp_lang", lang)
    answer = client.get(path)
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r'\sstyle="|\son\w+="|<style|<script(?! src="/assets/)', answer.text)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)
    ids = re.findall(r'\sid="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("path", MISSING)
def test_what_is_not_there_is_our_own_404(client: FlaskClient, path: str, lang: str) -> None:
    answer = client.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
    assert answer.status_code == 404
    assert {"id": "Halaman tidak ditemukan", "en": "Page not found"}[lang] in answer.text


def test_an_unknown_path_of_the_api_is_left_to_the_api(client: FlaskClient) -> None:
    assert "Halaman tidak ditemukan" not in client.get("/api/v1/nothing").text


def test_a_language_once_asked_for_is_remembered_in_a_lax_cookie(client: FlaskClient) -> None:
    cookie = client.get("/?lang=en").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert '<html lang="en">' in client.get("/").text
    assert '<html lang="id">' in client.get("/?lang=id").text


def test_an_unknown_language_is_indonesian(client: FlaskClient) -> None:
    assert '<html lang="id">' in client.get("/?lang=xx").text


def test_the_language_switch_stays_on_the_page_with_its_key(client: FlaskClient) -> None:
    page = client.get("/sidoarjo/bundles/SDA-2026-000001?key=right-key").text
    assert 'href="/sidoarjo/bundles/SDA-2026-000001?key=right-key&amp;lang=en"' in page


def test_names_are_escaped(client: FlaskClient) -> None:
    page = client.get(f"/sidoarjo/bundles/SDA-2026-000001?key={KEY}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "P****** &lt;script&gt;" in client.get("/verify/sidoarjo.imb-7QF2").text
    assert "<b>" not in text_of(client.get("/?q=<b>x</b>").text)


def test_offices_are_found_by_words_province_and_pattern(client: FlaskClient) -> None:
    def found(query: str) -> list[str]:
        return re.findall(r'<h2><a href="/(\w+)/"', client.get(f"/?{query}").text)

    assert found("") == ["sidoarjo", "bontang"]
    assert found("q=SIDOARJO") == ["sidoarjo"]
    assert found("q=izin+gangguan") == ["sidoarjo"]
    assert found("region=64") == ["bontang"]
    assert found("pattern=one_roof") == ["bontang"]
    assert found("q=nothing-like-this") == []


def test_a_standard_shows_its_fourteen_components_and_marks_what_is_assumed(client: FlaskClient) -> None:
    page = client.get("/sidoarjo/services/imb").text
    assert re.findall(r'<span class="count">(\d+)</span>', page) == [str(number) for number in range(1, 15)]
    text = text_of(page)
    assert "asumsi Sumber: Batas umum Permendagri 24/2006" in text
    assert "terkonfirmasi Sumber: PUPR 05/2016 lampiran V" in text
    assert "Bila Jumlah lantai &gt; 2 dan Fungsi bangunan = “Usaha”" in page
    assert "Penandatanganan Izin Mendirikan Bangunan (IMB)" in page
    assert "Terpenuhi oleh Rekomendasi lokasi bila diajukan bersama." in text


def test_a_free_service_has_no_payment_in_its_route(client: FlaskClient) -> None:
    page = client.get("/sidoarjo/services/siup").text
    assert "Gratis" in page
    assert "Pembayaran retribusi" not in page


@pytest.mark.parametrize(
    ("charge", "notices", "expected"),
    [
        ("blocked", (), "later"),
        ("running", (), "later"),
        ("blocked", (notice("open"),), "known"),
        ("cut", (), "known"),
        ("approved", (notice("settled"),), "known"),
        (None, (), "free"),
    ],
)
def test_a_fee_that_is_still_to_be_set_is_not_called_free(
    charge: str | None, notices: tuple[NoticeView, ...], expected: str
) -> None:
    bundle = BUNDLES["SDA-2026-000001"]
    others = tuple(task for task in bundle.tasks if task.kind != "charge")
    charges = tuple(replace(task, state=charge) for task in bundle.tasks if charge and task.kind == "charge")
    assert fee_state(replace(bundle, tasks=others + charges, notices=notices)) == expected


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        (
            "SDA-2026-000001",
            "sedang diproses di Dinas Perumahan, Permukiman dan Tata Ruang dan Kantor Pertanahan (BPN)",
        ),
        ("SDA-2026-000002", "Selesai: semua (4) dokumen telah terbit."),
        ("SDA-2026-000003", "Selesai sebagian: 2 dari 3 disetujui"),
        ("SDA-2026-000004", "Permohonan ditolak"),
        ("SDA-2026-000005", "Menunggu pembayaran Rp239.200, paling lambat Jumat, 27 November 2026."),
        ("SDA-2026-000006", "0 dari 16 langkah selesai"),
    ],
)
def test_tracking_says_in_one_sentence_where_a_bundle_stands(
    client: FlaskClient, reference: str, sentence: str
) -> None:
    page = client.get(f"/sidoarjo/bundles/{reference}?key={KEY}").text
    assert sentence in text_of(page)


def test_what_a_desk_answers_is_not_said_to_lie_with_the_agency(app: Flask) -> None:
    bundle = BUNDLES["SDA-2026-000001"]
    desk = {"id": "Loket Pendaftaran", "en": "Front office"}
    tasks = [replace(task, desk_name=desk) if task.agency == "land" else task for task in bundle.tasks]
    with app.test_request_context("/"):
        app.preprocess_request()
        said = sentence(replace(bundle, tasks=tuple(tasks)))
    assert "Tata Ruang dan Loket Pendaftaran; " in said


def test_what_happens_again_and_again_is_told_once_with_how_often() -> None:
    lodged, checked, known = BUNDLES["SDA-2026-000001"].events[:3]
    again = [replace(checked, seq=seq) for seq in (4, 5, 6)]
    told = told_once([lodged, checked, known, *again])
    assert [(event.seq, times) for event, times in told] == [(6, 3), (3, 1), (2, 1), (1, 1)]
    assert told_once([]) == []


def test_tracking_draws_and_lists_the_same_tasks(client: FlaskClient) -> None:
    page = client.get(f"/sidoarjo/bundles/SDA-2026-000003?key={KEY}").text
    assert len(re.findall(r'data-node="\d+"', page)) == 16
    assert len(re.findall(r'<li class="s-\w+">', page)) == 16
    text = text_of(page)
    assert "16, digabung dari 25" in text
    assert "Tidak dilanjutkan" in text
    assert "Luas bangunan melebihi koefisien dasar bangunan." in text


def test_a_signed_document_is_downloaded_under_its_name(client: FlaskClient) -> None:
    page = client.get(f"/sidoarjo/bundles/SDA-2026-000002?key={KEY}").text
    link = re.search(r'href="([^"]+/documents/[^"]+)"', page)
    assert link is not None
    answer = client.get(link[1].replace("&amp;", "&"))
    assert answer.data == SIGNED
    assert "attachment; filename=503-IMB-0001-2026.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_code_is_looked_up(client: FlaskClient) -> None:
    answer = client.get("/verify?code=+sidoarjo.imb-7QF2+")
    assert answer.headers["Location"] == "/verify/sidoarjo.imb-7QF2"
    assert "dokumennya berlaku" in client.get("/verify/sidoarjo.imb-7QF2").text
    assert "tidak berlaku lagi" in client.get("/verify/sidoarjo.old-7QF2").text
    assert "tidak terdaftar" in client.get("/verify/nobody-knows").text
    assert "surat ini bukan izin" in client.get("/verify/sidoarjo.no-7QF2").text
    assert client.get("/verify?code=").status_code == 422


def test_a_file_is_judged(client: FlaskClient) -> None:
    def verify(data: bytes) -> tuple[int, str]:
        form = {"file": (BytesIO(data), "izin <b>.pdf")}
        answer = client.post("/verify", data=form, headers=OWN)
        return answer.status_code, answer.text

    assert "Berkas asli dan utuh" in verify(SIGNED)[1]
    status, page = verify(SIGNED + b"x")
    assert status == 200
    assert "Berkas tidak dapat dipercaya" in page
    assert "Isi berkas berubah sesudah ditandatangani." in page
    assert "izin &lt;b&gt;.pdf" in page
    assert verify(b"")[0] == 422


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://localhost.elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
@pytest.mark.parametrize("path", ["/verify", "/sidoarjo/submit?services=siup"])
def test_a_form_from_elsewhere_is_refused(client: FlaskClient, path: str, headers: dict[str, str]) -> None:
    answer = client.post(path, data={"do": "lodge"}, headers=headers)
    assert answer.status_code == 403
    assert "Tidak diizinkan" in answer.text


def test_a_request_over_the_limit_is_refused_with_a_page(client: FlaskClient) -> None:
    boundary, body = encode_multipart({"more": "x" * 2_000_000})
    kind = f"multipart/form-data; boundary={boundary}"
    answer = client.post("/verify", data=body, content_type=kind, headers=OWN)
    assert answer.status_code == 413
    assert "Kiriman terlalu besar" in answer.text


def test_a_fault_of_ours_has_a_calm_page_and_tells_nothing(app: Flask) -> None:
    def broken(code: str) -> None:
        raise RuntimeError("a secret of the house")

    app.extensions["ptsp.pages"].office.verify_code = broken
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/verify/x")
    assert answer.status_code == 500
    assert "Terjadi gangguan" in answer.text
    assert "secret" not in answer.text


def test_posting_where_nothing_is_taken_is_405(client: FlaskClient) -> None:
    answer = client.post("/sidoarjo/services/imb", headers=OWN)
    assert answer.status_code == 405
