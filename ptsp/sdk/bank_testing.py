"""The contract of every bank's connector, against a till in memory. Tests subclass `PaymentContract`."""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptsp.sdk import qris, snap
from ptsp.sdk.contract import Answer, Call, Due, Money, Settings, Standing, Taking
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.workbench import AGENCY, TENANT, Workbench

CLIENT = f"{TENANT}.{AGENCY}"
PREFIX, NUMBER = "99001", "2600000001"
OTHERS = {"paid": "2600000002", "closed": "2600000003"}
OPTIONS = {
    "partner_service_id": PREFIX,
    "qris": {
        "merchant_id": "ID1020000000001",
        "name": "PEMKAB CONTOH",
        "city": "CONTOH",
        "postal_code": "61212",
    },
}
AMOUNT = 187_625
ACCOUNT = {
    "partnerServiceId": PREFIX.rjust(8),
    "customerNo": NUMBER,
    "virtualAccountNo": f"{PREFIX.rjust(8)}{NUMBER}",
}
INQUIRY = {**ACCOUNT, "inquiryRequestId": "i-1"}
PAYMENT = {
    **ACCOUNT,
    "paymentRequestId": "p-1",
    "paidAmount": {"value": "187625.00", "currency": "IDR"},
    "trxDateTime": "2026-11-22T10:00:00+07:00",
}
NOTICE = {
    "originalReferenceNo": "q-1",
    "originalPartnerReferenceNo": NUMBER,
    "latestTransactionStatus": "00",
    "amount": {"value": "187625.00", "currency": "IDR"},
}
BODIES: Mapping[str, Mapping[str, object]] = {
    "/transfer-va/inquiry": INQUIRY,
    "/transfer-va/payment": PAYMENT,
    "/transfer-va/status": {**ACCOUNT, "paymentRequestId": "p-1"},
    "/qr/qr-mpm-notify": NOTICE,
}


@dataclass
class MemoryTill:
    """One open bill, one that is paid, one that is closed; what was taken, by reference."""

    standing: Standing = Standing.OPEN
    money: dict[str, Money] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def due(self, customer_no: str) -> Due:
        if customer_no == NUMBER and self.standing is Standing.OPEN:
            return Due(Standing.OPEN, NUMBER, "S*** A*****", AMOUNT, "SDA-1", "Retribusi SDA-1")
        known = {NUMBER: self.standing, OTHERS["paid"]: Standing.PAID, OTHERS["closed"]: Standing.CLOSED}
        return Due(known.get(customer_no, Standing.UNKNOWN), customer_no)

    def take(self, money: Money) -> Taking:
        before = self.money.get(money.provider_ref)
        if before is not None:
            return (
                Taking.BOOKED_BEFORE
                if (before.customer_no, before.amount) == (money.customer_no, money.amount)
                else Taking.CONFLICT
            )
        due = self.due(money.customer_no)
        if due.standing is not Standing.OPEN or due.amount != money.amount:
            if not money.moved:
                wrong = {Standing.OPEN: Taking.WRONG_AMOUNT, Standing.PAID: Taking.PAID}
                return wrong.get(
                    due.standing, Taking.CLOSED if due.standing is Standing.CLOSED else Taking.UNKNOWN
                )
            self.money[money.provider_ref] = money
            return Taking.KEPT
        self.money[money.provider_ref] = money
        self.standing = Standing.PAID
        return Taking.BOOKED

    def taken(self, provider_ref: str) -> Money | None:
        return self.money.get(provider_ref)

    def first_use(self, external_id: str) -> bool:
        is_new = external_id not in self.used
        self.used.add(external_id)
        return is_new


