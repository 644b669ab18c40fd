"""A bank that calls us by BI-SNAP: virtual accounts are asked about and paid, and QRIS payments are told of."""

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ptsp.sdk import qris, snap, strict_json
from ptsp.sdk.contract import Answer, Call, Due, Money, Settings, Standing, Taking, Till
from ptsp.sdk.errors import ConnectorError, Misconfigured
from ptsp.sdk.http import Limits
from ptsp.sdk.http import call as call_bank
from ptsp.sdk.webhooks import SHORTEST_SECRET

SMALLEST_KEY = 2048
KEY_LIMITS = Limits(read_s=2.0, total_s=5.0, max_bytes=16_384)
GRANT = "client_credentials"
LARGEST_AMOUNT = 10**15
PREFIX = 8  # characters of partnerServiceId, filled up with spaces on the left
SUCCESS, FAILED = "00", "01"

_EXTERNAL_ID = re.compile(r"[0-9A-Za-z-]{1,36}")
_CUSTOMER_NO = re.compile(r"[0-9]{1,20}")
_AMOUNT = re.compile(r"([0-9]{1,16})\.([0-9]{2})")

# Case codes after the service code. 12, 14, 19 and the 409 are confirmed by a bank's pages; 13 and 18 from memory.
_NOT_DUE = {
    Standing.UNKNOWN: ("12", "Invalid Bill/Virtual Account [Not Found]"),
    Standing.PAID: ("14", "Paid Bill"),
    Standing.CLOSED: ("19", "Bill expired"),
}
_NOT_TAKEN = {
    Taking.UNKNOWN: _NOT_DUE[Standing.UNKNOWN],
    Taking.PAID: _NOT_DUE[Standing.PAID],
    Taking.CLOSED: _NOT_DUE[Standing.CLOSED],
    Taking.WRONG_AMOUNT: ("13", "Invalid Amount"),
    Taking.CONFLICT: ("18", "Inconsistent Request"),
}
_REASONS = {
    "12": ("Bill not found", "Tagihan tidak ditemukan"),
    "13": ("Invalid amount", "Jumlah tidak sesuai tagihan"),
    "14": ("Bill has been paid", "Tagihan telah dibayar"),
    "18": ("Inconsistent request", "Permintaan tidak sama dengan yang terdahulu"),
    "19": ("Bill has expired", "Tagihan sudah tidak berlaku"),
}


