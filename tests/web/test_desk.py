"""The officers' pages: the door, the queue, the case, and what each form sends on or says is wrong."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from ptsp.flows.steer_clock import Steering
from ptsp.kernel.limits import Limit
from tests.web.desk_fake import PLAIN_TOKEN, TOKEN
from tests.web.desks import CASES, NOTHING, STOOD, ident
from tests.web.fakes import FakeOffice, make_app

OWN = {"Origin": "http://localhost"}
DOOR, QUEUE = "/sidoarjo/desk", "/sidoarjo/desk/queue"
ACTS = ("take", "release", "approve", "reject", "return", "take-back", "stop", "resume", "extend")


def task(number: int) -> str:
    return f"/sidoarjo/desk/tasks/{ident(number)}"


PAGES = (
    QUEUE,
    f"{QUEUE}?tab=mine",
    f"{QUEUE}?tab=held",
    f"{QUEUE}?after=place",
    *(task(n) for n in range(1, 7)),
)


@pytest.fixture(scope="module")
def pages() -> tuple[Flask, FakeOffice]:
    office = FakeOffice()
    app = make_app(office)
    app.testing = True
    return app, office


@pytest.fixture
def office(pages: tuple[Flask, FakeOffice]) -> FakeOffice:
    pages[1].done.clear()
    return pages[1]


@pytest.fixture
def client(pages: tuple[Flask, FakeOffice]) -> Iterator[FlaskClient]:
    with pages[0].test_client() as client:
        yield client


@pytest.fixture
def officer(client: FlaskClient) -> FlaskClient:
    come_in(client, TOKEN)
    return client


def come_in(client: FlaskClient, token: str) -> str:
    answer = client.post(DOOR, data={"token": f" {token} "}, headers=OWN)
    assert (answer.status_code, answer.location) == (303, QUEUE)
    return answer.headers["Set-Cookie"]


def send(client: FlaskClient, number: int, act: str, **data: object):
    return client.post(f"{task(number)}/{act}", data=MultiDict(data), headers=OWN)


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# ------------------------------------------------------------------------------------------- the door


def test_the_token_is_kept_where_no_script_and_no_other_page_or_site_reaches_it(client: FlaskClient) -> None:
    cookie = come_in(client, TOKEN)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/sidoarjo/desk" in cookie
    assert "Secure" not in cookie
    assert client.get(DOOR).location == QUEUE
    assert client.get("/bontang/desk/queue").location == "/bontang/desk"


def test_over_https_the_cookie_is_secure(office: FakeOffice) -> None:
    app = make_app(office, secure_cookies=True)
    assert "Secure" in come_in(app.test_client(), TOKEN)


@pytest.mark.parametrize("token", ["", "no-such", "é", "x" * 5000, TOKEN + "x", "\u2028"])
def test_a_wrong_token_is_told_so_and_nothing_else(client: FlaskClient, token: str) -> None:
    answer = client.post(DOOR, data={"token": token}, headers=OWN)
    assert answer.status_code == 403
    assert "Kunci ini tidak membuka meja mana pun di kantor ini." in answer.text
    assert "Set-Cookie" not in answer.headers
    assert token not in answer.text or not token
    abroad = client.post("/bontang/desk", data={"token": TOKEN}, headers=OWN)
    assert abroad.status_code == 403
    assert text_of(abroad.text).split("Kunci meja")[1] == text_of(answer.text).split("Kunci meja")[1]


@pytest.mark.parametrize("path", [*PAGES, f"{task(1)}/documents/{ident(50)}"])
@pytest.mark.parametrize("token", [None, "revoked"])
def test_without_a_token_every_page_leads_to_the_door(
    client: FlaskClient, path: str, token: str | None
) -> None:
    if token:
        client.set_cookie("ptsp_desk", token, path=DOOR)
    answer = client.get(path)
    assert (answer.status_code, answer.location) == (303, DOOR)
    page = client.get(DOOR)
    assert page.status_code == 200
    assert ("tidak berlaku lagi" in page.text) is bool(token)


@pytest.mark.parametrize("act", ACTS)
def test_without_a_token_nothing_is_done(office: FakeOffice, client: FlaskClient, act: str) -> None:
    assert send(client, 1, act, reason="force_majeure").location == DOOR
    assert office.done == []


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}])
def test_a_form_of_another_site_does_nothing(
    office: FakeOffice, officer: FlaskClient, act: str, headers: dict[str, str]
) -> None:
    answer = officer.post(f"{task(1)}/{act}", data={"reason": "force_majeure"}, headers=headers)
    assert answer.status_code == 403
    assert office.done == []
    assert officer.post(f"{DOOR}/leave", headers=headers).status_code == 403


def test_whoever_leaves_has_to_show_the_token_again(officer: FlaskClient) -> None:
    answer = officer.post(f"{DOOR}/leave", headers=OWN)
    assert answer.location == f"{DOOR}?left=1"
    assert officer.get(QUEUE).location == DOOR
    assert "Kunci telah dihapus" in officer.get(answer.location).text


# ------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_both_languages_under_a_strict_policy(
    officer: FlaskClient, path: str, lang: str
) -> None:
    officer.set_cookie("ptsp_lang", lang)
    answer = officer.get(path)
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r'\sstyle="|\son\w+="|<style|<script(?! src="/assets/)', answer.text)
    assert "<script>alert" not in answer.text
    ids = re.findall(r'\sid="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))
    for name in re.findall(r'<label for="([^"]+)"', answer.text):
        assert name in ids


@pytest.mark.parametrize("path", [f"{QUEUE}?tab=none", task(99), "/sidoarjo/desk/tasks/1", "/nowhere/desk"])
def test_what_is_not_there_is_our_404(officer: FlaskClient, path: str) -> None:
    assert officer.get(path).status_code == 404


def test_the_queue_says_when_each_is_due_in_words(officer: FlaskClient) -> None:
    page = officer.get(QUEUE).text
    said = re.findall(r'<p class="due"><b>([^<]+)', page)
    assert said == [
        "Terlambat 2 hari kerja",
        "Jatuh tempo hari ini",
        "Jatuh tempo Kamis, 12 November 2026",
        "Tertahan",
        "Tertahan",
    ]
    assert "pemohon tidak di tempat saat peninjauan" in page
    assert "Diambil oleh loket-9" in page
    assert "semula 20 Nov 2026" in page
    assert 'after=place"' in page


def test_each_list_is_a_tab_and_only_a_named_officer_has_one(client: FlaskClient) -> None:
    come_in(client, PLAIN_TOKEN)
    assert "tab=mine" not in client.get(QUEUE).text
    come_in(client, TOKEN)
    page = client.get(f"{QUEUE}?tab=mine").text
    assert re.search(r'tab=mine" aria-current="page"', page)
    assert re.findall(r"SDA-2026-\d+", page) == ["SDA-2026-000002"]


def test_a_case_names_who_is_critical_and_the_slack_of_the_others(officer: FlaskClient) -> None:
    page = officer.get(task(1)).text
    assert (
        "Tanggal janji sekarang bergantung pada Loket pendaftaran (Pemeriksaan kelengkapan berkas); "
        "Dinas Pekerjaan Umum dan Bina Marga (Peninjauan lapangan)."
    ) in page
    table = page.split('id="steps"')[1].split("</table>")[0]
    rows = [text_of(row) for row in re.findall(r'<tr role="row".*?</tr>', table, re.S)][1:]
    assert [("Kritis" in row) for row in rows] == [True, False, True, False, True]
    assert rows[1].endswith("Menunggu 4 hari kerja")
    assert rows[2].endswith("Terlambat 3 hari kerja Kritis janji sudah mundur 2 hari kerja")
    assert "gangguan sistem" in rows[3]


def test_a_case_says_whose_days_they_were(officer: FlaskClient) -> None:
    page = text_of(officer.get(task(2)).text)
    assert "Dinas Pekerjaan Umum dan Bina Marga 28 31 3 Kepala Dinas Penanaman Modal dan PTSP 2 2 1" in page
    assert "Pemohon sudah menunggu 8 hari (6 hari kerja). Terlambat 4 hari kerja" in page
    assert "Waktu belum dihitung. Dihitung sejak selesainya langkah: Pemeriksaan kelengkapan berkas." in page


def test_a_case_shows_answers_as_people_write_them(officer: FlaskClient) -> None:
    page = officer.get(task(1)).text
    assert "1.250,5 m²" in page
    assert "Toko &lt;b&gt;Pertanggungjawaban&lt;/b&gt;" in page
    assert "30 hari kerja" in page
    assert "+ 2 hari kerja (Perda 1/2026 pasal 5)" in page
    assert "sisa 35 menit kerja" in officer.get(task(6)).text
    assert "1,250.5 m²" in officer.get(f"{task(1)}?lang=en").text


def test_a_document_comes_as_a_file_to_keep(officer: FlaskClient) -> None:
    answer = officer.get(f"{task(1)}/documents/{ident(50)}")
    assert answer.data == b"%PDF-1.7 paper"
    assert answer.headers["Content-Disposition"] == "attachment; filename=ktp-pemohon-hasil-pindai.pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert officer.get(f"{task(1)}/documents/{ident(99)}").status_code == 404


@pytest.mark.parametrize(
    ("number", "acts"),
    [
        (1, {"take", "approve", "reject", "return", "stop", "extend"}),
        (2, {"release", "approve", "reject", "return", "stop", "extend"}),
        (3, {"take", "approve", "reject", "return", "resume", "stop", "extend"}),
        (4, {"take", "take-back", "stop", "extend"}),
        (5, set()),
        (6, {"approve", "reject", "stop"}),
    ],
)
def test_a_page_offers_only_what_may_be_done(officer: FlaskClient, number: int, acts: set[str]) -> None:
    page = officer.get(task(number)).text
    found = set(re.findall(rf'action="{task(number)}/([\w-]+)"', page))
    assert found == acts
    assert ("tidak ada lagi yang dapat dilakukan" in page) is (number == 5)
    assert ("Putaran perbaikan sudah habis" in page) is (number == 6)


# ------------------------------------------------------------------------------------------- acts

GOOD = {
    "take": ({}, ("take", None)),
    "release": ({}, ("release", None)),
    "approve": ({}, ("approve", ())),
    "reject": ({"reasons": " Berkas kabur.\r\n\r\nNIK salah. "}, ("reject", ("Berkas kabur.", "NIK salah."))),
    "return": (
        {"fields": "0.floor_area", "documents": "0.place_proof", "message": "Perbaiki."},
        ("return", (("0.floor_area",), ("0.place_proof",), "Perbaiki.")),
    ),
    "take-back": ({}, ("take_back", None)),
    "stop": (
        {"reason": "force_majeure", "note": " banjir "},
        ("stop", Steering("stop", reason="force_majeure", note="banjir")),
    ),
    "resume": (
        {"stop": str(STOOD[1].id), "anew": "1"},
        ("restart", Steering("restart", stop=STOOD[1].id)),
    ),
    "extend": (
        {"amount": "3", "unit": "working_days"},
        ("extend", Steering("extend", by=Limit(3))),
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_form_does_what_it_says_and_the_page_tells_what_was_done(
    office: FakeOffice, officer: FlaskClient, act: str
) -> None:
    data, (what, sent) = GOOD[act]
    answer = send(officer, 1, act, **data)
    name = act.replace("-", "_")
    assert (answer.status_code, answer.location) == (303, f"{task(1)}?done={name}")
    assert office.done == [(what, ident(1), sent)]
    page = officer.get(answer.location).text
    assert page.count('role="status"') == 1


@pytest.mark.parametrize(
    ("act", "data", "beside"),
    [
        ("reject", {"reasons": " \n "}, {"reject.reasons": "wajib diisi."}),
        ("return", {"message": "x"}, {"return.asked": None}),
        ("return", {"fields": "0.floor_area"}, {"return.message": "tidak boleh hanya spasi."}),
        ("stop", {"reason": ""}, {"stop.reason": "wajib diisi."}),
        ("stop", {"reason": "nothing"}, {"stop.reason": "wajib diisi."}),
        ("extend", {"amount": "", "unit": "working_days"}, {"extend.amount": "wajib diisi."}),
        ("extend", {"amount": "tiga", "unit": "working_days"}, {"extend.amount": "tulis sebagai angka."}),
        ("extend", {"amount": "3", "unit": "years"}, {"extend.amount": "tulis sebagai angka."}),
        ("extend", {"amount": "٣", "unit": "working_days"}, {"extend.amount": "tulis sebagai angka."}),
        ("extend", {"amount": "9", "unit": "working_days"}, {"extend.amount": None}),
    ],
)
def test_what_is_wrong_stands_beside_the_input_in_the_form_that_was_sent(
    office: FakeOffice, officer: FlaskClient, act: str, data: dict[str, str], beside: dict[str, str | None]
) -> None:
    answer = send(officer, 1, act, **data)
    assert answer.status_code == 422
    assert office.done == []
    assert f'id="act-{act}" open' in answer.text
    assert answer.text.count(" open>") == 1
    for name, message in beside.items():
        assert f'id="{name}"' in answer.text
        (fault,) = re.findall(rf'id="{name}-fault">(.*?)</p>', answer.text)
        assert message is None or fault.endswith(message)
        assert f'href="#{name}"' in answer.text
        assert re.search(rf'id="{name}"[^>]* aria-invalid="true"', answer.text)


def test_what_was_filled_in_is_not_lost(officer: FlaskClient) -> None:
    page = send(officer, 1, "return", fields="0.floor_area").text
    assert re.search(r'value="0.floor_area" checked', page)
    assert not re.search(r'value="0.place_proof" checked', page)
    page = send(officer, 1, "extend", amount="9", unit="working_days", note="sesuai <surat>").text
    assert 'value="9"' in page
    assert "sesuai &lt;surat&gt;" in page


def test_what_has_changed_meanwhile_is_said_on_the_page_as_it_is_now(
    office: FakeOffice, officer: FlaskClient
) -> None:
    ended = next(number for number in range(1, 7) if CASES[ident(number)].may is NOTHING)
    answer = send(officer, ended, "approve")
    assert answer.status_code == 409
    assert "Keadaan tugas sudah berubah" in answer.text
    assert "tidak ada lagi yang dapat dilakukan" in answer.text
    assert office.done == []


def test_an_unknown_act_said_to_be_done_is_not_repeated(officer: FlaskClient) -> None:
    assert 'role="status"' not in officer.get(f"{task(1)}?done=<b>x</b>").text
