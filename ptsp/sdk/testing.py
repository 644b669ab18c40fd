"""The contract tests of connectors: their author writes none. Needs pytest and hypothesis.

Subclass, give a fixture `bench` that yields a `Workbench` (as `tests/connectors/test_contract.py` does for
every folder), and run.
"""

import base64
import logging
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptsp.sdk import strict_json, webhooks
from ptsp.sdk.contract import Question, Verdict
from ptsp.sdk.errors import ConnectorError, Forged, Misconfigured, RefusedByAgency, TryLater
from ptsp.sdk.manifest import Style
from ptsp.sdk.quality import Subject, quality_faults
from ptsp.sdk.workbench import AGENCY, MASTER, TENANT, Letterbox, Workbench

CLOSED_PORT = "http://127.0.0.1:9"
GARBAGE = ("html", "empty", "nan", "duplicate_keys", "deep", "wrong_schema", "huge", "short", "compressed")
BROKEN = ("500", "503", "500_after_effect", "cut_after_effect")
STRANGE = (b"", b"{}", b"[]", b"null", b'{"number": NaN}', b"\xff\xfe", b"{" * 5_000, b'{"key": 1e400}')
fuzzed = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class HonestFolder:
    """What holds for connectors of every style."""

    def test_quality_is_claimed_only_where_it_is_there(self, bench: Workbench, quality: object) -> None:
        assert quality_faults(Subject(bench.folder, bench.manifest), quality) == []

    def test_an_unknown_option_is_misconfigured(self, bench: Workbench) -> None:
        odd = bench.settings()
        options = {**odd.options, "no_such_option": 1}
        with pytest.raises(Misconfigured, match="no_such_option"):
            bench.make(type(odd)(odd.url, odd.secret, odd.callback_url, options))

    def test_a_secret_is_in_no_repr(self, bench: Workbench) -> None:
        settings_of = bench.settings()
        made = bench.make(settings_of)
        _hides(bench, f"{settings_of!r} {made!r} {vars(made).keys()}")