@dataclass
class Client:
    """A bank that signs rightly, as long as it is not told otherwise."""

    bench: Workbench
    till: MemoryTill = field(default_factory=MemoryTill)

    @property
    def settings(self) -> Settings:
        return replace(self.bench.settings(), options=OPTIONS)

    def __post_init__(self) -> None:
        self.bank = self.bench.make(self.settings)

    def token(self, *, age: float = 0) -> str:
        return snap.make_token(self.bench.secret, CLIENT, now=time.time() - age)

    def call(self, path: str, told: object = None, **changed: object) -> Answer:
        """`changed`: body, token, timestamp, secret, signed_path, method, headers (to replace, None to leave out)."""
        body = json.dumps(BODIES[path] if told is None else told).encode()
        token = str(changed.get("token", self.token()))
        timestamp = str(changed.get("timestamp", snap.stamp(time.time())))
        secret = changed.get("secret", self.bench.secret)
        assert isinstance(secret, bytes)
        signature = snap.sign(
            secret,
            method="POST",
            path=str(changed.get("signed_path", f"{snap.PATH}{path}")),
            token=token,
            body=body,
            timestamp=timestamp,
        )
        headers = {
            "Authorization": f"Bearer {token}",
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": signature,
            "X-PARTNER-ID": CLIENT,
            "X-EXTERNAL-ID": uuid.uuid4().hex,
            "CHANNEL-ID": "95051",
            **(changed.get("headers") or {}),  # type: ignore[dict-item]
        }
        kept = {name: value for name, value in headers.items() if value is not None}
        sent = changed.get("body", body)
        assert isinstance(sent, bytes)
        answer: Answer = self.bank.answer(
            Call(str(changed.get("method", "POST")), path, kept, sent), self.till
        )
        return answer

    def code(self, path: str, told: object = None, **changed: object) -> str:
        return str(self.call(path, told, **changed).body["responseCode"])


