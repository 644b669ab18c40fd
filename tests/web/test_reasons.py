"""What the office refuses is said in the reader's language, on the pages as they run."""

from io import BytesIO
from string import Formatter

import pytest
from flask.testing import FlaskClient

from ptsp.kernel.reasons import REASONS
from ptsp.main.demo.orders import KNOWN_NIK, NUISANCE
from ptsp.web.words import load_words
from tests.unit.files.makers import pdf
from tests.web.test_submit import OWN, problems

PATH = "/sidoarjo/submit?services=ho"
PAPERS = ("ktp", "pbb", "location", "building_permit", "neighbours")
GOOD = {
    "applicant.nik": KNOWN_NIK,
    "applicant.name": "Pemohon Contoh",
    "applicant.birth_place": "Sidoarjo",
    "applicant.birth_on": "1990-03-12",
    "applicant.gender": "male",
    "applicant.address": "Jl. Contoh 1",
    "key": "one-key",
} | {f"answer.ho.{code}": value for code, value in NUISANCE.items()}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def send(client: FlaskClient, do: str, changed: dict[str, object], *, lang: str = "id", path: str = PATH):
    form: dict[str, object] = GOOD | {"do": do}
    if do == "lodge":
        form |= {f"document.ho.{code}": (BytesIO(pdf()), f"{code}.pdf") for code in PAPERS}
    form = {name: value for name, value in (form | changed).items() if value is not None}
    return client.post(f"{path}&lang={lang}", data=form, headers=OWN)


def test_every_reason_has_a_text_in_both_languages_and_speaks_only_of_its_values() -> None:
    for texts in load_words().texts.values():
        told = {key.removeprefix("reason."): text for key, text in texts.items() if key.startswith("reason.")}
        assert told.keys() == REASONS.keys()
        assert [code for code in told if not places(told[code]) <= places(REASONS[code])] == []


@pytest.mark.parametrize(
    ("changed", "where", "indonesian", "english"),
    [
        (
            {"applicant.nik": "0015081203909990"},
            "applicant.nik",
            "NIK: empat angka pertamanya bukan kode daerah.",
            "NIK (identity number): its first four digits are not a region's code.",
        ),
        (
            {"applicant.nik": "3515083002909990"},
            "applicant.nik",
            "NIK: angka ke-7 sampai ke-12 bukan tanggal lahir.",
            "NIK (identity number): its digits 7 to 12 are not a date of birth.",
        ),
        (
            {"applicant.birth_on": "1899-12-31"},
            "applicant.birth_on",
            "Tanggal lahir: harus antara Senin, 1 Januari 1900 dan hari ini.",
            "Date of birth: must be between Monday, 1 January 1900 and today.",
        ),
        (
            {"applicant.name": "Pemohon\x07"},
            "applicant.name",
            "Nama lengkap: berisi tanda yang tidak dapat disimpan (U+0007).",
            "Full name: holds a character that cannot be stored (U+0007).",
        ),
        (
            {"document.ho.ktp": (BytesIO(b"GIF89a"), "ktp.pdf")},
            "document.ho.ktp",
            "KTP pemohon: isi berkas bukan PDF, JPEG, PNG.",
            "Applicant's identity card: the content of the file is not PDF, JPEG, PNG.",
        ),
        (
            {"document.ho.ktp": None, "kept.document.ho.ktp": "00000000-0000-4000-8000-000000000000"},
            "document.ho.ktp",
            "KTP pemohon: dokumen yang diunggah tidak ditemukan; pilih dan unggah sekali lagi.",
            "Applicant's identity card: the uploaded document was not found; choose and upload it once more.",
        ),
        (
            {"document.ho.ktp": None, "kept.document.ho.ktp": "not-an-id"},
            "document.ho.ktp",
            "KTP pemohon: dokumen ini tidak dikenal; unggah sekali lagi.",
            "Applicant's identity card: this document is not known; upload it once more.",
        ),
    ],
)
def test_what_the_office_refuses_is_said_in_the_readers_language(
    client: FlaskClient, changed: dict[str, object], where: str, indonesian: str, english: str
) -> None:
    for lang, message in (("id", indonesian), ("en", english)):
        files = {
            name: (BytesIO(each[0].getvalue()), each[1])
            for name, each in changed.items()
            if isinstance(each, tuple)
        }
        answer = send(client, "lodge", changed | files, lang=lang)
        assert answer.status_code == 422
        assert (where, message.replace("'", "&#39;")) in problems(answer.text)


def test_the_quote_needs_neither_the_applicant_nor_documents(client: FlaskClient) -> None:
    blank = {name: "" for name in GOOD if name.startswith("applicant.")}
    page = send(client, "quote", blank)
    assert page.status_code == 200, problems(page.text)
    assert "Dokumen yang harus dilampirkan saat mengirim" in page.text
    quote = page.text.split('id="quote"')[1].split("</section>")[0]
    assert "<li>KTP pemohon</li>" in quote
    assert "Tanggal janji" in quote


def test_the_quote_still_names_what_is_given_wrongly(client: FlaskClient) -> None:
    blank: dict[str, object] = {name: "" for name in GOOD if name.startswith("applicant.")}
    page = send(client, "quote", blank | {"applicant.nik": "123"})
    assert problems(page.text) == [("applicant.nik", "NIK: harus 16 angka.")]
    page = send(client, "quote", blank | {"answer.ho.road": ""})
    assert [where for where, _ in problems(page.text)] == ["answer.ho.road"]
