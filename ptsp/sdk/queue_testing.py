"""The contract tests of connectors of style `broker`: what they write, what they read, and one effect per key.

Messages are carried by hand here, so that no broker is needed; what a broker adds is tried where there is one.
"""

import http.client
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ptsp.sdk import queues, strict_json, webhooks
from ptsp.sdk.contract import Question, Reply, Verdict
from ptsp.sdk.errors import Forged, Misconfigured
from ptsp.sdk.queues import Message
from ptsp.sdk.simulator import Letter
from ptsp.sdk.testing import STRANGE, HonestFolder, _hides
from ptsp.sdk.workbench import AGENCY, MASTER, PATIENCE_S, TENANT, Workbench


class Post:
    """Carries messages to the fake agency of a bench and its letters back."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.letters: list[Letter] = []
        bench.agency.desk.callbacks.carried_by(self._keep)

    def carry(self, message: Message, *, tenant: str = TENANT) -> int:
        line = http.client.HTTPConnection(self._bench.agency.host, self._bench.agency.port, timeout=5)
        line.request("POST", f"/{tenant}/{AGENCY}/questions", message.body, dict(message.headers))
        status = line.getresponse().status
        line.close()
        return status

    def signed(self, letter: Letter) -> tuple[Mapping[str, str], bytes]:
        """A letter as it comes out of the queue."""
        secret = self._bench.secret
        if letter.trouble == "wrong_signature":
            secret = bytes(reversed(secret))
        _, headers = queues.signed(secret, TENANT, AGENCY, letter.body, now=time.time())
        return headers, letter.body

    def wait_for(self, count: int) -> list[Letter]:
        ends = time.monotonic() + PATIENCE_S
        while len(self.letters) < count:
            assert time.monotonic() < ends, f"{len(self.letters)} of {count} letters came"
            time.sleep(0.005)
        return self.letters[:count]

    def _keep(self, letter: Letter) -> int:
        self.letters.append(letter)
        return 200


class QueueContract(HonestFolder):
    """For agencies that are asked by messages: style broker."""

    @pytest.fixture
    def post(self, bench: Workbench) -> Post:
        return Post(bench)

    @pytest.fixture
    def connector(self, bench: Workbench) -> Any:
        return bench.connector()

    def test_the_settings_work_and_no_secret_does_not(self, bench: Workbench, connector: Any) -> None:
        connector.check()
        with pytest.raises(Misconfigured):
            bench.connector(secret=b"").check()

    def test_many_questions_go_in_one_message_and_each_is_one_case(
        self, bench: Workbench, connector: Any, post: Post
    ) -> None:
        asked = [bench.question() for _ in range(connector.batch)]
        message = connector.write(asked)
        assert (post.carry(message), post.carry(message)) == (202, 202)
        found = [(case.key, case.reference, case.step) for case in bench.agency.desk.books.effects()]
        assert found == [(one.key, one.reference, one.step) for one in asked]
        assert bench.agency.desk.books.doubled() == []

    def test_the_same_questions_are_the_same_message(self, bench: Workbench, connector: Any) -> None:
        question = bench.question()
        turned = replace(question, payload=dict(reversed(list(question.payload.items()))))
        first, second = connector.write([question]), connector.write([turned])
        assert (first.id, first.body, first.queue) == (second.id, second.body, second.queue)
        assert first.id != connector.write([bench.question()]).id

    def test_verdicts_come_back_each_under_its_key(
        self, bench: Workbench, connector: Any, post: Post
    ) -> None:
        asked = [bench.question(), bench.question(bench.kind.rejected)]
        replies = _answered(connector, post, asked)
        assert {reply.key: reply.receipt.verdict for reply in replies} == {
            asked[0].key: Verdict.APPROVED,
            asked[1].key: Verdict.REJECTED,
        }
        assert all(reply.receipt.reasons for reply in replies if reply.receipt.verdict is Verdict.REJECTED)
        assert len({reply.message_id for reply in replies}) == len(replies)

    def test_the_same_message_again_has_the_same_ids(
        self, bench: Workbench, connector: Any, post: Post
    ) -> None:
        post.carry(connector.write([bench.question()]))
        letter = post.wait_for(1)[0]
        assert connector.read(*post.signed(letter)) == connector.read(*post.signed(letter))

    def test_a_message_may_be_old(self, bench: Workbench, connector: Any, post: Post) -> None:
        post.carry(connector.write([bench.question()]))
        body = post.wait_for(1)[0].body
        _, headers = queues.signed(bench.secret, TENANT, AGENCY, body, now=time.time() - 30 * 86_400)
        assert connector.read(headers, body)

    def test_the_same_key_at_two_tenants_is_two_cases(
        self, bench: Workbench, connector: Any, post: Post
    ) -> None:
        question = bench.question()
        theirs = bench.connector(tenant="bontang", secret=webhooks.derive_secret(MASTER, "bontang", AGENCY))
        post.carry(connector.write([question]))
        there: Any = theirs
        assert post.carry(there.write([replace(question, tenant="bontang")]), tenant="bontang") == 202
        offices = {case.agency for case in bench.agency.desk.books.effects()}
        assert offices == {f"{TENANT}/{AGENCY}", f"bontang/{AGENCY}"}

    def test_a_forged_message_is_forged(self, bench: Workbench, connector: Any, post: Post) -> None:
        post.carry(connector.write([bench.question()]))
        headers, body = post.signed(post.wait_for(1)[0])
        assert connector.read(headers, body)
        _, other = queues.signed(b"z" * 32, TENANT, AGENCY, body, now=time.time())
        variants = [({}, body), (other, body), (headers, body + b" "), (headers, b"")]
        variants += [({**headers, name: ""}, body) for name in headers if name.startswith("webhook-")]
        variants += [(headers, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]) for at in range(len(body))]
        variants += [
            (queues.signed(bench.secret, TENANT, AGENCY, odd, now=time.time())[1], odd)
            for odd in (
                *STRANGE,
                b'{"replies":[]}',
                b'{"replies":[{"key":"1","number":"2","result":"maybe"}]}',
            )
        ]
        for given_headers, given_body in variants:
            with pytest.raises(Forged):
                connector.read(given_headers, given_body)

    def test_a_rejection_without_reasons_is_forged(self, bench: Workbench, connector: Any) -> None:
        told = {"key": bench.question().key, "number": "1", "result": "rejected"}
        body = strict_json.dumps({"replies": [told]})
        with pytest.raises(Forged):
            connector.read(queues.signed(bench.secret, TENANT, AGENCY, body, now=time.time())[1], body)

    def test_the_agency_refuses_a_stranger(self, bench: Workbench, connector: Any, post: Post) -> None:
        message = connector.write([bench.question()])
        stranger: Any = bench.connector(secret=b"x" * 32)
        assert post.carry(stranger.write([bench.question()])) == 401
        assert post.carry(replace(message, body=message.body + b" ")) == 401
        assert bench.agency.desk.books.effects() == []

    def test_no_person_is_in_what_stands_beside_the_body(self, bench: Workbench, connector: Any) -> None:
        message = connector.write([bench.question()])
        _hides(bench, f"{message!r} {message.id} {message.queue} {dict(message.headers)}")


def _answered(connector: Any, post: Post, asked: list[Question]) -> list[Reply]:
    post.carry(connector.write(asked))
    return list(connector.read(*post.signed(post.wait_for(1)[0])))
