"""The simulated bank calls our side of BI-SNAP over real HTTP, and misbehaves on demand."""

import http.client
import json
import threading
import time
from binascii import crc_hqx
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ptsp.infra.statements import read_statement
from ptsp.sdk import qris, snap, strict_json
from ptsp.sdk.bank_testing import NUMBER, OPTIONS, OTHERS, PREFIX, MemoryTill
from ptsp.sdk.contract import Call
from ptsp.sdk.simulator import running
from ptsp.sdk.workbench import AGENCY, TENANT, Workbench
from tests.connectors.trial import eventually, free_port, of, send

ORDER = {"tenant": TENANT, "agency": AGENCY, "prefix": PREFIX, "customer_no": NUMBER}


class Platform:
    """The connector behind a small HTTP server, as the platform's door has it."""

    def __init__(self, bench: Workbench) -> None:
        self.bench, self.till, self.url = bench, MemoryTill(), ""
        self.bank = bench.make(replace(bench.settings(), options=OPTIONS))

    def pay(self, **order: object) -> list[str]:
        """What came of it: response codes with amounts, in order."""
        body = strict_json.dumps({**ORDER, "url": self.url, **order})
        status, told = send(self.bench.agency.port, "POST", "/tellers/pay", body)
        assert status == 202, told
        books = self.bench.agency.desk.books
        eventually(lambda: all(letter.done_at for letter in books.letters()))
        path = f"/{TENANT}/{AGENCY}/payments/{told['reference']}"
        outcomes = send(self.bench.agency.port, "GET", path)[1]["outcomes"]
        assert isinstance(outcomes, list)
        return outcomes


@pytest.fixture
def platform(bench: Workbench) -> Iterator[Platform]:
    made = Platform(bench)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Door, made)) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=partial(server.serve_forever, 0.02), daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


class Door(BaseHTTPRequestHandler):
    def __init__(self, platform: Platform, *arguments: Any) -> None:
        self._platform = platform
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = self.path.removeprefix(snap.PATH)
        answer = self._platform.bank.answer(
            Call("POST", path, dict(self.headers.items()), body), self._platform.till
        )
        written = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


PAID = "2002500 187625"


