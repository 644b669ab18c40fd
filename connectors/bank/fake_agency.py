"""A bank of its own: whoever pays at its counter makes it call the platform by BI-SNAP until it has a clear answer.

Its statement tells of what it holds: a virtual account's money from when the platform took it (what is refused goes
back to the payer), QRIS money from when it was paid, whatever the platform says. On demand it misbehaves.
"""

import csv
import hashlib
import io
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from xml.sax.saxutils import escape

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ptsp.sdk import snap, strict_json
from ptsp.sdk.simulator import Answer, Call, Case, Desk, Letter, Opening, Request, Route
from ptsp.sdk.simulator.script import PAYMENTS

LARGEST_AMOUNT = 10**13
LATE_S = 5.0
TIMEOUT_S = 10.0
OUT = "OUT"  # the method of a request that the bank made itself, in its books
CLEAR = (200, 404, 400, 401, 409)  # a clear answer, one way or the other
TAKEN = ("2002500", "2005200")
CONFLICT = "409"
AGAIN = {"double": "", "twice": "b"}  # what the second telling adds to the reference
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"


class FakeAgency:
    approved: dict[str, object] = {}
    rejected: dict[str, object] = {}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._key = _read_key(desk.books.kept("key", _new_key))
        self._http = requests.Session()
        self._http.trust_env = False
        desk.callbacks.carried_by(self._deliver)

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "/tellers/pay", self._pay, rooted=True),
            Route("GET", "/payments/{key}", self._outcome),
            Route("GET", "/public-key", self._public_key),
            Route("GET", "/statement.csv", self._statement_csv),
            Route("GET", "/statement.xml", self._statement_camt),
        )

    # The counter

    def _pay(self, call: Call) -> Answer:
        """202 with the bank's own reference; what came of it stands under `/<tenant>/<agency>/payments/<reference>`."""
        try:
            order = strict_json.parse_object(call.body)
            wanted = _order(order)
            fault, seconds = _fault(call, order)
        except strict_json.Malformed as error:
            return Answer.json(422, {"error": str(error)})
        key = call.key or uuid.uuid4().hex
        reference = hashlib.sha256(key.encode()).hexdigest()[:24]
        wanted |= {"fault": fault, "paid_at": snap.stamp(self._desk.clock())}
        if fault == "wrong_amount" and wanted["channel"] == "qris":  # what the payer has typed in
            wanted["amount"] = int(str(wanted["amount"])) - 1
        office = f"{wanted['tenant']}/{wanted['agency']}"
        opening = Opening(office, reference, "payment", str(wanted["customer_no"]), key, json.dumps(wanted))

        def owed(case: Case) -> list[Letter]:
            at = self._desk.clock() + (seconds if fault == "late" else 0)
            body = strict_json.dumps(wanted)
            return [Letter(0, office, str(wanted["url"]), reference, body, fault, 0, at, None, None)]

        self._desk.books.open_case(opening, prefix="BYR", at=self._desk.clock(), owes=owed)
        self._desk.callbacks.ring()
        return Answer.json(202, {"reference": reference})

    def _outcome(self, call: Call) -> Answer:
        outcomes = [
            one.outcome
            for one in self._desk.books.requests()
            if one.method == OUT
            and one.agency == call.office
            and one.key in (call.values["key"], f"{call.values['key']}{AGAIN['twice']}")
        ]
        return Answer(200, json.dumps({"outcomes": outcomes}).encode())

    def _public_key(self, _: Call) -> Answer:
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return Answer.text(200, pem.decode())

    # Calling the platform

    def _deliver(self, letter: Letter) -> int | None:
        """One try to pay; None means that it is tried again, with the same reference."""
        order = strict_json.parse_object(letter.body)
        line = _Line(self._http, self._key, self._secret(letter), letter, self._desk.clock)
        try:
            token = line.token()
            status, code, amount = self._tried(line, token, letter, order)
            self._note(letter.message_id, letter, order, f"{code} {amount}")
            if letter.trouble in AGAIN and code in TAKEN:
                again = f"{letter.message_id}{AGAIN[letter.trouble]}"
                _, code, _ = line.told(token, *_message(again, order, amount, self._desk.clock()))
                self._note(again, letter, order, f"{code} {amount}")
        except (requests.RequestException, ValueError, KeyError):  # nobody there, or no answer of theirs
            return None
        if code.startswith(CONFLICT) and letter.trouble == "same_external_id" and not letter.tries:
            return None
        return 200 if status in CLEAR else None

    def _tried(
        self, line: "_Line", token: str, letter: Letter, order: Mapping[str, object]
    ) -> tuple[int, str, int]:
        """Status, response code and amount of the call that ended it."""
        amount = int(str(order["amount"] or 0))
        if order["channel"] == "va" and letter.tries:  # it may have arrived the last time
            asked = {**_accounts(order), "paymentRequestId": letter.message_id}
            status, _, told = line.told(token, "/transfer-va/status", asked)
            if status == 200:
                return status, TAKEN[0], int(float(str(_account(told)["paidAmount"]["value"])))
        if order["channel"] == "va" and letter.trouble != "callback_before_inquiry":
            inquiry = {**_accounts(order), "inquiryRequestId": f"{letter.message_id}-i", "channelCode": 6011}
            status, code, told = line.told(token, "/transfer-va/inquiry", inquiry)
            if status != 200:
                return status, code, 0
            amount = amount or int(float(str(_account(told)["totalAmount"]["value"])))
        amount -= letter.trouble == "wrong_amount" and order["channel"] == "va"
        path, body = _message(letter.message_id, order, amount, self._desk.clock())
        status, code, _ = line.told(token, path, body)
        if letter.trouble == "cut_line" and not letter.tries:
            raise requests.ConnectionError("the answer is lost on the way back")
        return status, code, amount

    def _secret(self, letter: Letter) -> bytes:
        tenant, _, agency = letter.agency.partition("/")
        secret = self._desk.secret_for(tenant, agency)
        return bytes(reversed(secret)) if letter.trouble == "wrong_signature" else secret

    def _note(self, reference: str, letter: Letter, order: Mapping[str, object], outcome: str) -> None:
        path = str(order["customer_no"])
        self._desk.books.note(Request(self._desk.clock(), letter.agency, OUT, path, reference, outcome))

    # Statements

    def _taken(self, office: str) -> Iterator[tuple[datetime, str, str, int]]:
        """(when, reference, customer number, amount) of all money that the bank holds for an office, once each."""
        seen = set()
        for case in self._desk.books.effects():
            order = strict_json.parse_object(case.body.encode())
            if case.agency != office or order["channel"] != "qris":
                continue
            for again in ("", AGAIN["twice"]) if order["fault"] == "twice" else ("",):
                reference = f"{case.key}{again}"
                seen.add(reference)
                at = datetime.fromtimestamp(case.opened_at, snap.WIB)
                yield at, reference, case.reference, int(str(order["amount"]))
        for one in self._desk.books.requests():
            code, _, amount = one.outcome.partition(" ")
            if one.method == OUT and one.agency == office and code in TAKEN and one.key not in seen:
                seen.add(one.key)
                yield datetime.fromtimestamp(one.at, snap.WIB), one.key, one.path, int(amount)

    def _statement_csv(self, call: Call) -> Answer:
        written = io.StringIO()
        rows = csv.writer(written)
        rows.writerow(["date", "reference", "customer_no", "amount", "description"])
        for at, reference, customer_no, amount in self._taken(call.office):
            rows.writerow([at.date().isoformat(), reference, customer_no, amount, "Setoran retribusi"])
        return Answer(200, written.getvalue().encode(), "text/csv; charset=utf-8")

    def _statement_camt(self, call: Call) -> Answer:
        taken = list(self._taken(call.office))
        total = sum(amount for *_, amount in taken)
        day = datetime.fromtimestamp(self._desk.clock(), snap.WIB).date().isoformat()
        entries = "".join(_entry(*one) for one in taken)
        document = (
            f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{CAMT}"><BkToCstmrStmt><GrpHdr>'
            f"<MsgId>{call.tenant}-{day}</MsgId><CreDtTm>{day}T23:59:59+07:00</CreDtTm></GrpHdr><Stmt>"
            f"<Id>{call.tenant}-{day}</Id><CreDtTm>{day}T23:59:59+07:00</CreDtTm><Acct><Id><Othr><Id>"
            f"{call.tenant}</Id></Othr></Id><Ccy>IDR</Ccy></Acct>{_balance('OPBD', 0, day)}"
            f"{_balance('CLBD', total, day)}{entries}</Stmt></BkToCstmrStmt></Document>"
        )
        return Answer(200, document.encode(), "application/xml")


