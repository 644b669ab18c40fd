"""Fake agencies keep their own books, misbehave to order, and do not give up on a callback."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptsp.infra.gateway import Registry
from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.contract import Connector, Payment, Question, Settings, Verdict
from ptsp.sdk.errors import Forged, RefusedByAgency, TryLater
from ptsp.sdk.simulator import Books, Opening, Script, running
from ptsp.sdk.workbench import AGENCY, MASTER, TENANT, Letterbox, Workbench, workbench

ROOT = Path(__file__).resolve().parents[2]
PERSON = {"nik": "3515121502809990", "name": "Pemohon Contoh", "birth_on": "1980-02-15", "gender": "male"}


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    made = Registry(ROOT / "connectors")
    yield made
    made.close()


@pytest.fixture
def bench(request: pytest.FixtureRequest, registry: Registry, tmp_path: Path) -> Iterator[Workbench]:
    code = request.param
    build = registry.build_payment if code == "bank" else registry.build
    with workbench(
        folder=ROOT / "connectors" / code,
        manifest=registry.manifest(code),
        kind=registry.fake_agency(code),
        make=lambda settings: build(code, settings),
        books=tmp_path / "books.sqlite",
    ) as ready:
        yield ready


def of(code: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bench", [code], indirect=True, ids=[code])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def send(
    port: int, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, object]]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        line.close()


def eventually(what: object, *, within_s: float = 8) -> None:
    ends = time.monotonic() + within_s
    while not what():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.01)


# ------------------------------------------------------------------------------- callbacks that insist


@of("permits")
def test_a_callback_survives_that_the_platform_is_down(bench: Workbench, registry: Registry) -> None:
    port = free_port()
    settings = bench.settings()
    there = Settings(settings.url, settings.secret, f"http://127.0.0.1:{port}/replies", settings.options)
    connector, question = registry.build("permits", there), bench.question()
    connector.ask(question)
    eventually(lambda: bench.agency.desk.books.letters()[0].tries >= 2)
    with Letterbox(answers=(503, 500, 204)).open(port) as back:
        arrivals = back.wait_for(3)
        eventually(lambda: bench.agency.desk.books.letters()[0].done_at is not None)
    replies = [connector.read_reply(arrival.headers, arrival.body) for arrival in arrivals]
    assert len({reply.message_id for reply in replies}) == 1
    assert {reply.key for reply in replies} == {question.key}
    assert len(back.arrivals) == 3


def test_a_callback_survives_that_the_agency_is_killed(registry: Registry, tmp_path: Path) -> None:
    kind, script = registry.fake_agency("permits"), Script(delay_s=0.3)
    secret = webhooks.derive_secret(MASTER, TENANT, AGENCY)
    question = Question("k-1", TENANT, AGENCY, "technical", "TST-1", dict(kind.approved))
    with Letterbox().open() as letters:
        with running(kind, books=tmp_path / "b", master=MASTER, script=script) as agency:
            settings = Settings(agency.url(TENANT, AGENCY), secret, letters.url)
            registry.build("permits", settings).ask(question)
        assert letters.arrivals == []
        with running(kind, books=tmp_path / "b", master=MASTER, script=script):
            (arrival,) = letters.wait_for(1)
    assert registry.build("permits", settings).read_reply(arrival.headers, arrival.body).key == "k-1"


@of("permits")
@pytest.mark.parametrize(
    ("fault", "taken", "refused"),
    [
        ({"do": "duplicate_reply"}, 2, 0),
        ({"do": "wrong_key"}, 1, 1),
        ({"do": "late", "seconds": 0.3}, 1, 0),
    ],
)
def test_replies_misbehave_to_order(
    bench: Workbench, fault: dict[str, object], taken: int, refused: int
) -> None:
    bench.follow(fault, delay_s=0.0)
    connector, question = bench.connector(), bench.question()
    started = time.monotonic()
    connector.ask(question)
    arrivals = bench.letters.wait_for(taken + refused)
    said = [_read(connector, arrival.headers, arrival.body) for arrival in arrivals]
    assert (said.count("taken"), said.count("forged")) == (taken, refused)
    assert time.monotonic() - started >= float(str(fault.get("seconds", 0)))
    assert len(bench.agency.desk.books.effects()) == 1


@of("permits")
def test_a_reply_may_come_before_the_answer(bench: Workbench) -> None:
    bench.follow({"do": "reply_before_answer"}, delay_s=60)
    connector, question = bench.connector(), bench.question()
    receipt = connector.ask(question)
    (arrival,) = bench.letters.arrivals
    assert connector.read_reply(arrival.headers, arrival.body).receipt.agency_ref == receipt.agency_ref


@of("permits")
def test_a_reply_to_a_question_nobody_put_is_signed_and_names_another_key(bench: Workbench) -> None:
    bench.follow({"do": "unknown_question"}, delay_s=0.0)
    connector, question = bench.connector(), bench.question()
    connector.ask(question)
    replies = [connector.read_reply(found.headers, found.body) for found in bench.letters.wait_for(2)]
    assert sorted(reply.key == question.key for reply in replies) == [False, True]
    assert len({reply.message_id for reply in replies}) == 2


@of("permits")
def test_the_same_key_for_another_question_is_refused(bench: Workbench) -> None:
    connector, question = bench.connector(), bench.question()
    connector.ask(question)
    other = Question(question.key, TENANT, AGENCY, "other", question.reference, question.payload)
    with pytest.raises(RefusedByAgency):
        connector.ask(other)
    assert len(bench.agency.desk.books.effects()) == 1


def _read(connector: Connector, headers: object, body: bytes) -> str:
    try:
        connector.read_reply(headers, body)  # type: ignore[arg-type]
    except Forged:
        return "forged"
    return "taken"


# --------------------------------------------------------------------------------- what a verdict says


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


# ------------------------------------------------------------------------------------------- the bank


@of("bank")
@pytest.mark.parametrize(
    ("fault", "amounts", "messages"),
    [
        ("", [187_625], 1),
        ("double", [187_625, 187_625], 1),
        ("wrong_amount", [187_624], 1),
        ("wrong_signature", ["forged"], 0),
    ],
)
def test_the_counter_makes_the_bank_call(
    bench: Workbench, fault: str, amounts: list[object], messages: int
) -> None:
    order = {
        "tenant": TENANT,
        "agency": AGENCY,
        "bill": "SKRD-1",
        "amount": 187_625,
        "url": bench.letters.url,
    }
    body = strict_json.dumps({**order, "fault": fault} if fault else order)
    status, told = send(bench.agency.port, "POST", "/tellers/pay", body)
    assert (status, sorted(told)) == (202, ["message_id", "provider_ref"])
    paid = [_payment(bench, found.headers, found.body) for found in bench.letters.wait_for(len(amounts))]
    assert [payment.amount if payment else "forged" for payment in paid] == amounts
    assert {payment.provider_ref for payment in paid if payment} <= {told["provider_ref"]}
    assert len({payment.message_id for payment in paid if payment}) == messages


@of("bank")
def test_paying_twice_with_one_key_pays_once(bench: Workbench) -> None:
    order = {"tenant": TENANT, "bill": "SKRD-1", "amount": 5, "url": bench.letters.url}
    answers = [
        send(bench.agency.port, "POST", "/tellers/pay", strict_json.dumps(order), Idempotency_Key="k")
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(bench.agency.desk.books.effects()) == 1


@of("bank")
@pytest.mark.parametrize(
    "change", [{"amount": 0}, {"amount": "5"}, {"bill": ""}, {"tenant": None}, {"fault": "robbery"}]
)
def test_the_counter_refuses_nonsense_and_names_the_field(
    bench: Workbench, change: dict[str, object]
) -> None:
    order = {"tenant": TENANT, "bill": "SKRD-1", "amount": 5, "url": bench.letters.url, **change}
    status, told = send(bench.agency.port, "POST", "/tellers/pay", strict_json.dumps(order))
    assert status == 422
    assert str(told["error"]).startswith(next(iter(change)))
    assert bench.agency.desk.books.effects() == []


def _payment(bench: Workbench, headers: object, body: bytes) -> Payment | None:
    try:
        return bench.payments().read_payment(headers, body)  # type: ignore[arg-type]
    except Forged:
        return None


# ------------------------------------------------------------------------------ books, script, process


def test_books_show_one_effect_per_key_and_find_a_doubled_question(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.sqlite")
    first = Opening("sidoarjo/trade", "k-1", "check", "SDA-1", "siup", "{}")
    again = Opening("sidoarjo/trade", "k-2", "check", "SDA-1", "siup", "{}")
    opened = [books.open_case(opening, prefix="X", at=1.0) for opening in (first, first)]
    assert [fresh for _, fresh in opened] == [True, False]
    assert books.doubled() == []
    books.open_case(again, prefix="X", at=2.0)
    second_reader = Books(tmp_path / "books.sqlite")
    assert second_reader.doubled() == [("sidoarjo/trade", "check", "SDA-1", "siup")]
    assert [case.number for case in second_reader.effects()] == ["X-000001", "X-000002"]
    books.close()
    second_reader.close()


def test_a_letter_is_owed_in_the_same_write_as_the_effect(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.sqlite")
    opening = Opening("sidoarjo/trade", "k-1", "check", "SDA-1", "siup", "{}")
    with pytest.raises(ZeroDivisionError):
        books.open_case(opening, prefix="X", at=1.0, owes=lambda case: 1 / 0)  # type: ignore[arg-type, return-value]
    assert books.effects() == []
    books.close()


@of("ktp")
def test_a_script_is_changed_while_it_runs(bench: Workbench) -> None:
    port = bench.agency.port
    status, script = send(port, "PUT", "/_script", b'{"do": "429", "every": 2, "retry_after": "3"}')
    assert (status, script["rules"][0]["do"]) == (200, "429")  # type: ignore[index]
    bench.connector().ask(bench.question())
    with pytest.raises(TryLater):
        bench.connector().ask(bench.question())
    status, told = send(port, "PUT", "/_script", b'{"do": "explode"}')
    assert (status, str(told["error"])[:11]) == (422, "rules[0].do")
    assert send(port, "PUT", "/_script", b"{")[0] == 422
    assert send(port, "GET", "/_books")[1] == {
        "doubled": [],
        "effects": 1,
        "letters": 0,
        "letters_owed": 0,
        "requests": 2,
    }
    assert send(port, "GET", "/_nothing")[0] == send(port, "GET", "/nothing")[0] == 404


def command(*arguments: str, **env: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PTSP_")}
    return subprocess.Popen(
        [sys.executable, "-m", "ptsp.main.cli", "simulate", *arguments],
        cwd=ROOT,
        env={**kept, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_runs_one_agency_until_it_is_told_to_end(registry: Registry, tmp_path: Path) -> None:
    books = tmp_path / "books.sqlite"
    process = command("ktp", "--books", str(books), PTSP_SECRET=MASTER.decode())
    with process:
        told = json.loads(process.stdout.readline())  # type: ignore[union-attr]
        assert told["code"] == "ktp"
        secret = webhooks.derive_secret(MASTER, TENANT, AGENCY)
        url = f"http://127.0.0.1:{told['port']}/{TENANT}/{AGENCY}"
        receipt = registry.build("ktp", Settings(url, secret)).ask(
            Question("k-1", TENANT, AGENCY, "identity", "TST-1", {"applicant": PERSON})
        )
        assert receipt.verdict is Verdict.APPROVED
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    kept = Books(books)
    assert [(case.key, case.step, case.reference) for case in kept.effects()] == [
        ("k-1", "identity", "TST-1")
    ]
    kept.close()


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (["ktp"], {}, "PTSP_SECRET"),
        (["ktp"], {"PTSP_SECRET": "short"}, "at least 16 bytes"),
        (["ktq"], {"PTSP_SECRET": "x" * 32}, "did you mean 'ktp'"),
        (["ktp", "--script", '{"do": "explode"}'], {"PTSP_SECRET": "x" * 32}, "rules[0].do"),
        (["ktp", "--script", "{"], {"PTSP_SECRET": "x" * 32}, "--script"),
    ],
)
def test_the_command_says_what_is_wrong(
    arguments: list[str], env: dict[str, str], said: str, tmp_path: Path
) -> None:
    process = command(*arguments, "--books", str(tmp_path / "b"), **env)
    _, error = process.communicate(timeout=20)
    assert process.returncode != 0
    assert said in error
    assert "Traceback" not in error