@of("bank")
@pytest.mark.parametrize(
    ("order", "outcomes", "references"),
    [
        ({}, [PAID], 1),
        ({"amount": 187_625}, [PAID], 1),
        ({"fault": "double"}, [PAID, PAID], 1),
        ({"fault": "twice"}, [PAID, "4042514 187625"], 1),
        ({"fault": "wrong_amount"}, ["4042513 187624"], 0),
        ({"fault": "wrong_signature"}, ["4012400 0"], 0),
        ({"fault": "callback_before_inquiry", "amount": 187_625}, [PAID], 1),
        ({"fault": "same_external_id"}, ["4092500 187625", PAID], 1),
        ({"fault": "cut_line"}, [PAID], 1),
        ({"customer_no": "2600000009"}, ["4042412 0"], 0),
        ({"customer_no": OTHERS["paid"]}, ["4042414 0"], 0),
        ({"customer_no": OTHERS["closed"]}, ["4042419 0"], 0),
        ({"prefix": "12345"}, ["4042412 0"], 0),
        ({"channel": "qris", "amount": 187_625}, ["2005200 187625"], 1),
        ({"channel": "qris", "amount": 187_625, "fault": "double"}, ["2005200 187625", "2005200 187625"], 1),
        ({"channel": "qris", "amount": 187_625, "fault": "twice"}, ["2005200 187625", "2005200 187625"], 2),
        ({"channel": "qris", "amount": 187_625, "fault": "wrong_amount"}, ["2005200 187624"], 1),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_what_a_bank_does_comes_to_this(
    platform: Platform, order: dict[str, object], outcomes: list[str], references: int
) -> None:
    assert platform.pay(**order) == outcomes
    assert len(platform.till.money) == references
    (payment,) = platform.bench.agency.desk.books.effects()
    assert set(platform.till.money) <= {payment.key, f"{payment.key}b"}  # whatever was tried again


@of("bank")
def test_the_statement_tells_of_the_money_the_bank_holds_and_of_nothing_else(platform: Platform) -> None:
    platform.pay(fault="double")
    platform.pay(customer_no="2600000009")
    platform.pay(channel="qris", amount=5_000, fault="twice", customer_no="<&>")
    port, told = platform.bench.agency.port, platform.till.money
    assert platform.pay(channel="qris", amount=900, fault="wrong_signature") == ["4015200 900"]
    read = [
        read_statement(text(port, f"/{TENANT}/{AGENCY}/{name}").encode())
        for name in ("statement.csv", "statement.xml")
    ]
    for statement in read:
        held = {line.entry: line.amount for line in statement.lines}
        assert sorted(held.values()) == [900, 5_000, 5_000, 187_625]
        assert {entry: held[entry] for entry in told} == {one: money.amount for one, money in told.items()}
    assert (read[1].opening, read[1].closing) == (0, 198_525)
    numbers = {line.entry: line.customer_no for line in read[0].lines}
    assert {entry: numbers[entry] for entry in told} == {
        one: money.customer_no for one, money in told.items()
    }
    assert [line.customer_no for line in read[1].lines if line.amount == 187_625] == [NUMBER]


@of("bank")
def test_the_banks_key_is_kept_in_its_books(bench: Workbench, tmp_path: Path) -> None:
    path = f"/{TENANT}/{AGENCY}/public-key"
    with running(bench.kind, books=tmp_path / "books.sqlite", master=b"m" * 32) as again:
        assert text(again.port, path) == text(bench.agency.port, path)
    with running(bench.kind, books=tmp_path / "new.sqlite", master=b"m" * 32) as other:
        assert text(other.port, path) != text(bench.agency.port, path)


@of("bank")
def test_a_key_that_cannot_be_fetched_is_no_key(bench: Workbench) -> None:
    """Nobody is there; it lies elsewhere; it is larger than a key, too small a one, or none."""
    small = written(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    genuine, box = bench.settings(), bench.letters
    gone = replace(genuine, url=f"http://127.0.0.1:{free_port()}", options=OPTIONS)
    assert asked_by(KEY, bench.make(gone)) == "5007300"
    elsewhere = {"Location": f"{genuine.url}/public-key"}
    at_the_box = replace(genuine, url=box.url, options=OPTIONS)
    for status, body in ((302, b""), (404, b""), (200, written(KEY) * 50), (200, b"none"), (200, small)):
        box.answers, box.answer_headers, box.body = (status,), elsewhere, body
        assert asked_by(KEY, bench.make(at_the_box)) == "5007300"


@of("bank")
def test_a_key_that_was_renewed_is_fetched_again(bench: Workbench) -> None:
    renewed = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    bank = bench.make(replace(bench.settings(), url=bench.letters.url, options=OPTIONS))
    bench.letters.body = written(KEY)
    assert [asked_by(KEY, bank), asked_by(KEY, bank), asked_by(renewed, bank)] == [
        "2007300",
        "2007300",
        "4017300",
    ]
    assert len(bench.letters.arrivals) == 2
    bench.letters.body = written(renewed)
    assert [asked_by(renewed, bank), asked_by(KEY, bank)] == ["2007300", "4017300"]


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def written(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def asked_by(key: rsa.RSAPrivateKey, bank: Any) -> str:
    """What whoever holds a key is answered when they ask for a token."""
    client, timestamp = f"{TENANT}.{AGENCY}", snap.stamp(time.time())
    headers = {
        "X-CLIENT-KEY": client,
        "X-TIMESTAMP": timestamp,
        "X-SIGNATURE": snap.sign_token_request(key, client, timestamp),
    }
    call = Call("POST", "/access-token/b2b", headers, b'{"grantType": "client_credentials"}')
    return str(bank.answer(call, MemoryTill()).body["responseCode"])


@of("bank")
def test_paying_twice_with_one_key_pays_once(platform: Platform) -> None:
    body = strict_json.dumps({**ORDER, "url": platform.url})
    answers = [
        send(platform.bench.agency.port, "POST", "/tellers/pay", body, Idempotency_Key="k") for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(platform.bench.agency.desk.books.effects()) == 1
    eventually(lambda: platform.till.money)


@of("bank")
@pytest.mark.parametrize(
    "change",
    [
        {"amount": 0},
        {"amount": "5"},
        {"customer_no": ""},
        {"tenant": None},
        {"channel": "barter"},
        {"fault": "robbery"},
    ],
    ids=json.dumps,
)
def test_the_counter_refuses_nonsense_and_names_the_field(
    bench: Workbench, change: dict[str, object]
) -> None:
    order = {**ORDER, "url": bench.letters.url, **change}
    status, told = send(bench.agency.port, "POST", "/tellers/pay", strict_json.dumps(order))
    assert status == 422
    assert str(told["error"]).startswith(next(iter(change)))
    assert bench.agency.desk.books.effects() == []


@pytest.mark.parametrize(
    ("data", "expected"), [(b"123456789", 0x29B1), (b"", 0xFFFF), (b"A", 0xB915)], ids=["check", "empty", "A"]
)
def test_the_checksum_of_a_qris_code(data: bytes, expected: int) -> None:
    """CRC-16/CCITT-FALSE; 0x29B1 is the check value of its catalogue entry."""
    assert qris.crc16(data) == expected


@pytest.mark.parametrize(
    ("amount", "bill", "priced", "named"),
    [(187_625, "2600000001", "5406187625", "62140110" + "2600000001"), (1, "S", "54011", "62050101S")],
    ids=["usual", "least"],
)
def test_a_qris_code_is_this_text(amount: int, bill: str, priced: str, named: str) -> None:
    """Tag, length, value; the checksum is that of the standard library."""
    merchant = qris.Merchant("ID1020000000001", "PEMKAB CONTOH", "CONTOH", "61212")
    said = (
        "00020101021251440014ID.CO.QRIS.WWW0215ID10200000000010303URE520493995303360"
        f"{priced}5802ID5913PEMKAB CONTOH6006CONTOH610561212{named}6304"
    )
    assert qris.payload(merchant, amount=amount, bill=bill) == f"{said}{crc_hqx(said.encode(), 0xFFFF):04X}"


@pytest.mark.parametrize(("amount", "bill"), [(0, "1"), (-1, "1"), (1, "x" * 26), (1, "")])
def test_what_fits_no_qris_code_is_refused(amount: int, bill: str) -> None:
    merchant = qris.Merchant("ID1020000000001", "PEMKAB CONTOH", "CONTOH", "61212")
    with pytest.raises(ValueError, match="QRIS code"):
        qris.payload(merchant, amount=amount, bill=bill)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        (b'{ "a" : 1 }', b'{"a":1}'),
        (b'{"a": "x  y"}', b'{"a":"x  y"}'),
        (b'{"a": "\\" , {"}', b'{"a":"\\" , {"}'),
        (b"[1,\n\t2]", b"[1,2]"),
        (b"", b""),
    ],
)
def test_white_space_goes_only_between_the_parts(written: bytes, left: bytes) -> None:
    assert snap.minified(written) == left


def test_a_signature_is_the_one_that_openssl_makes() -> None:
    """`printf METHOD:path:token:digest:timestamp | openssl dgst -sha512 -hmac SECRET -binary | base64`."""
    signature = snap.sign(
        b"k123456789012345678901234567890k",
        method="POST",
        path="/snap/v1.0/transfer-va/inquiry",
        token="1767225600.abc",
        body=b'{ "customerNo": "2600000001" }',
        timestamp="2026-01-01T07:00:00+07:00",
    )
    assert signature == (
        "KXwFTxNv8fc4Roqx55gr1nx5wBpctQs0YYIKrUZ6fww7eHS1FddkVGR4nHukM/ouebDNlhRgE5YRBnqyW+h8cQ=="
    )


def text(port: int, path: str) -> str:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    line.request("GET", path)
    try:
        return line.getresponse().read().decode()
    finally:
        line.close()