class AskedContract(HonestFolder):
    """For agencies that are asked, whatever the line to them is."""

    @pytest.mark.parametrize("url", ["", "ftp://127.0.0.1", "http://", "http://u:p@h/", "http://h:99999"])
    def test_an_unusable_address_is_misconfigured(self, bench: Workbench, url: str) -> None:
        odd = bench.settings(url=url or " ")
        with pytest.raises(Misconfigured):
            bench.make(odd)

    def test_asking_twice_with_the_same_key_opens_one_case(self, bench: Workbench) -> None:
        connector, question = bench.connector(), bench.question()
        first, second = connector.ask(question), bench.resend(connector, question)
        assert first.agency_ref == second.agency_ref
        assert [case.key for case in bench.effects(1)] == [question.key]
        assert bench.agency.desk.books.doubled() == []

    def test_two_questions_are_two_cases(self, bench: Workbench) -> None:
        connector = bench.connector()
        asked = [bench.question(), bench.question()]
        for question in asked:
            connector.ask(question)
        found = [(case.key, case.reference, case.step) for case in bench.effects(2)]
        assert sorted(found) == sorted((one.key, one.reference, one.step) for one in asked)

    def test_an_approval_is_an_approval(self, bench: Workbench) -> None:
        receipt = bench.verdict(bench.connector(), bench.question())
        assert (receipt.verdict, receipt.reasons) == (Verdict.APPROVED, ())

    def test_a_rejection_has_reasons(self, bench: Workbench) -> None:
        receipt = bench.verdict(bench.connector(), bench.question(bench.kind.rejected))
        assert receipt.verdict is Verdict.REJECTED
        assert receipt.reasons
        assert all(reason.strip() for reason in receipt.reasons)

    def test_looking_says_the_same_as_the_verdict(self, bench: Workbench) -> None:
        connector, question = bench.connector(), bench.question(bench.kind.rejected)
        said = bench.verdict(connector, question)
        effects = len(bench.agency.desk.books.effects())
        assert connector.look(question, said.agency_ref or "") == said
        assert len(bench.agency.desk.books.effects()) == effects

    def test_the_same_key_at_two_tenants_is_two_cases(self, bench: Workbench) -> None:
        question = bench.question()
        bench.connector().ask(question)
        theirs = webhooks.derive_secret(MASTER, "bontang", AGENCY)
        bench.connector(tenant="bontang", secret=theirs).ask(question)
        offices = {case.agency for case in bench.effects(2)}
        assert offices == {f"{TENANT}/{AGENCY}", f"bontang/{AGENCY}"}

    def test_a_forged_callback_is_forged(self, bench: Workbench) -> None:
        connector, question = bench.connector(), bench.question()
        if bench.manifest.style is not Style.WEBHOOK:
            body = strict_json.dumps({"key": question.key, "number": "1", "result": "approved"})
            with pytest.raises(Forged):
                connector.read_reply(webhooks.sign(bench.secret, "msg_1", body, now=time.time()), body)
            return
        bench.verdict(connector, question)
        arrival = bench.letters.arrivals[0]
        _refuses_variants(bench, connector.read_reply, arrival.headers, arrival.body)

    @fuzzed
    @given(headers=st.dictionaries(st.text(max_size=20), st.text(max_size=60)), body=st.binary(max_size=200))
    def test_a_stranger_s_callback_raises_forged_and_nothing_else(
        self, bench: Workbench, headers: dict[str, str], body: bytes
    ) -> None:
        _only_forged(bench, bench.connector().read_reply, headers, body)

    def test_it_says_what_it_has_before_it_is_sent_again(self, bench: Workbench) -> None:
        """`finds`: nothing before it was sent, the case after it, and no second one by asking."""
        if not bench.manifest.finds:
            assert bench.manifest.supports_idempotency, (
                "an agency without keys that cannot be asked has no memory"
            )
            return
        connector, question = bench.connector(), bench.question()
        assert connector.find(question) is None
        opened = connector.ask(question)
        for _ in range(3):
            found = connector.find(question)
            assert found is not None
            assert found.agency_ref == opened.agency_ref
        bench.effects(1)
        assert connector.find(bench.question()) is None
        assert bench.agency.desk.books.doubled() == []