class _Line:
    """Calls of one payment, signed as a real bank signs them."""

    def __init__(
        self,
        http: requests.Session,
        key: rsa.RSAPrivateKey,
        secret: bytes,
        letter: Letter,
        clock: Callable[[], float],
    ) -> None:
        self._http, self._key, self._secret, self._clock = http, key, secret, clock
        self._url = letter.url.rstrip("/")
        self._client = letter.agency.replace("/", ".")
        self._same_id = letter.trouble == "same_external_id" and not letter.tries
        self._first_id = uuid.uuid4().hex

    def token(self) -> str:
        timestamp = snap.stamp(self._clock())
        headers = {
            "X-CLIENT-KEY": self._client,
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": snap.sign_token_request(self._key, self._client, timestamp),
            "Content-Type": "application/json",
        }
        body = strict_json.dumps({"grantType": "client_credentials"})
        answer = self._post("/access-token/b2b", body, headers)
        return str(answer.json()["accessToken"])

    def told(
        self, token: str, path: str, told: Mapping[str, object]
    ) -> tuple[int, str, Mapping[str, object]]:
        timestamp = snap.stamp(self._clock())
        body = json.dumps(told, indent=1).encode()  # white space must not matter
        signature = snap.sign(
            self._secret,
            method="POST",
            path=f"{snap.PATH}{path}",
            token=token,
            body=body,
            timestamp=timestamp,
        )
        headers = {
            "Authorization": f"Bearer {token}",
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": signature,
            "X-PARTNER-ID": self._client,
            "X-EXTERNAL-ID": self._first_id if self._same_id else uuid.uuid4().hex,
            "CHANNEL-ID": "95051",
            "Content-Type": "application/json",
        }
        answer = self._post(path, body, headers)
        read = answer.json()
        return answer.status_code, str(read["responseCode"]), read

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        return self._http.post(
            f"{self._url}{snap.PATH}{path}", data=body, headers=dict(headers), timeout=TIMEOUT_S
        )


