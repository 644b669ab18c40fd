"""Signing in, the account and the people of an office: cookies and answers, and a walk in a real browser."""

import os
import re
import threading
from base64 import b32decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from ptsp.flows.hold_role import Wish
from ptsp.main.web import create_app
from tests.flows.staff import SECRET, START, Staff, house, staff, totp_of
from tests.web.browsing import DESK, PHONE, grave, overflow

__all__ = ["house", "staff"]  # fixtures
OWN = {"Origin": "http://localhost"}
DOOR = "/sidoarjo/desk"
ACCOUNT, PEOPLE = f"{DOOR}/account", f"{DOOR}/people"
FRONT, ADMIN = Wish("officer", "front_office"), Wish("administrator")
NEW = "perahu kertas biru"
EVERY_FORM = "document.querySelectorAll('details').forEach(one => one.open = true)"


@pytest.fixture
def client(staff: Staff) -> FlaskClient:
    return create_app(staff.access).test_client()


def sign_in(client: FlaskClient, login: str, password: str = SECRET):
    return client.post(f"{DOOR}/sign-in", data={"login": login, "password": password}, headers=OWN)


def cookies(answer) -> dict[str, str]:
    return {one.partition("=")[0]: one for one in answer.headers.getlist("Set-Cookie")}


def posts() -> list[str]:
    ident = "0" * 8 + "-0000-4000-8000-" + "0" * 12
    return [
        f"{ACCOUNT}/password",
        f"{ACCOUNT}/telephone",
        f"{ACCOUNT}/telephone/confirm",
        f"{ACCOUNT}/telephone/end",
        f"{ACCOUNT}/desk",
        f"{ACCOUNT}/sessions/{ident}/end",
        f"{ACCOUNT}/sessions/end",
        PEOPLE,
        f"{PEOPLE}/siti/grant",
        f"{PEOPLE}/siti/holdings/{ident}/revoke",
        f"{PEOPLE}/siti/sessions/end",
        f"{PEOPLE}/siti/leave",
        f"{PEOPLE}/siti/password",
    ]


# -------------------------------------------------------------------------------------- cookies, answers


def test_signing_in_gives_a_new_session_that_no_script_reads(staff: Staff, client: FlaskClient) -> None:
    staff.add("siti", FRONT)
    client.set_cookie("ptsp_desk", "planted-by-somebody", path=DOOR)
    answer = sign_in(client, " SITI ")
    kept = cookies(answer)
    assert (answer.status_code, answer.location) == (303, DOOR)
    assert kept.keys() == {"ptsp_desk", "ptsp_device"}
    assert "planted" not in str(kept)
    for one in kept.values():
        assert "HttpOnly" in one
        assert "SameSite=Strict" in one
        assert f"Path={DOOR}" in one
    assert client.get(DOOR).location == f"{DOOR}/queue"
    assert client.get(f"{DOOR}/queue").text.count(ACCOUNT) == 1


def test_over_https_the_cookies_are_of_this_host_alone(staff: Staff) -> None:
    staff.add("siti", FRONT)
    app = create_app(replace(staff.access, public_url="https://izin.example.go.id"))
    client = app.test_client()
    answer = client.post(
        f"{DOOR}/sign-in",
        data={"login": "siti", "password": SECRET},
        headers={"Origin": "https://localhost"},
        base_url="https://localhost",
    )
    kept = cookies(answer)
    assert kept.keys() == {"__Host-ptsp_desk_sidoarjo", "__Host-ptsp_device_sidoarjo"}
    for one in kept.values():
        assert "Secure" in one
        assert re.search(r"Path=/(;|$)", one)
        assert "Domain" not in one
    assert client.get(DOOR, base_url="https://localhost").location == f"{DOOR}/queue"
    assert client.get("/bontang/desk", base_url="https://localhost").status_code == 200
    left = cookies(
        client.post(f"{DOOR}/leave", headers={"Origin": "https://localhost"}, base_url="https://localhost")
    )
    assert "Secure" in left["__Host-ptsp_desk_sidoarjo"]


def test_what_is_wrong_is_told_to_nobody(staff: Staff, client: FlaskClient) -> None:
    staff.add("siti", FRONT)
    staff.add("baru", starts=True)
    answers = [
        sign_in(client, login, "salah sama sekali") for login in ("siti", "baru", "nobody", "x' OR 1=1")
    ]
    assert {one.status_code for one in answers} == {403}
    pages = {re.sub(r'value="[^"]*"', "", one.text) for one in answers}
    assert len(pages) == 1
    assert "Nama akun atau kata sandi salah." in pages.pop()
    assert not any(one.headers.getlist("Set-Cookie") for one in answers)