class Refused(Exception):
    """The bank is told no: HTTP status, case code, message, and the account where one was named."""

    def __init__(
        self, status: int, case: str, message: str, body: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.case, self.message, self.body = status, case, message, body or {}


class Bank:
    def __init__(
        self, settings: Settings, http: requests.Session, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._secret = settings.secret
        self._url = settings.url
        self._options = settings.options
        self._http = http
        self._clock = clock
        self._fetched: rsa.RSAPublicKey | None = None

    def check(self) -> None:
        if len(self._secret) < SHORTEST_SECRET:
            raise Misconfigured(f"secret: has at least {SHORTEST_SECRET} bytes")
        if "partner_service_id" not in self._options:
            raise Misconfigured("partner_service_id: is missing: the prefix of our virtual accounts")
        if "public_key" in self._options:
            _read_key(str(self._options["public_key"]))
        elif not self._url:
            raise Misconfigured("public_key: is missing, and there is no url to fetch it from")

    def qr(self, due: Due) -> str:
        told = self._options.get("qris")
        if not isinstance(told, Mapping):
            raise Misconfigured("qris: no merchant is named")
        merchant = qris.Merchant(**{name: str(value) for name, value in told.items()})
        return qris.payload(merchant, amount=due.amount, bill=due.customer_no)

    def answer(self, call: Call, till: Till) -> Answer:
        service = snap.SERVICES.get(call.path)
        if service is None or call.method != "POST":
            return _refusal(snap.NO_SERVICE, Refused(404, "00", "There is no such service"))
        given = {name.lower(): value for name, value in call.headers.items()}
        try:
            body = (
                self._token(given, call.body)
                if service == snap.TOKEN
                else self._served(service, call, given, till)
            )
        except Refused as refused:
            return _refusal(service, refused)
        except strict_json.Malformed as wrong:
            field = f" [{wrong.field or str(wrong).partition(':')[0]}]"
            return _refusal(service, Refused(400, "01", f"Invalid Field Format{field}"))
        return Answer(200, {"responseCode": f"200{service}00", "responseMessage": "Successful", **body})

    # Who calls

    def _token(self, given: Mapping[str, str], body: bytes) -> dict[str, object]:
        client, timestamp = _header(given, "X-CLIENT-KEY"), self._timestamp(given)
        signature = _header(given, "X-SIGNATURE")
        if not self._is_the_banks(signature, client, timestamp):
            raise Refused(401, "00", "Unauthorized. [Signature]")
        if _text(strict_json.parse_object(body), "grantType", longest=40) != GRANT:
            raise Refused(400, "01", "Invalid Field Format [grantType]")
        token = snap.make_token(self._secret, client, now=self._clock())
        return {"accessToken": token, "tokenType": "BearerToken", "expiresIn": str(snap.TOKEN_S)}

    def _is_the_banks(self, signature: str, client: str, timestamp: str) -> bool:
        """A key that was fetched may have been renewed: it is fetched once more before we say no."""
        if "public_key" in self._options:
            key = _read_key(str(self._options["public_key"]))
            return snap.token_request_holds(key, signature, client, timestamp)
        known = self._fetched
        if known is not None and snap.token_request_holds(known, signature, client, timestamp):
            return True
        self._fetched = self._fetch_key()
        return snap.token_request_holds(self._fetched, signature, client, timestamp)

    def _fetch_key(self) -> rsa.RSAPublicKey:
        try:
            answer = call_bank(self._http, "GET", f"{self._url}/public-key", limits=KEY_LIMITS)
            return _read_key(answer.body.decode("ascii", "replace"))
        except ConnectorError as error:
            raise Refused(500, "00", "General Error") from error

    def _timestamp(self, given: Mapping[str, str]) -> str:
        timestamp = _header(given, "X-TIMESTAMP")
        if not snap.is_fresh(timestamp, now=self._clock()):
            raise Refused(400, "01", "Invalid Field Format [X-TIMESTAMP]")
        return timestamp

    def _served(self, service: str, call: Call, given: Mapping[str, str], till: Till) -> Mapping[str, object]:
        """Token, time and signature first: nothing of the body counts before they are right."""
        client = _header(given, "X-PARTNER-ID")
        token = given.get("authorization", "").removeprefix("Bearer ")
        if not snap.token_holds(self._secret, token, client, now=self._clock()):
            raise Refused(401, "01", "Invalid Token (B2B)")
        timestamp = self._timestamp(given)
        signature = _header(given, "X-SIGNATURE")
        signed = {"method": call.method, "path": f"{snap.PATH}{call.path}", "token": token}
        if not snap.holds(self._secret, signature, **signed, body=call.body, timestamp=timestamp):
            raise Refused(401, "00", "Unauthorized. [Signature]")
        external = _header(given, "X-EXTERNAL-ID")
        if _EXTERNAL_ID.fullmatch(external) is None:
            raise Refused(400, "01", "Invalid Field Format [X-EXTERNAL-ID]")
        _header(given, "CHANNEL-ID")
        if not till.first_use(external):
            raise Refused(409, "00", "Conflict")
        told = strict_json.parse_object(call.body)
        if service == snap.NOTIFY:
            return _notified(told, timestamp, till)
        account = self._account(told)
        if service == snap.INQUIRY:
            return _asked(told, account, till)
        return _paid(told, account, till) if service == snap.PAYMENT else _looked_up(told, account, till)

    def _account(self, told: Mapping[str, object]) -> dict[str, str]:
        """The virtual account a body names: our prefix, and a customer number of ours."""
        prefix = str(self._options.get("partner_service_id", "")).rjust(PREFIX)
        named = {
            name: _text(told, name, longest=28)
            for name in ("partnerServiceId", "customerNo", "virtualAccountNo")
        }
        if named["partnerServiceId"].rjust(PREFIX) != prefix:
            raise Refused(404, "12", _NOT_DUE[Standing.UNKNOWN][1])
        if _CUSTOMER_NO.fullmatch(named["customerNo"]) is None:
            raise Refused(400, "01", "Invalid Field Format [customerNo]")
        if named["virtualAccountNo"].strip() != f"{prefix}{named['customerNo']}".strip():
            raise Refused(400, "01", "Invalid Field Format [virtualAccountNo]")
        return named


def _asked(told: Mapping[str, object], account: Mapping[str, str], till: Till) -> dict[str, object]:
    request_id = _text(told, "inquiryRequestId", longest=128)
    due = till.due(account["customerNo"])
    said: dict[str, object] = {**account, "inquiryRequestId": request_id}
    if due.standing is not Standing.OPEN:
        case, message = _NOT_DUE[due.standing]
        said |= {"inquiryStatus": FAILED, "inquiryReason": _reason(case)}
        raise Refused(404, case, message, {"virtualAccountData": said})
    said |= {
        "inquiryStatus": SUCCESS,
        "inquiryReason": {"english": "Success", "indonesia": "Sukses"},
        "virtualAccountName": due.payer,
        "totalAmount": _amount(due.amount),
        "billDetails": [
            {"billNo": due.bill, "billDescription": {"english": due.about, "indonesia": due.about}}
        ],
    }
    return {"virtualAccountData": said}


def _paid(told: Mapping[str, object], account: Mapping[str, str], till: Till) -> dict[str, object]:
    request_id = _text(told, "paymentRequestId", longest=128)
    amount, at = _rupiah(told, "paidAmount"), _moment(told, "trxDateTime")
    taking = till.take(Money(account["customerNo"], amount, request_id, at, "va"))
    said: dict[str, object] = {
        **account,
        "paymentRequestId": request_id,
        "paidAmount": _amount(amount),
        "trxDateTime": at,
    }
    if taking not in (Taking.BOOKED, Taking.BOOKED_BEFORE):
        case, message = _NOT_TAKEN[taking]
        said |= {"paymentFlagStatus": FAILED, "paymentFlagReason": _reason(case)}
        raise Refused(404, case, message, {"virtualAccountData": said})
    said |= {
        "paymentFlagStatus": SUCCESS,
        "paymentFlagReason": {"english": "Success", "indonesia": "Sukses"},
    }
    return {"virtualAccountData": said}


def _looked_up(told: Mapping[str, object], account: Mapping[str, str], till: Till) -> dict[str, object]:
    request_id = _text(told, "paymentRequestId", longest=128)
    money = till.taken(request_id)
    if money is None or money.customer_no != account["customerNo"]:
        raise Refused(404, "01", "Transaction Not Found")
    said = {
        **account,
        "paymentRequestId": request_id,
        "paidAmount": _amount(money.amount),
        "trxDateTime": money.paid_at,
        "paymentFlagStatus": SUCCESS,
        "paymentFlagReason": {"english": "Success", "indonesia": "Sukses"},
    }
    return {"virtualAccountData": said}


def _notified(told: Mapping[str, object], timestamp: str, till: Till) -> dict[str, object]:
    """A QRIS payment: the money has moved, so it is never refused. Other states than success move nothing."""
    reference = _text(told, "originalReferenceNo", longest=64)
    customer_no = _text(told, "originalPartnerReferenceNo", longest=64)
    status, amount = _text(told, "latestTransactionStatus", longest=2), _rupiah(told, "amount")
    if status != SUCCESS:
        return {}
    at = _moment(told, "transactionDate") if "transactionDate" in told else timestamp
    if till.take(Money(customer_no, amount, reference, at, "qris", moved=True)) is Taking.CONFLICT:
        raise Refused(404, "18", _NOT_TAKEN[Taking.CONFLICT][1])
    return {}


def _header(given: Mapping[str, str], name: str) -> str:
    value = given.get(name.lower(), "").strip()
    if not value:
        raise Refused(400, "02", f"Invalid Mandatory Field [{name}]")
    return value


def _text(told: Mapping[str, object], name: str, *, longest: int) -> str:
    if told.get(name) in (None, ""):
        raise Refused(400, "02", f"Invalid Mandatory Field [{name}]")
    return strict_json.text(told, name, longest=longest)


def _rupiah(told: Mapping[str, object], name: str) -> int:
    """`{"value": "187625.00", "currency": "IDR"}` as whole rupiah; no bill has a part of one."""
    value = told.get(name)
    if value is None:
        raise Refused(400, "02", f"Invalid Mandatory Field [{name}]")
    found = _AMOUNT.fullmatch(str(value.get("value", ""))) if isinstance(value, dict) else None
    if found is None or not isinstance(value, dict) or value.get("currency") != "IDR":
        raise Refused(400, "01", f"Invalid Field Format [{name}]")
    amount = int(found[1])
    if found[2] != "00" or not 0 < amount <= LARGEST_AMOUNT:
        raise Refused(404, "13", _NOT_TAKEN[Taking.WRONG_AMOUNT][1])
    return amount


def _moment(told: Mapping[str, object], name: str) -> str:
    written = _text(told, name, longest=40)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise Refused(400, "01", f"Invalid Field Format [{name}]") from error
    if moment.utcoffset() is None:
        raise Refused(400, "01", f"Invalid Field Format [{name}]")
    return moment.isoformat()


def _amount(amount: int) -> dict[str, str]:
    return {"value": f"{amount}.00", "currency": "IDR"}


def _reason(case: str) -> dict[str, str]:
    english, indonesia = _REASONS[case]
    return {"english": english, "indonesia": indonesia}


def _refusal(service: str, refused: Refused) -> Answer:
    code = f"{refused.status}{service}{refused.case}"
    return Answer(refused.status, {"responseCode": code, "responseMessage": refused.message, **refused.body})


def _read_key(written: str) -> rsa.RSAPublicKey:
    try:
        key = load_pem_public_key(written.encode())
    except ValueError as error:
        raise Misconfigured("public_key: is no public key in PEM") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_KEY:
        raise Misconfigured(f"public_key: must be an RSA key of at least {SMALLEST_KEY} bits")
    return key
