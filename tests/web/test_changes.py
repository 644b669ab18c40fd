"""What an applicant does after lodging: pages for corrections, withdrawals and objections, without a script."""

import re
from collections.abc import Iterator
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ptsp.kernel.reasons import fault
from tests.web.bundles import CORRECTION
from tests.web.fakes import KEY, FakeOffice, make_app
from tests.web.test_pages import OWN, text_of

BUNDLE = "/sidoarjo/bundles/SDA-2026-000008"
TRACK = f"{BUNDLE}?key={KEY}"
FORM = f"{BUNDLE}/corrections/{CORRECTION.id}?key={KEY}"
WITHDRAW = f"{BUNDLE}/withdrawal?key={KEY}"
OBJECT = f"{BUNDLE}/objections/siup?key={KEY}"
GOOD = {"answer.0.floor_area": "1.300,5", "answer.0.function": "business"}


@pytest.fixture
def office() -> FakeOffice:
    return FakeOffice()


@pytest.fixture
def client(office: FakeOffice) -> Iterator[FlaskClient]:
    app: Flask = make_app(office)
    app.testing = True
    with app.test_client() as client:
        yield client


def with_drawings(form: dict[str, object], data: bytes = b"%PDF-1.7 new") -> dict[str, object]:
    return form | {"document.0.drawings": (BytesIO(data), "gambar.pdf")}


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("path", [TRACK, FORM, WITHDRAW, f"{WITHDRAW}&services=imb", OBJECT])
def test_every_page_answers_in_both_languages_under_the_strict_policy(
    client: FlaskClient, path: str, lang: str
) -> None:
    answer = client.get(f"{path}&lang={lang}")
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r'\sstyle="|\son\w+="|<style|<script(?! src="/assets/)', answer.text)
    ids = re.findall(r'\sid="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))
    assert "<b>tidak cocok" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"{BUNDLE}/corrections/{CORRECTION.id}?key=wrong",
        f"{BUNDLE}/corrections/{CORRECTION.id}",
        f"{BUNDLE}/corrections/{UUID(int=1)}?key={KEY}",
        f"{BUNDLE}/corrections/nothing?key={KEY}",
        f"{BUNDLE}/withdrawal?key=wrong",
        f"{BUNDLE}/objections/siup?key=wrong",
        f"{BUNDLE}/objections/imb?key={KEY}",  # is open, not refused
        f"{BUNDLE}/objections/nothing?key={KEY}",
    ],
)
def test_without_the_key_and_for_what_is_not_there_it_is_our_404(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, data={}, headers=OWN).status_code in (404, 422)