def test_who_tries_too_often_is_told_when_to_come_back(staff: Staff, client: FlaskClient) -> None:
    answers = [sign_in(client, "nobody", "salah sama sekali") for _ in range(5)]
    assert [one.status_code for one in answers] == [403] * 4 + [429]
    assert int(answers[-1].headers["Retry-After"]) in (1, 2)
    assert "Terlalu banyak percobaan" in answers[-1].text


@pytest.mark.parametrize("stage", ["nobody", "officer", "start password", "code awaited"])
def test_nothing_is_open_to_whoever_is_not_in(staff: Staff, client: FlaskClient, stage: str) -> None:
    """Every page and every form, for whoever is not signed in, not yet, or may not."""
    staff.add("siti", FRONT, starts=stage == "start password")
    if stage == "code awaited":
        account = staff.account(staff.enter("siti"))
        account.begin_totp()
        telephone = account.waiting_totp()
        assert telephone is not None
        account.confirm_totp(code_of(staff, telephone.address))
    if stage != "nobody":
        sign_in(client, "siti", START if stage == "start password" else SECRET)
    shut = {"nobody": 303, "code awaited": 303, "officer": 404, "start password": 404}[stage]
    for path in (PEOPLE, f"{PEOPLE}/siti"):
        assert (path, client.get(path).status_code) == (path, shut)
    for path in posts():
        if stage == "officer" and path.startswith(ACCOUNT):
            continue
        answer = client.post(path, data={"code": "1", "agency": "front_office"}, headers=OWN)
        expected = {shut} if path.startswith(PEOPLE) or shut == 303 else {303, 404, 409, 422}
        assert answer.status_code in expected, path
        if answer.status_code == 303 and shut == 303:
            assert answer.location == DOOR
    if stage != "officer":
        assert client.get(f"{DOOR}/queue").location == DOOR
    assert staff.office.rows("SELECT count(*) FROM app.person") == [(1,)]


@pytest.mark.parametrize("path", [f"{DOOR}/sign-in", f"{DOOR}/code", *posts()])
def test_no_form_is_taken_from_another_site(client: FlaskClient, path: str) -> None:
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(path, headers=headers).status_code == 403


def test_leaving_ends_the_session_and_not_only_the_cookie(staff: Staff, client: FlaskClient) -> None:
    staff.add("siti", FRONT)
    token = cookies(sign_in(client, "siti"))["ptsp_desk"].partition("=")[2].partition(";")[0]
    assert "telah keluar" in client.get(client.post(f"{DOOR}/leave", headers=OWN).location).text
    client.set_cookie("ptsp_desk", token, path=DOOR)
    assert client.get(f"{DOOR}/queue").location == DOOR
    assert "tidak berlaku lagi" in client.get(DOOR).text


def test_signing_in_anew_ends_the_session_before(staff: Staff, client: FlaskClient) -> None:
    staff.add("siti", FRONT)
    sign_in(client, "siti")
    sign_in(client, "siti")
    assert staff.office.rows("SELECT count(*) FROM app.session WHERE ended_at IS NULL") == [(1,)]


def test_names_of_people_are_escaped(staff: Staff, client: FlaskClient) -> None:
    staff.add("admin1", ADMIN)
    sign_in(client, "admin1")
    evil = "<script>alert(1)</script>"
    page = client.post(PEOPLE, data={"login": "evil", "name": evil}, headers=OWN)
    for text in (page.text, client.get(PEOPLE).text):
        assert evil not in text
        assert "&lt;script&gt;" in text


def test_a_form_of_an_administrator_tells_what_is_wrong(staff: Staff, client: FlaskClient) -> None:
    staff.add("admin1", ADMIN)
    staff.add("siti", starts=True)
    sign_in(client, "admin1")
    answer = client.post(PEOPLE, data={"login": "siti", "name": "", "nik": "1"}, headers=OWN)
    assert (answer.status_code, answer.text.count('class="fault"')) == (422, 2)
    for form, told in (
        ({"role": "officer"}, "pilih meja tempat peran ini berlaku"),
        ({"role": "auditor", "until": "31/12"}, "tanggal"),
        ({"role": "auditor", "until": "2020-01-01"}, "berakhir sebelum dimulai"),
    ):
        answer = client.post(f"{PEOPLE}/siti/grant", data=form, headers=OWN)
        assert answer.status_code == 422
        assert told in answer.text
    answer = client.post(f"{PEOPLE}/admin1/leave", headers=OWN)
    assert answer.status_code == 422
    assert "tidak seorang pun mengurus akunnya sendiri" in answer.text
    assert client.get(f"{PEOPLE}/nobody").status_code == 404
    assert client.get(f"{PEOPLE}/a%00b").status_code == 404
    assert client.get(PEOPLE, query_string={"after": "a\x00"}).status_code == 404