class ConnectorContract(AskedContract):
    """For agencies that are asked over HTTP: style immediate, webhook or polling."""

    def test_the_settings_work_and_a_wrong_secret_does_not(self, bench: Workbench) -> None:
        bench.connector().check()
        stranger = bench.connector(secret=b"x" * 32)
        with pytest.raises(Misconfigured):  # some can only find out by asking
            _check_then_ask(stranger, bench.question())
        with pytest.raises(Misconfigured):
            bench.connector(secret=b"").check()

    def test_a_retry_is_identical_to_the_byte(self, bench: Workbench) -> None:
        question = bench.question()
        turned = Question(
            question.key, TENANT, AGENCY, question.step, question.reference, _turned(question.payload)
        )
        with Letterbox(answers=(503,)).open() as away:
            for again in (question, turned):
                with pytest.raises(TryLater):
                    bench.connector(url=away.url).ask(again)
            first, second = away.arrivals
        assert (first.method, first.path, first.body) == (second.method, second.path, second.body)

    def test_away_means_try_later_and_nothing_arrived(self, bench: Workbench) -> None:
        with pytest.raises(TryLater) as caught:
            bench.connector(url=CLOSED_PORT).ask(bench.question())
        assert not caught.value.unknown

    @pytest.mark.parametrize("fault", [*GARBAGE, *BROKEN])
    def test_garbage_is_not_a_verdict_and_the_outcome_is_unknown(self, bench: Workbench, fault: str) -> None:
        connector, question = bench.connector(), bench.question()
        bench.follow({"do": fault, "first": 1})
        with pytest.raises(TryLater) as caught:
            connector.ask(question)
        assert caught.value.unknown
        bench.resend(connector, question)  # the fault is over
        assert [case.key for case in bench.agency.desk.books.effects()] == [question.key]

    @pytest.mark.parametrize("fault", ["html", "nan", "wrong_schema", "empty", "500", "cut_after_effect"])
    def test_garbage_is_not_a_verdict_when_we_look(self, bench: Workbench, fault: str) -> None:
        connector, question = bench.connector(), bench.question()
        opened = connector.ask(question)
        bench.follow({"do": fault, "on": "any"})
        with pytest.raises(TryLater):
            connector.look(question, opened.agency_ref or "")

    @pytest.mark.parametrize(("wish", "after"), [("7", 7.0), ("999999999999", 86_400.0), ("soon", None)])
    def test_too_many_requests_keeps_the_agency_s_wish(
        self, bench: Workbench, wish: str, after: float | None
    ) -> None:
        bench.follow({"do": "429", "retry_after": wish})
        with pytest.raises(TryLater) as caught:
            bench.connector().ask(bench.question())
        assert (caught.value.after, caught.value.unknown) == (after, False)

    def test_refused_is_refused_once(self, bench: Workbench) -> None:
        bench.follow({"do": "422"})
        with pytest.raises(RefusedByAgency):
            bench.connector().ask(bench.question())
        assert len(bench.agency.desk.books.requests()) == 1

    def test_a_wrong_key_is_misconfigured(self, bench: Workbench) -> None:
        bench.follow({"do": "401"})
        with pytest.raises(Misconfigured):
            bench.connector().ask(bench.question())

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirects_are_not_followed(self, bench: Workbench, status: int) -> None:
        with Letterbox().open() as elsewhere:
            there = {"Location": f"{elsewhere.url}/internal"}
            with Letterbox(answers=(status,), answer_headers=there).open() as agency:
                with pytest.raises(Misconfigured):
                    bench.connector(url=agency.url).ask(bench.question())
                assert len(agency.arrivals) == 1
            assert elsewhere.arrivals == []

    @pytest.mark.parametrize("fault", ["timeout", "slow", "trickle"])
    def test_a_slow_agency_hits_the_time_out(self, bench: Workbench, fault: str) -> None:
        bench.follow({"do": fault, "seconds": 5})
        started = time.monotonic()
        with pytest.raises(TryLater) as caught:
            bench.connector().ask(bench.question())
        assert caught.value.unknown
        assert time.monotonic() - started < 2.5

    def test_neither_secret_nor_person_reaches_logs_or_errors(
        self, bench: Workbench, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        bench.follow(*({"do": fault, "every": at} for at, fault in enumerate(("html", "500", "422"), 2)))
        said = []
        for _ in range(6):
            try:
                bench.connector().ask(bench.question())
            except ConnectorError as error:
                said.append("".join(traceback.format_exception(error)))
        assert said
        _hides(bench, caplog.text + "".join(said))


class FolderContract(AskedContract):
    """For agencies that exchange files."""

    @pytest.mark.parametrize(
        "fault",
        [
            "half_written",
            "html",
            "wrong_schema",
            "wrong_task",
            "duplicate_reply",
            "reversed",
            "reply_before_answer",
            "outage",
        ],
    )
    def test_what_is_wrong_in_a_folder_is_no_verdict(self, bench: Workbench, fault: str) -> None:
        bench.follow({"do": fault, "seconds": 0.2, "lasts": 0.2})
        receipt = bench.verdict(bench.connector(), bench.question())
        assert (receipt.verdict, receipt.reasons) == (Verdict.APPROVED, ())
        assert bench.agency.desk.books.doubled() == []

    def test_a_retry_is_the_same_file(self, bench: Workbench) -> None:
        question = bench.question()
        bench.follow({"do": "outage", "lasts": 3600})
        turned = replace(question, payload=_turned(question.payload))
        written = [_file_of(bench, again) for again in (question, turned)]
        assert written[0] == written[1]

    def test_a_folder_that_is_away_is_asked_later(self, bench: Workbench) -> None:
        with pytest.raises(TryLater) as caught:
            bench.connector(url=f"{bench.nowhere}/x").ask(bench.question())
        assert not caught.value.unknown

    def test_neither_secret_nor_person_is_in_the_log(
        self, bench: Workbench, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        bench.follow({"do": "wrong_schema", "seconds": 0.2})
        bench.verdict(bench.connector(), bench.question())
        assert caplog.text
        _hides(bench, caplog.text)


class DeskContract(HonestFolder):
    """For agencies whose officers answer in our pages: nothing leaves the platform."""

    def test_a_question_is_handed_over_and_nobody_is_called(self, bench: Workbench) -> None:
        connector, question = bench.connector(), bench.question()
        connector.check()
        for _ in range(2):
            receipt = connector.ask(question)
            assert (receipt.verdict, receipt.agency_ref) == (None, None)
            assert receipt.look_again_s
        assert bench.agency.desk.books.requests() == []
        assert bench.letters.arrivals == []

    def test_it_has_no_address(self, bench: Workbench) -> None:
        with pytest.raises(Misconfigured, match="url"):
            bench.connector(url="https://agency.invalid")

    @fuzzed
    @given(headers=st.dictionaries(st.text(max_size=20), st.text(max_size=60)), body=st.binary(max_size=200))
    def test_nothing_that_is_sent_to_it_is_a_reply(
        self, bench: Workbench, headers: dict[str, str], body: bytes
    ) -> None:
        _only_forged(bench, bench.connector().read_reply, headers, body)


def _file_of(bench: Workbench, question: Question) -> bytes:
    """What lies in the folder after the question was put."""
    bench.connector().ask(question)
    (path,) = Path(unquote(urlsplit(bench.settings().url).path)).glob(f"out/{question.key}.csv")
    return path.read_bytes()


def _signed(bench: Workbench, body: bytes, *, message_id: str = "msg_1", age: float = 0) -> dict[str, str]:
    return webhooks.sign(bench.secret, message_id, body, now=time.time() - age)


def _check_then_ask(connector: Any, question: Question) -> None:
    connector.check()
    connector.ask(question)


def _turned(value: object) -> Any:
    """The same value with every mapping in the opposite order, as a database may give it back."""
    if isinstance(value, Mapping):
        return {key: _turned(value[key]) for key in reversed(list(value))}
    return value


def _refuses_variants(bench: Workbench, read: Any, headers: Mapping[str, str], body: bytes) -> None:
    """One genuine message is taken, and none of its variants is."""
    genuine = {name.lower(): value for name, value in headers.items() if name.lower().startswith("webhook-")}
    read(genuine, body)
    message_id = genuine["webhook-id"]
    other = {**genuine, **webhooks.sign(b"z" * 32, message_id, body, now=time.time())}
    variants: list[tuple[Mapping[str, str], bytes]] = [({}, body), (other, body), (genuine, body + b" ")]
    variants += [({**genuine, name: ""}, body) for name in genuine]
    variants += [({**genuine, name: value + "0"}, body) for name, value in genuine.items()]
    variants += [(genuine, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]) for at in range(len(body))]
    variants += [(_signed(bench, body, message_id=message_id, age=age), body) for age in (400, -400)]
    variants += [(_signed(bench, odd), odd) for odd in STRANGE]
    for given_headers, given_body in variants:
        with pytest.raises(Forged):
            read(given_headers, given_body)


def _only_forged(bench: Workbench, read: Any, headers: Mapping[str, str], body: bytes) -> None:
    """Unsigned bytes, and the same bytes rightly signed: neither may be taken, neither may crash."""
    for given_headers in (headers, {**headers, **_signed(bench, body)}):
        with pytest.raises(Forged):
            read(given_headers, body)


def _hides(bench: Workbench, written: str) -> None:
    secret = bench.secret
    forms = {repr(secret), secret.hex(), base64.b64encode(secret).decode(), webhooks.as_password(secret)}
    applicant = bench.kind.approved.get("applicant", {})
    person = {str(value) for value in applicant.values()} if isinstance(applicant, Mapping) else set()
    seen = {form for form in forms | person if len(form) > 6 and form in written}
    assert not seen, "a secret or a person's data was written down"