@pytest.mark.parametrize("path", [FORM, WITHDRAW, OBJECT])
def test_a_form_from_elsewhere_is_refused(client: FlaskClient, office: FakeOffice, path: str) -> None:
    answer = client.post(
        path, data=GOOD | {"services": "imb"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403
    assert (office.answered, office.withdrawn, office.objections) == ([], [], [])


def test_the_tracking_page_says_what_is_to_be_corrected_until_when_and_how_often(client: FlaskClient) -> None:
    page = client.get(TRACK).text
    text = text_of(page)
    assert "Menunggu perbaikan Anda, paling lambat Selasa, 17 November 2026." in text
    assert "Perlu diperbaiki" in text
    assert "Luas &lt;b&gt;tidak cocok&lt;/b&gt; dengan gambar." in page
    assert "Tanpa jawaban sampai hari itu, permohonan gugur." in text
    assert "Putaran ke-2. Setelah ini permohonan masih dapat dikembalikan 1 kali." in text
    assert page.count("Perbaiki sekarang") == 1  # the answered one asks for nothing
    assert f"/corrections/{CORRECTION.id}?key={KEY}" in page
    assert "Ajukan keberatan" in text
    assert "paling lambat Selasa, 8 Desember 2026" in text
    assert "Tarik kembali permohonan" in text


def test_the_form_holds_only_what_was_asked_with_what_was_answered_before(client: FlaskClient) -> None:
    page = client.get(FORM).text
    names = re.findall(r'name="((?:answer|document)\.[^"]+)"', page)
    assert sorted(names) == ["answer.0.floor_area", "answer.0.function", "document.0.drawings"]
    assert 'value="1.250,5"' in page
    assert re.search(r'<option value="housing" selected>', page)
    assert 'value="1,250.5"' in client.get(f"{FORM}&lang=en").text


def test_an_answer_is_sent_as_the_api_takes_it(client: FlaskClient, office: FakeOffice) -> None:
    answer = client.post(FORM, data=with_drawings(dict(GOOD)), headers=OWN)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{TRACK}&done=answered"
    assert office.answered == [
        ({"0.floor_area": "1300.5", "0.function": "business"}, {"0.drawings": "document-1"})
    ]
    assert "Perbaikan Anda diterima." in client.get(answer.headers["Location"]).text


def test_a_wrong_answer_is_shown_beside_its_input_and_the_file_is_kept(
    client: FlaskClient, office: FakeOffice
) -> None:
    wrong = GOOD | {"answer.0.floor_area": "seratus"}
    answer = client.post(FORM, data=with_drawings(wrong), headers=OWN)
    assert answer.status_code == 422
    assert 'id="answer.0.floor_area-fault"' in answer.text
    assert 'value="seratus"' in answer.text
    assert 'name="kept.0.drawings" value="document-1"' in answer.text
    kept = {"kept.0.drawings": "document-1", "kept-name.0.drawings": "gambar.pdf"}
    assert client.post(FORM, data=GOOD | kept, headers=OWN).status_code == 303
    assert office.answered[0][1] == {"0.drawings": "document-1"}


def test_what_the_office_refuses_is_said_in_the_readers_language(
    client: FlaskClient, office: FakeOffice
) -> None:
    office.faults = [
        fault("answers.0.function", "route_changed"),
        fault("documents.0.drawings", "missing"),
        fault("answers.0.floors", "missing"),
    ]
    page = client.post(FORM, data=GOOD, headers=OWN).text
    assert "tidak dapat diperbaiki menjadi ini" in page
    assert 'href="#answer.0.function"' in page
    assert 'href="#document.0.drawings"' in page
    assert "Jumlah lantai: wajib diisi." in text_of(page)  # not asked, so without an input
    english = GOOD | {"answer.0.floor_area": "1,300.5"}
    assert "cannot be corrected to this" in client.post(f"{FORM}&lang=en", data=english, headers=OWN).text


def test_a_file_that_is_none_is_named(client: FlaskClient, office: FakeOffice) -> None:
    answer = client.post(FORM, data=with_drawings(dict(GOOD), b"MZ"), headers=OWN)
    assert answer.status_code == 422
    assert 'id="document.0.drawings-fault"' in answer.text
    assert office.answered == []


def test_an_answered_correction_cannot_be_answered_again(client: FlaskClient, office: FakeOffice) -> None:
    office.is_answered = True
    assert client.get(FORM).status_code == 409


def test_a_withdrawal_shows_what_follows_before_it_is_confirmed(
    client: FlaskClient, office: FakeOffice
) -> None:
    first = client.get(WITHDRAW).text
    assert "Ya, tarik kembali" not in first
    page = client.get(f"{WITHDRAW}&services=imb").text
    text = text_of(page)
    for words in (
        "9 langkah dihentikan.",
        "Tagihan yang belum dibayar sebesar Rp230.000 dibatalkan.",
        "Rp5.000 yang sudah dibayar dikembalikan kepada pembayar",
        "Seluruh permohonan berakhir.",
        "Penarikan tidak dapat dibatalkan.",
    ):
        assert words in text
    assert office.withdrawn == []
    form = {"services": ["imb"], "reason": "Batal."}
    answer = client.post(WITHDRAW, data=form, headers=OWN)
    assert answer.headers["Location"] == f"{TRACK}&done=withdrawn"
    assert office.withdrawn == [(("imb",), "Batal.")]


def test_nothing_is_withdrawn_unchosen_or_while_another_waits(
    client: FlaskClient, office: FakeOffice
) -> None:
    assert client.post(WITHDRAW, data={"reason": "Batal."}, headers=OWN).status_code == 422
    office.is_waiting = True
    page = client.get(f"{WITHDRAW}&services=imb").text
    assert "tidak dapat disetujui. Tarik semuanya bersama" in text_of(page)
    assert "services=imb&amp;services=ho" in page
    assert "Ya, tarik kembali" not in page
    assert client.post(WITHDRAW, data={"services": "imb"}, headers=OWN).status_code == 422
    assert office.withdrawn == []


def test_a_reason_that_cannot_be_kept_is_named(client: FlaskClient, office: FakeOffice) -> None:
    office.faults = [fault("reason", "character", character="U+0007")]
    answer = client.post(WITHDRAW, data={"services": "imb", "reason": "x"}, headers=OWN)
    assert answer.status_code == 422
    assert 'id="reason-fault"' in answer.text


def test_an_objection_is_lodged(client: FlaskClient, office: FakeOffice) -> None:
    page = client.get(OBJECT).text
    assert "Modal belum disetor." in page
    assert "paling lambat Selasa, 8 Desember 2026, satu kali" in text_of(page)
    empty = client.post(OBJECT, data={"grounds": " "}, headers=OWN)
    assert empty.status_code == 422
    assert 'id="grounds-fault"' in empty.text
    answer = client.post(OBJECT, data={"grounds": "Sudah disetor."}, headers=OWN)
    assert answer.headers["Location"] == f"{TRACK}&done=objected"
    assert office.objections == [("siup", "Sudah disetor.")]