# -------------------------------------------------------------------------------------- in Chromium


def code_of(staff: Staff, address: str, step: int = 0) -> str:
    (key,) = parse_qs(urlsplit(address).query)["secret"]
    return totp_of(staff, b32decode(key), step)


@pytest.fixture
def url(staff: Staff) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(staff.access), threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="pages")
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[PHONE, DESK])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    yield context.new_page()
    context.close()


def is_sound(page: Page, name: str) -> None:
    page.evaluate(EVERY_FORM)
    assert (name, overflow(page), grave(page)) == (name, 0, [])
    if folder := os.environ.get("PICTURES_TO"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


def fill_in(page: Page, login: str, password: str) -> None:
    page.get_by_label("Nama akun").fill(login)
    page.get_by_label("Kata sandi", exact=True).fill(password)
    page.get_by_role("button", name="Masuk", exact=True).click()


def add_siti(staff: Staff, url: str, page: Page) -> str:
    """An administrator adds an officer and gives her a role; returns her start password."""
    staff.add("admin1", ADMIN)
    page.goto(url + DOOR)
    is_sound(page, "door")
    fill_in(page, "admin1", SECRET)
    expect(page.get_by_role("heading", name="Nama admin1")).to_be_visible()
    page.get_by_role("link", name="Orang kantor").click()
    page.get_by_text("Tambah orang", exact=True).click()
    page.get_by_label("Nama akun").fill("siti.aminah")
    page.get_by_label("Nama", exact=True).fill("Siti Aminah binti Contoh dengan Nama yang Panjang")
    page.get_by_role("button", name="Buat akun").click()
    start = page.locator(".secrets code").inner_text()
    is_sound(page, "start-password")
    page.get_by_label("Meja").select_option("front_office")
    page.get_by_role("button", name="Berikan").click()
    expect(page.get_by_role("status")).to_contain_text("Peran telah diberikan.")
    is_sound(page, "person")
    page.goto(url + PEOPLE)
    is_sound(page, "people")
    page.get_by_role("button", name="Keluar", exact=True).click()
    return start


def choose_password(page: Page, start: str) -> None:
    fill_in(page, "siti.aminah", start)
    expect(page.get_by_text("Pilih kata sandi Anda sendiri")).to_be_visible()
    is_sound(page, "must-choose")
    for new in ("pendek", NEW):
        page.get_by_label("Kata sandi sekarang").fill(start)
        page.get_by_label("Kata sandi baru").fill(new)
        page.get_by_role("button", name="Ganti kata sandi").click()
        if new != NEW:
            expect(page.locator("#new-fault")).to_contain_text("paling sedikit 12 karakter")
    expect(page.get_by_role("status")).to_contain_text("Kata sandi telah diganti")


def put_on_telephone(staff: Staff, page: Page) -> str:
    """Returns the address that the telephone read."""
    page.get_by_role("button", name="Pasang di ponsel").click()
    expect(page.get_by_role("img", name="Kode QR")).to_be_visible()
    is_sound(page, "telephone")
    address = page.locator("code", has_text="otpauth://").inner_text()
    page.get_by_label("Kode dari ponsel").fill(code_of(staff, address, -1))
    page.get_by_role("button", name="Aktifkan").click()
    expect(page.locator(".secrets code")).to_have_count(10)
    is_sound(page, "account")
    page.get_by_role("button", name="Keluar", exact=True).click()
    return address


def test_from_the_first_account_to_an_officer_with_a_telephone(staff: Staff, url: str, page: Page) -> None:
    choose_password(page, add_siti(staff, url, page))
    address = put_on_telephone(staff, page)
    fill_in(page, "siti.aminah", NEW)
    expect(page.get_by_role("heading", name="Kode dari ponsel")).to_be_visible()
    page.get_by_label("Kode dari ponsel").fill("000000")
    page.get_by_role("button", name="Masuk", exact=True).click()
    expect(page.get_by_text("kode salah")).to_be_visible()
    is_sound(page, "code")
    page.get_by_label("Kode dari ponsel").fill(code_of(staff, address))
    page.get_by_role("button", name="Masuk", exact=True).click()
    expect(page.get_by_role("heading", name="Tugas", exact=True)).to_be_visible()
    expect(page.locator(".bar")).to_contain_text("siti.aminah")
    is_sound(page, "queue")