class PaymentContract:
    """For banks: style payment."""

    @pytest.fixture
    def client(self, bench: Workbench) -> Client:
        return Client(bench)

    def test_the_settings_work_and_bad_ones_do_not(self, bench: Workbench, client: Client) -> None:
        client.bank.check()
        for wrong in (
            replace(client.settings, secret=b""),
            replace(client.settings, options={**OPTIONS, "public_key": "none"}),
            replace(client.settings, url=""),
            replace(client.settings, options={}),
        ):
            with pytest.raises(Misconfigured):
                bench.make(wrong).check()
        with pytest.raises(Misconfigured):
            bench.make(replace(client.settings, options={**OPTIONS, "partner_service_id": "x"}))

    def test_a_token_is_given_to_whoever_holds_the_banks_key(self, bench: Workbench, client: Client) -> None:
        """The simulated bank asks, over real HTTP, with its own key."""
        order = {
            "tenant": TENANT,
            "agency": AGENCY,
            "prefix": PREFIX,
            "customer_no": NUMBER,
            "url": bench.letters.url,
        }
        bench.letters.answers = (503,)
        answer = requests.post(f"http://127.0.0.1:{bench.agency.port}/tellers/pay", json=order, timeout=5)
        assert answer.status_code == 202
        (asked,) = bench.letters.wait_for(1)
        assert asked.path == f"{snap.PATH}/access-token/b2b"
        call = Call("POST", "/access-token/b2b", asked.headers, asked.body)
        given_ = client.bank.answer(call, client.till)
        assert (given_.status, given_.body["responseCode"]) == (200, "2007300")
        assert client.code("/transfer-va/inquiry", token=given_.body["accessToken"]) == "2002400"
        for name, value in (("X-Signature", "AAAA"), ("X-Client-Key", "other.bank")):
            headers = {key: old for key, old in asked.headers.items() if key.lower() != name.lower()}
            wrong = Call("POST", "/access-token/b2b", {**headers, name: value}, asked.body)
            assert client.bank.answer(wrong, client.till).body["responseCode"] == "4017300"
        for body, answered in (
            (b"{}", "4007302"),
            (b'{"grantType": "password"}', "4007301"),
            (b"", "4007301"),
        ):
            odd = Call("POST", "/access-token/b2b", asked.headers, body)
            assert client.bank.answer(odd, client.till).body["responseCode"] == answered

    def test_a_bill_is_asked_about_paid_once_and_then_paid(self, client: Client) -> None:
        asked = client.call("/transfer-va/inquiry")
        account = asked.body["virtualAccountData"]
        assert isinstance(account, Mapping)
        assert account["totalAmount"] == {"value": "187625.00", "currency": "IDR"}
        assert account["virtualAccountName"] == "S*** A*****"
        assert client.code("/transfer-va/status") == "4042601"
        assert client.code("/transfer-va/payment") == "2002500"
        assert client.code("/transfer-va/payment") == "2002500"  # another request, the same money
        assert client.code("/transfer-va/inquiry") == "4042414"
        assert client.code("/transfer-va/status") == "2002600"
        others = {**BODIES["/transfer-va/status"], "customerNo": OTHERS["paid"]}
        others["virtualAccountNo"] = f"{PREFIX.rjust(8)}{OTHERS['paid']}"
        assert client.code("/transfer-va/status", others) == "4042601"
        assert list(client.till.money) == ["p-1"]
        assert client.code("/transfer-va/payment", {**PAYMENT, "paymentRequestId": "p-2"}) == "4042514"

    @pytest.mark.parametrize("path", sorted(BODIES))
    def test_a_number_of_a_request_is_used_once(self, client: Client, path: str) -> None:
        first = {"X-EXTERNAL-ID": "1234"}
        client.code(path, headers=first)
        service = {"i": "24", "p": "25", "s": "26", "q": "52"}[path.rpartition("/")[2][0]]
        assert client.code(path, headers=first) == f"409{service}00"

    @pytest.mark.parametrize(
        ("path", "change", "answered"),
        [
            ("/transfer-va/inquiry", {"customerNo": "2600000009"}, "4042412"),
            ("/transfer-va/inquiry", {"customerNo": OTHERS["paid"]}, "4042414"),
            ("/transfer-va/inquiry", {"customerNo": OTHERS["closed"]}, "4042419"),
            ("/transfer-va/inquiry", {"customerNo": "12x"}, "4002401"),
            ("/transfer-va/inquiry", {"virtualAccountNo": "1"}, "4002401"),
            ("/transfer-va/inquiry", {"partnerServiceId": "   12345"}, "4042412"),
            ("/transfer-va/payment", {"customerNo": "2600000009"}, "4042512"),
            ("/transfer-va/payment", {"customerNo": OTHERS["closed"]}, "4042519"),
            ("/transfer-va/payment", {"paidAmount": {"value": "187624.00", "currency": "IDR"}}, "4042513"),
            ("/transfer-va/payment", {"paidAmount": {"value": "187625.50", "currency": "IDR"}}, "4042513"),
            ("/transfer-va/payment", {"paidAmount": {"value": "0.00", "currency": "IDR"}}, "4042513"),
            ("/transfer-va/payment", {"paidAmount": {"value": "187625", "currency": "IDR"}}, "4002501"),
            ("/transfer-va/payment", {"paidAmount": {"value": "187625.00", "currency": "USD"}}, "4002501"),
            ("/transfer-va/payment", {"paidAmount": 187625}, "4002501"),
            ("/transfer-va/payment", {"trxDateTime": "yesterday"}, "4002501"),
            ("/transfer-va/payment", {"trxDateTime": "2026-11-22T10:00:00"}, "4002501"),
            ("/transfer-va/payment", {"paymentRequestId": "x" * 129}, "4002501"),
            ("/qr/qr-mpm-notify", {"latestTransactionStatus": "06"}, "2005200"),
            ("/qr/qr-mpm-notify", {"amount": {"value": "0.00", "currency": "IDR"}}, "4045213"),
        ],
    )
    def test_what_does_not_fit_has_a_code_of_its_own_and_moves_nothing(
        self, client: Client, path: str, change: dict[str, object], answered: str
    ) -> None:
        told = {**BODIES[path], **change}
        if "customerNo" in change:
            told["virtualAccountNo"] = f"{PREFIX.rjust(8)}{change['customerNo']}"
        assert client.code(path, told) == answered
        assert client.till.money == {}

    @pytest.mark.parametrize(
        ("path", "name"), [(path, name) for path, body in sorted(BODIES.items()) for name in sorted(body)]
    )
    def test_a_field_that_is_missing_is_named(self, client: Client, path: str, name: str) -> None:
        answer = client.call(path, {key: value for key, value in BODIES[path].items() if key != name})
        assert (answer.status, str(answer.body["responseCode"])[5:]) == (400, "02")
        assert f"[{name}]" in str(answer.body["responseMessage"])
        assert client.till.money == {}

    def test_other_money_under_the_same_reference_is_inconsistent(self, client: Client) -> None:
        client.call("/transfer-va/payment")
        told = {**PAYMENT, "paidAmount": {"value": "5.00", "currency": "IDR"}}
        assert client.code("/transfer-va/payment", told) == "4042518"

    def test_money_that_has_moved_is_always_taken(self, client: Client) -> None:
        told = {**NOTICE, "amount": {"value": "5.00", "currency": "IDR"}}
        assert client.code("/qr/qr-mpm-notify", told) == "2005200"
        assert client.code("/qr/qr-mpm-notify", told) == "2005200"
        assert client.code("/qr/qr-mpm-notify") == "4045218"  # the same reference for other money
        unknown = {**NOTICE, "originalReferenceNo": "q-2", "originalPartnerReferenceNo": "nobody"}
        assert client.code("/qr/qr-mpm-notify", unknown) == "2005200"
        assert sorted(client.till.money) == ["q-1", "q-2"]

    @pytest.mark.parametrize(
        ("changed", "answered"),
        [
            ({"secret": b"z" * 32}, "4012400"),
            ({"signed_path": f"{snap.PATH}/transfer-va/payment"}, "4012400"),
            ({"signed_path": "/transfer-va/inquiry"}, "4012400"),
            ({"body": b'{"customerNo": "1"}'}, "4012400"),
            ({"timestamp": "2020-01-01T00:00:00+07:00"}, "4002401"),
            ({"timestamp": "now"}, "4002401"),
            ({"token": "nonsense"}, "4012401"),
            ({"token": ""}, "4012401"),
            ({"headers": {"X-PARTNER-ID": "bontang.bank"}}, "4012401"),
            ({"headers": {"X-SIGNATURE": None}}, "4002402"),
            ({"headers": {"X-TIMESTAMP": None}}, "4002402"),
            ({"headers": {"X-EXTERNAL-ID": None}}, "4002402"),
            ({"headers": {"X-PARTNER-ID": None}}, "4002402"),
            ({"headers": {"CHANNEL-ID": None}}, "4002402"),
            ({"headers": {"X-EXTERNAL-ID": "a b"}}, "4002401"),
        ],
    )
    def test_whoever_signs_wrongly_learns_nothing_and_moves_nothing(
        self, client: Client, changed: dict[str, object], answered: str
    ) -> None:
        answer = client.call("/transfer-va/inquiry", **changed)
        assert answer.body["responseCode"] == answered
        assert "virtualAccountData" not in answer.body
        assert client.till.used == set()

    def test_a_token_and_a_moment_are_part_of_what_is_signed(self, client: Client) -> None:
        """Both are good in themselves, and are not those of this call."""
        other = client.token(age=60)
        for changed in (
            {"Authorization": f"Bearer {other}"},
            {"X-TIMESTAMP": snap.stamp(time.time() - 60)},
        ):
            assert client.code("/transfer-va/inquiry", headers=changed) == "4012400"
        nowhere = time.strftime("%Y-%m-%dT%H:%M:%S")  # now, but for its offset
        assert client.code("/transfer-va/inquiry", timestamp=nowhere) == "4002401"

    def test_a_token_runs_out(self, client: Client) -> None:
        assert client.code("/transfer-va/inquiry", token=client.token(age=snap.TOKEN_S - 5)) == "2002400"
        assert client.code("/transfer-va/inquiry", token=client.token(age=snap.TOKEN_S + 5)) == "4012401"

    def test_white_space_does_not_change_a_signature(self, client: Client) -> None:
        body = json.dumps(INQUIRY, indent=4).encode()
        assert client.call("/transfer-va/inquiry", body=body).status == 200
        other = json.dumps({**INQUIRY, "inquiryRequestId": "i - 1"}).encode()
        assert client.call("/transfer-va/inquiry", body=other).status == 401

    def test_another_path_or_method_is_none_of_ours(self, client: Client) -> None:
        for method, path in (("GET", "/transfer-va/inquiry"), ("POST", "/transfer-va/refund"), ("POST", "")):
            assert client.bank.answer(Call(method, path, {}, b""), client.till).status == 404

    def test_a_qris_code_names_merchant_amount_and_bill(self, bench: Workbench, client: Client) -> None:
        written = client.bank.qr(client.till.due(NUMBER))
        assert written[-4:] == f"{qris.crc16(written[:-4].encode()):04X}"
        for part in ("5406187625", "0215ID1020000000001", f"0110{NUMBER}", "5303360", "5802ID"):
            assert part in written
        without = bench.make(replace(client.settings, options={"partner_service_id": PREFIX}))
        with pytest.raises(Misconfigured):
            without.qr(client.till.due(NUMBER))

    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        path=st.sampled_from(["/access-token/b2b", *sorted(BODIES)]),
        headers=st.dictionaries(st.text(max_size=20), st.text(max_size=60)),
        body=st.binary(max_size=200),
    )
    def test_a_stranger_gets_a_refusal_and_nothing_else(
        self, bench: Workbench, path: str, headers: dict[str, str], body: bytes
    ) -> None:
        client = Client(bench)
        answer = client.bank.answer(Call("POST", path, headers, body), client.till)
        assert answer.status in (400, 401)
        signed = (
            client.call(path, body=body)
            if path in BODIES
            else client.bank.answer(
                Call("POST", path, {"X-CLIENT-KEY": CLIENT, **headers}, body), client.till
            )
        )
        assert signed.status in (400, 401)
        assert client.till.money == {}
