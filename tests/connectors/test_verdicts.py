"""What a fake agency decides stands in the data, and nothing an agency says is guessed."""

import time

import pytest

from ptsp.infra.gateway import Registry
from ptsp.sdk import strict_json
from ptsp.sdk.contract import Question, Settings, Verdict
from ptsp.sdk.errors import RefusedByAgency, TryLater
from ptsp.sdk.simulator import Script
from ptsp.sdk.workbench import AGENCY, TENANT, Letterbox, Workbench
from tests.connectors.trial import PERSON, of


@of("permits")
@pytest.mark.parametrize(
    ("answers", "address", "verdict"),
    [
        ({"floor_area": "20000"}, "Jl. Contoh 1", Verdict.APPROVED),
        ({"floor_area": "20000.01"}, "Jl. Contoh 1", Verdict.REJECTED),
        ({"imb": {"floor_area": "20001"}}, "Jl. Contoh 1", Verdict.REJECTED),
        ({"zone": "protected"}, "Jl. Contoh 1", Verdict.REJECTED),
        ({}, "Jl. Contoh 1 uji:tolak", Verdict.REJECTED),
        ({}, f"Jl. Contoh 1 uji:tolak:{AGENCY}", Verdict.REJECTED),
        ({}, "Jl. Contoh 1 uji:tolak:trade", Verdict.APPROVED),
    ],
)
def test_permits_rejects_by_the_data(
    bench: Workbench, answers: dict[str, object], address: str, verdict: Verdict
) -> None:
    payload = {"answers": answers, "applicant": {**PERSON, "address": address}, "services": ["imb"]}
    assert bench.verdict(bench.connector(), bench.question(payload)).verdict is verdict


@of("ho")
@pytest.mark.parametrize(
    ("answers", "address", "verdict"),
    [
        ({"disturbance": "large", "land_use": "trade", "open": True}, "Jl. Contoh 1", Verdict.APPROVED),
        ({"ho": {"disturbance": "large", "land_use": "housing"}}, "Jl. Contoh 1", Verdict.REJECTED),
        ({}, "Jl. Contoh 1 uji:tolak", Verdict.REJECTED),
    ],
)
def test_ho_rejects_by_the_data(
    bench: Workbench, answers: dict[str, object], address: str, verdict: Verdict
) -> None:
    payload = {"answers": answers, "applicant": {**PERSON, "address": address}, "services": ["ho"]}
    assert bench.verdict(bench.connector(), bench.question(payload)).verdict is verdict


@of("ktp")
@pytest.mark.parametrize(
    ("serial", "verdict", "finding"),
    [
        ("9990", Verdict.APPROVED, {"NAMA_LGKP": "sesuai (100)", "TGL_LHR": "sesuai"}),
        ("9997", Verdict.APPROVED, {"NAMA_LGKP": "sesuai (100)", "TGL_LHR": "sesuai"}),
        ("9998", Verdict.REJECTED, {"NAMA_LGKP": "tidak sesuai (41)", "TGL_LHR": "sesuai"}),
        ("9999", Verdict.REJECTED, {"NIK": "tidak ditemukan"}),
        ("0001", Verdict.REJECTED, {"NIK": "tidak ditemukan"}),
    ],
)
def test_ktp_decides_by_the_serial_and_says_no_data(
    bench: Workbench, serial: str, verdict: Verdict, finding: dict[str, str]
) -> None:
    payload = {"applicant": {**PERSON, "nik": f"351512150280{serial}"}}
    receipt = bench.connector().ask(bench.question(payload))
    assert receipt.verdict is verdict
    assert finding.items() <= receipt.findings.items()
    assert PERSON["name"] not in str(receipt)


@of("ktp")
def test_a_used_up_quota_waits_for_midnight_in_jakarta(bench: Workbench) -> None:
    bench.agency.desk.faults.follow(Script(quota=2))
    connector = bench.connector()
    for _ in range(2):
        connector.ask(bench.question())
    with pytest.raises(TryLater) as caught:
        connector.ask(bench.question())
    midnight = time.time() + (caught.value.after or 0) + 7 * 3600
    assert abs(midnight % 86_400 - 0) < 5 or abs(midnight % 86_400 - 86_400) < 5
    assert not caught.value.unknown


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param({"NAMA_LGKP": "Mungkin"}, RefusedByAgency, id="a verdict we do not know"),
        pytest.param({"RESPONSE_CODE": "77"}, RefusedByAgency, id="a code we do not know"),
        pytest.param({"NAMA_LGKP": None}, TryLater, id="a field without a verdict"),
        pytest.param({"NIK": "3515121502809991"}, TryLater, id="somebody else"),
        pytest.param({"TGL_LHR": "15-02-1980"}, RefusedByAgency, id="data instead of a verdict"),
    ],
)
def test_an_answer_of_the_register_is_never_guessed(
    registry: Registry, entry: dict[str, object], expected: type[Exception]
) -> None:
    right = {"NIK": PERSON["nik"], **dict.fromkeys(("NAMA_LGKP", "JENIS_KLMIN", "TGL_LHR"), "Sesuai")}
    question = Question("k-1", TENANT, AGENCY, "identity", "TST-1", {"applicant": PERSON})
    box = Letterbox(body=strict_json.dumps({"content": [right]}))
    with box.open():
        connector = registry.build("ktp", Settings(box.url, b"password"))
        assert connector.ask(question).verdict is Verdict.APPROVED
        box.body = strict_json.dumps({"content": [{**right, **entry}]})
        with pytest.raises(expected):
            connector.ask(question)