def _order(told: Mapping[str, object]) -> dict[str, object]:
    agency = strict_json.text({"agency": "bank", **told}, "agency")
    channel = strict_json.one_of({"channel": "va", **told}, "channel", {"va": "va", "qris": "qris"})
    amount = None
    if channel == "qris" or told.get("amount") is not None:
        amount = strict_json.whole(told, "amount", smallest=1, largest=LARGEST_AMOUNT)
    return {
        "tenant": strict_json.text(told, "tenant"),
        "agency": agency,
        "url": strict_json.text(told, "url", longest=500),
        "customer_no": strict_json.text(told, "customer_no", longest=20),
        "prefix": strict_json.text({"prefix": "0", **told}, "prefix", longest=8),
        "channel": channel,
        "amount": amount,
    }


def _accounts(order: Mapping[str, object]) -> dict[str, str]:
    prefix = str(order["prefix"]).rjust(8)
    number = str(order["customer_no"])
    return {"partnerServiceId": prefix, "customerNo": number, "virtualAccountNo": f"{prefix}{number}"}


def _account(told: Mapping[str, object]) -> dict[str, dict[str, object]]:
    found = told.get("virtualAccountData")
    return found if isinstance(found, dict) else {}


def _message(
    reference: str, order: Mapping[str, object], amount: int, now: float
) -> tuple[str, Mapping[str, object]]:
    """Path and body of the call that tells of money."""
    money = {"value": f"{amount}.00", "currency": "IDR"}
    if order["channel"] == "qris":
        return "/qr/qr-mpm-notify", {
            "originalReferenceNo": reference,
            "originalPartnerReferenceNo": order["customer_no"],
            "latestTransactionStatus": "00",
            "transactionStatusDesc": "Success",
            "amount": money,
            "transactionDate": order["paid_at"],
        }
    return "/transfer-va/payment", {
        **_accounts(order),
        "paymentRequestId": reference,
        "paidAmount": money,
        "totalAmount": money,
        "trxDateTime": snap.stamp(now),
        "channelCode": 6011,
    }


def _fault(call: Call, order: Mapping[str, object]) -> tuple[str, float]:
    """By the counter's order, else by the script."""
    if "fault" in order:
        chosen = {name: name for name in (*PAYMENTS, "late")}
        return strict_json.one_of(order, "fault", chosen), LATE_S
    return (call.fault.do, call.fault.seconds) if call.fault else ("", 0.0)


def _new_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read_key(pem: bytes) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the key in the books is no RSA key")
    return key


def _entry(at: datetime, reference: str, written_no: str, amount: int) -> str:
    customer_no = escape(written_no)
    return (
        f'<Ntry><NtryRef>{reference}</NtryRef><Amt Ccy="IDR">{amount}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Sts>BOOK</Sts><BookgDt><Dt>{at.date().isoformat()}</Dt></BookgDt><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>{customer_no}</EndToEndId></Refs><RmtInf><Ustrd>Setoran retribusi {customer_no}</Ustrd>"
        "</RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _balance(kind: str, amount: int, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="IDR">{amount}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>'
    )
