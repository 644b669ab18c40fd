"""The submit form: asked once, kept when wrong, named when missing, lodged once."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from ptsp.kernel.errors import Fault
from ptsp.kernel.reasons import fault
from ptsp.web.format import number
from ptsp.web.orders import exact
from tests.web.fakes import KEY, FakeOffice, make_app

OWN = {"Origin": "http://localhost"}
PATH = "/sidoarjo/submit?services=imb&services=ho&services=rekomendasi_lokasi&services=siup"
PDF = b"%PDF-1.7 drawings"
NIK = "3515014101909991"  # a region, a woman's day of birth, a serial from 9990 on
GOOD = {
    "applicant.nik": NIK,
    "applicant.name": "Pemohon Uji",
    "applicant.birth_place": "Sidoarjo",
    "applicant.birth_on": "1990-01-01",
    "applicant.gender": "female",
    "applicant.address": "Jalan Uji 1",
    "answer.imb.floor_area": "1.250,5",
    "answer.imb.floors": "2",
    "answer.imb.function": "housing",
    "answer.ho.business_name": "Toko Uji",
    "key": "one-key",
}


@pytest.fixture
def office() -> FakeOffice:
    return FakeOffice()


@pytest.fixture
def client(office: FakeOffice) -> Iterator[FlaskClient]:
    app = make_app(office)
    app.testing = True
    with app.test_client() as client:
        yield client


def post(
    client: FlaskClient,
    do: str,
    changed: dict[str, str] | None = None,
    *,
    files: bool = True,
    path: str = PATH,
):
    form: dict[str, object] = GOOD | {"do": do} | (changed or {})
    if files:
        form["document.rekomendasi_lokasi.ktp"] = (BytesIO(PDF), "ktp.pdf")
        form["document.imb.drawings"] = (BytesIO(PDF), "gambar <x>.pdf")
    return client.post(path, data=form, headers=OWN)


def problems(page: str) -> list[tuple[str, str]]:
    summary = re.search(r'<section class="summary".*?</section>', page, re.DOTALL)
    return re.findall(r'<a href="#([^"]+)">([^<]+)</a>', summary[0]) if summary else []


def test_a_field_that_several_services_ask_is_asked_once(client: FlaskClient) -> None:
    page = client.get(PATH).text
    assert len(re.findall(r'name="answer\.\w+\.floor_area"', page)) == 1
    assert len(re.findall(r'<input id="answer\.\w+\.business_name"', page)) == 1
    assert len(re.findall(r'type="file"', page)) == 3  # ktp once, drawings, structure


def test_a_requirement_met_by_another_permit_is_not_uploaded(client: FlaskClient) -> None:
    page = client.get(PATH).text
    assert "Rekomendasi lokasi untuk Izin Mendirikan Bangunan (IMB) tidak perlu diunggah" in page
    assert "document.imb.location" not in page
    assert "document.imb.location" in client.get("/sidoarjo/submit?services=imb").text


def test_no_service_chosen_asks_again(client: FlaskClient) -> None:
    answer = client.get("/sidoarjo/submit?chosen=1&services=nothing")
    assert answer.status_code == 422
    assert "Pilih sedikitnya satu layanan." in answer.text


def test_the_quote_tells_fee_promise_and_merged_steps_and_stores_nothing(
    client: FlaskClient, office: FakeOffice
) -> None:
    answer = post(client, "quote", {"applicant.nik": "", "applicant.name": ""})
    assert answer.status_code == 200
    assert "16 langkah, digabung dari 25" in answer.text
    assert "Selasa, 24 November 2026" in answer.text
    assert "Rp230.000" in answer.text
    assert office.stored == []
    assert office.orders == []
    assert "Pilih lagi berkas ini: gambar &lt;x&gt;.pdf" in answer.text


def test_answers_reach_the_office_exact_and_only_where_they_belong(
    client: FlaskClient, office: FakeOffice
) -> None:
    answer = post(client, "lodge", {"answer.imb.basement": "no"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/sidoarjo/bundles/SDA-2026-000001?key={KEY}&new=1"
    (tenant, order, key), *others = office.orders
    assert (tenant, key, others) == ("sidoarjo", "one-key", [])
    assert order["applicant"] == {
        "nik": NIK,
        "name": "Pemohon Uji",
        "birth_place": "Sidoarjo",
        "birth_on": "1990-01-01",
        "gender": "female",
        "address": "Jalan Uji 1",
    }
    by_service = {one["service"]: one for one in order["applications"]}
    assert list(by_service) == ["rekomendasi_lokasi", "imb", "ho", "siup"]
    assert by_service["imb"]["answers"] == {"floor_area": "1250.5", "floors": "2", "function": "housing"}
    assert by_service["ho"]["answers"] == {"floor_area": "1250.5", "business_name": "Toko Uji"}
    assert json.loads(json.dumps(order)) == order
    assert by_service["imb"]["documents"].keys() == {"ktp", "drawings"}
    assert by_service["siup"]["documents"] == by_service["ho"]["documents"]


def test_everything_missing_is_named_at_once_with_a_link_to_its_input(
    client: FlaskClient, office: FakeOffice
) -> None:
    answer = post(client, "lodge", dict.fromkeys(GOOD, ""), files=False)
    assert answer.status_code == 422
    found = problems(answer.text)
    assert len(found) == 12
    for name, message in found:
        assert f'id="{name}"' in answer.text
        assert f'id="{name}-fault"' in answer.text
        assert message
    assert ("applicant.nik", "NIK: wajib diisi.") in found
    assert ("document.imb.drawings", "Gambar rencana bangunan: pilih berkas.") in found
    assert "<title>Kesalahan: " in answer.text
    assert office.quotes == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("applicant.nik", "123", "NIK: harus 16 angka."),
        ("applicant.nik", "٣" * 16, "NIK: harus 16 angka."),
        ("applicant.kk", "12x", "Nomor Kartu Keluarga: harus 16 angka."),
        ("applicant.birth_on", "2026-02-30", "Tanggal lahir: tulis tanggal yang benar."),
        ("applicant.birth_on", "20260201", "Tanggal lahir: tulis tanggal yang benar."),
        ("applicant.gender", "other", "Jenis kelamin: pilih salah satu."),
        ("applicant.name", "x" * 121, "Nama lengkap: terlalu panjang."),
        ("applicant.email", "nobody", "Surel: alamat surel tidak lengkap."),
        ("answer.imb.floor_area", "0,5", "Luas lantai bangunan: paling kecil 1."),
        ("answer.imb.floor_area", "-5", "Luas lantai bangunan: paling kecil 1."),
        ("answer.imb.floor_area", "100.001", "Luas lantai bangunan: paling besar 100.000."),
        ("answer.imb.floor_area", "1,234", "Luas lantai bangunan: paling banyak 2 angka di belakang koma."),
        ("answer.imb.floor_area", "1.5", "Luas lantai bangunan: tulis angka seperti"),
        ("answer.imb.floor_area", "NaN", "Luas lantai bangunan: tulis angka seperti"),
        ("answer.imb.floor_area", "1e9", "Luas lantai bangunan: tulis angka seperti"),
        ("answer.imb.floors", "2,5", "Jumlah lantai: paling banyak 0 angka di belakang koma."),
        ("answer.imb.function", "castle", "Fungsi bangunan: pilih salah satu."),
        ("answer.ho.business_name", "x" * 2001, "Nama usaha: terlalu panjang."),
    ],
)
def test_a_wrong_value_is_named_and_kept(
    client: FlaskClient, office: FakeOffice, name: str, value: str, message: str
) -> None:
    answer = post(client, "lodge", {name: value})
    assert answer.status_code == 422
    [(where, told)] = problems(answer.text)
    assert where == name
    assert told.startswith(message)
    assert office.stored == []
    assert office.orders == []
    if name not in ("applicant.gender", "answer.imb.function"):
        assert f'value="{value}"' in answer.text
    assert 'value="Pemohon Uji"' in answer.text or name == "applicant.name"
    assert "Berkas berikut harus dipilih lagi" in answer.text


def test_the_offices_faults_stand_at_their_inputs(client: FlaskClient, office: FakeOffice) -> None:
    office.faults = [
        Fault("applicant.nik", "the serial is 0000"),
        Fault("applications[2].answers.floor_area", "too large"),
        Fault("applications[1].documents.drawings", "unknown document"),
        Fault("applications[9].answers.floor_area", "out of range"),
        Fault("", "this office is closed"),
    ]
    answer = post(client, "lodge")
    assert answer.status_code == 422
    assert [where for where, _ in problems(answer.text)] == [
        "applicant.nik",
        "answer.imb.floor_area",
        "document.imb.drawings",
    ]
    assert "this office is closed" in answer.text
    assert "out of range" in answer.text


def test_the_quotes_faults_stop_a_lodging_before_a_file_is_stored(
    client: FlaskClient, office: FakeOffice
) -> None:
    answer = post(client, "lodge", {"answer.imb.floor_area": "60.000"})
    assert [where for where, _ in problems(answer.text)] == ["answer.imb.floor_area"]
    assert office.stored == []


def test_stored_files_are_kept_when_another_is_refused(client: FlaskClient, office: FakeOffice) -> None:
    answer = post(client, "lodge", {"document.imb.structure": (BytesIO(b"GIF89a"), "hitung.pdf")})  # type: ignore[dict-item]
    assert answer.status_code == 422
    assert problems(answer.text) == [
        ("document.imb.structure", "Perhitungan struktur: isi berkas bukan PDF.")
    ]
    assert "Sudah diunggah: gambar &lt;x&gt;.pdf" in answer.text
    kept = dict(re.findall(r'name="(kept\.[\w.]+)" value="([^"]+)"', answer.text))
    assert len(kept) == 2
    again = post(client, "lodge", kept, files=False)
    assert again.status_code == 303
    assert len(office.stored) == 2


def test_a_file_over_its_own_limit_is_refused_unread(client: FlaskClient, office: FakeOffice) -> None:
    files = {
        "document.imb.drawings": FileStorage(BytesIO(PDF), "g.pdf"),
        "document.rekomendasi_lokasi.ktp": FileStorage(BytesIO(PDF + b"x" * 5 * 1024 * 1024), "besar.pdf"),
    }
    form = GOOD | {"do": "lodge"} | files
    boundary, body = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    answer = client.post(PATH, data=body, content_type=kind, headers=OWN)
    assert problems(answer.text) == [
        ("document.rekomendasi_lokasi.ktp", "KTP pemohon: berkas lebih besar dari 5 MB.")
    ]
    assert office.stored == []


def test_the_same_key_is_sent_again_after_a_refusal(client: FlaskClient) -> None:
    assert 'name="key" value="one-key"' in post(client, "lodge", {"applicant.nik": ""}).text
    keys = {re.search(r'name="key" value="([^"]+)"', client.get(PATH).text)[1] for _ in range(2)}  # type: ignore[index]
    assert len(keys) == 2


def test_typed_markup_comes_back_escaped(client: FlaskClient) -> None:
    page = post(client, "quote", {"applicant.name": '"><script>x</script>'}).text
    assert "<script>x" not in page
    assert "&#34;&gt;&lt;script&gt;x" in page


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from(["id", "en"]))
def test_a_number_written_in_the_pages_manner_is_read_exactly(value: Decimal, lang: str) -> None:
    assert exact(number(value, lang), lang) == value


@given(st.text(max_size=30), st.sampled_from(["id", "en"]))
def test_no_text_breaks_the_reading_of_numbers(text: str, lang: str) -> None:
    read = exact(text, lang)
    assert read is None or read.is_finite()


@pytest.mark.parametrize(
    ("text", "lang", "value"),
    [
        ("1.250,5", "id", Decimal("1250.5")),
        ("1250,5", "id", Decimal("1250.5")),
        ("1.250", "id", Decimal(1250)),
        ("1.25", "id", None),
        ("1.2500", "id", None),
        ("1,250.5", "en", Decimal("1250.5")),
        ("1,25", "en", None),
        ("1.250", "en", Decimal("1.250")),
        (" 1", "id", None),
        ("١٢", "id", None),
        ("9" * 25, "id", None),
    ],
)
def test_a_number_is_read_one_way_or_refused(text: str, lang: str, value: Decimal | None) -> None:
    assert exact(text, lang) == value


def test_what_is_asked_only_under_a_condition_is_due_when_it_holds(
    client: FlaskClient, office: FakeOffice
) -> None:
    tall = {"answer.imb.floors": "3"}
    answer = post(client, "lodge", tall)
    assert [name for name, _ in problems(answer.text)] == ["answer.imb.basement", "document.imb.structure"]
    structure = {"document.imb.structure": (BytesIO(PDF), "hitung.pdf")}
    answer = post(client, "lodge", tall | {"answer.imb.basement": "no"} | structure)  # type: ignore[operator]
    assert answer.status_code == 303
    (order,) = (order for _, order, _ in office.orders)
    imb = next(one for one in order["applications"] if one["service"] == "imb")
    assert imb["answers"]["basement"] is False
    assert "structure" in imb["documents"]


def test_what_is_not_asked_is_not_sent_and_not_judged(client: FlaskClient, office: FakeOffice) -> None:
    structure = {"document.imb.structure": (BytesIO(PDF), "hitung.pdf")}
    answer = post(client, "lodge", {"answer.imb.basement": "maybe"} | structure)  # type: ignore[operator]
    assert answer.status_code == 303
    (order,) = (order for _, order, _ in office.orders)
    imb = next(one for one in order["applications"] if one["service"] == "imb")
    assert "basement" not in imb["answers"]
    assert "structure" not in imb["documents"]


def test_what_has_no_input_is_told_by_the_services_name(client: FlaskClient, office: FakeOffice) -> None:
    """The order of services is the office's own: rekomendasi_lokasi, imb, ho, siup."""
    office.faults = [
        fault("applications[1].service", "offered_until", day="2026-10-31"),
        fault("applications[1].documents.location", "document_or_permit_missing", document="x", service="ho"),
        fault("Idempotency-Key", "key_used"),
        Fault("applications", "of a kind nobody foresaw"),
    ]
    page = post(client, "lodge").text
    assert "Izin Mendirikan Bangunan (IMB): hanya dilayani sampai Sabtu, 31 Oktober 2026." in page
    assert "ajukan juga Izin gangguan (HO) dalam permohonan yang sama." in page
    assert "<li>formulir ini sudah pernah dikirim dengan isian lain. Buka formulir baru.</li>" in page
    assert "<li>applications: of a kind nobody foresaw</li>" in page
