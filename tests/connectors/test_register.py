"""What the population register says, in all the forms that public clients know, and what we make of each."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.infra.gateway import Registry
from ptsp.sdk import strict_json
from ptsp.sdk.contract import Question, Receipt, Settings, Verdict
from ptsp.sdk.errors import ConnectorError, Misconfigured, RefusedByAgency, TryLater, Why
from ptsp.sdk.simulator import Script, running
from ptsp.sdk.workbench import AGENCY, MASTER, TENANT, Letterbox, Workbench
from tests.connectors.trial import PERSON, ROOT, of

QUESTION = Question("k-1", TENANT, AGENCY, "identity", "TST-1", {"applicant": PERSON})
RIGHT = {"NIK": PERSON["nik"], **dict.fromkeys(("NAMA_LGKP", "JENIS_KLMIN", "TGL_LHR"), "Sesuai")}


def told(registry: Registry, answer: object) -> Receipt:
    with Letterbox(body=strict_json.dumps(answer)).open() as box:
        return registry.build("ktp", Settings(box.url, b"password")).ask(QUESTION)


@pytest.mark.parametrize(
    ("said", "verdict", "finding"),
    [
        ("Sesuai", Verdict.APPROVED, "sesuai"),
        ("Sesuai (100)", Verdict.APPROVED, "sesuai (100)"),
        ("SESUAI (97.5)", Verdict.APPROVED, "sesuai (97)"),
        (" sesuai(91%) ", Verdict.APPROVED, "sesuai (91)"),
        ("Tidak Sesuai", Verdict.REJECTED, "tidak sesuai"),
        ("Tidak Sesuai (41)", Verdict.REJECTED, "tidak sesuai (41)"),
        ("TIDAK SESUAI (0)", Verdict.REJECTED, "tidak sesuai (0)"),
        ("tidak  sesuai", Verdict.REJECTED, "tidak sesuai"),
    ],
)
def test_the_first_word_decides(registry: Registry, said: str, verdict: Verdict, finding: str) -> None:
    for content in ([{**RIGHT, "NAMA_LGKP": said}], {**RIGHT, "NAMA_LGKP": said}):
        receipt = told(registry, {"content": content})
        assert receipt.verdict is verdict
        assert receipt.findings["NAMA_LGKP"] == finding
    if verdict is Verdict.REJECTED:
        assert receipt.reasons == ("Nama lengkap tidak sesuai dengan data kependudukan.",)


@pytest.mark.parametrize(
    "said", ["Mungkin", "Ketidak Sesuaian", "BUDI SESUAI", "Sesuai tidak", "Tidak", "100", "Sesuai (x)"]
)
def test_any_other_word_goes_to_a_person(registry: Registry, said: str) -> None:
    with pytest.raises(RefusedByAgency) as caught:
        told(registry, {"content": [{**RIGHT, "NAMA_LGKP": said}]})
    assert said not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"RESPON": "Kuota Akses Hari ini telah Habis"}, TryLater),
        ({"RESPON": "kuota akses hari ini telah habis"}, TryLater),
        ({"RESPONSE_CODE": "05", "RESPONSE_DESC": "Kuota Akses Hari Ini Telah Habis"}, TryLater),
        ({"RESPONSE_CODE": "05"}, TryLater),
        ({"RESPON": "Login gagal"}, Misconfigured),
        ({"RESPON": "IP Address Tidak Sesuai"}, Misconfigured),
        ({"RESPON": "IP Client  Tidak terdaftar"}, Misconfigured),
        ({"RESPON": "User ID tidak aktif"}, Misconfigured),
        ({"RESPON": "User tidak ditemukan"}, Misconfigured),
        ({"RESPON": "Sistem sedang dalam perbaikan"}, RefusedByAgency),
        ({"RESPONSE_CODE": "77"}, RefusedByAgency),
        ({"RESPONSE_CODE": "13", "RESPON": "Kuota Akses Hari ini telah Habis"}, RefusedByAgency),
    ],
)
def test_a_text_in_place_of_verdicts(
    registry: Registry, entry: dict[str, str], expected: type[Exception]
) -> None:
    for content in ([entry], entry, [{**RIGHT, **entry}]):
        with pytest.raises(expected) as caught:
            told(registry, {"content": content})
        if isinstance(caught.value, TryLater):
            assert caught.value.why is Why.QUOTA
            assert not caught.value.unknown
            assert 0 < (caught.value.after or 0) <= 86_400


@pytest.mark.parametrize(
    "words",
    ["Data Tidak Ditemukan", "NIK tidak ditemukan", "Data Ditemukan, Status Non Aktif", "Meninggal Dunia"],
)
def test_a_nik_that_is_not_there_is_a_rejection_with_a_reason(registry: Registry, words: str) -> None:
    receipt = told(registry, {"content": [{"RESPON": words}]})
    assert receipt.verdict is Verdict.REJECTED
    assert len(receipt.reasons) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"content": []}, RefusedByAgency),
        ({"content": {}}, TryLater),
        ({"content": None}, TryLater),
        ({"content": [RIGHT, RIGHT]}, TryLater),
        ({"content": ["Sesuai"]}, TryLater),
        ({}, TryLater),
        ({"content": [{"NIK": PERSON["nik"], "NAMA_LGKP": "Sesuai"}]}, TryLater),  # no day of birth
        ({"content": [{"NIK": PERSON["nik"], "TGL_LHR": "Sesuai"}]}, TryLater),
    ],
)
def test_an_answer_that_says_nothing_is_no_verdict(
    registry: Registry, answer: dict[str, object], expected: type[ConnectorError]
) -> None:
    with pytest.raises(expected):
        told(registry, answer)


def test_what_was_asked_and_not_answered_is_noted_and_decides_nothing(registry: Registry) -> None:
    receipt = told(
        registry, {"content": [{name: said for name, said in RIGHT.items() if name != "JENIS_KLMIN"}]}
    )
    assert receipt.verdict is Verdict.APPROVED
    assert receipt.findings["JENIS_KLMIN"] == "tidak dijawab"


@given(st.text(max_size=40))
def test_no_word_of_the_register_gets_into_what_is_kept(said: str) -> None:
    content = {"content": [{**RIGHT, "NAMA_LGKP": said}]}
    try:
        receipt = _kept(content)
    except (RefusedByAgency, strict_json.Malformed):
        return
    assert receipt.findings["NAMA_LGKP"].startswith(("sesuai", "tidak sesuai"))


def _kept(content: dict[str, object]) -> Receipt:
    register = Registry(ROOT / "connectors").build("ktp", Settings("http://127.0.0.1:9", b"password"))
    particulars = dict.fromkeys(RIGHT, "x") | {"NIK": PERSON["nik"]}
    made: Receipt = register._receipt(content["content"][0], particulars)  # type: ignore[attr-defined, index]
    return made


@of("ktp")
@pytest.mark.parametrize(
    ("options", "sent", "media_type"),
    [
        ({}, b'"TGL_LHR":"15-02-1980"', "application/json"),
        ({"date_form": "ymd", "credentials": "upper"}, b'"USER_ID":"ptsp"', "application/json"),
        (
            {"body": "form", "fields": ["NAMA_LGKP"]},
            b"NAMA_LGKP=Pemohon+Contoh&NIK=",
            "application/x-www-form-urlencoded",
        ),
    ],
)
def test_clients_differ_and_the_register_takes_all(
    bench: Workbench, options: dict[str, object], sent: bytes, media_type: str
) -> None:
    plain = bench.settings()
    for url in (plain.url, ""):
        with Letterbox(body=strict_json.dumps({"content": [RIGHT]})).open() as box:
            made = Settings(url or box.url, plain.secret, options=options)
            receipt = bench.make(made).ask(bench.question({"applicant": PERSON}))
            assert receipt.verdict is Verdict.APPROVED
            for arrival in box.arrivals:
                assert sent in arrival.body
                assert arrival.headers["Content-Type"] == media_type
                assert PERSON["nik"] not in arrival.path
    assert "TMPT_LHR" not in receipt.findings


@of("ktp")
def test_the_quota_is_of_one_day(bench: Workbench, tmp_path: Path) -> None:
    now = [1_790_000_000.0]
    with running(bench.kind, books=tmp_path / "b.sqlite", master=MASTER, clock=lambda: now[0]) as agency:
        agency.desk.faults.follow(Script(quota=1))
        register = bench.make(Settings(agency.url(TENANT, AGENCY), bench.secret))
        register.ask(bench.question())
        with pytest.raises(TryLater):
            register.ask(bench.question())
        now[0] += 86_400
        assert register.ask(bench.question()).verdict is Verdict.APPROVED
