"""A message that is our own fault stops alone, and while the database is away none is given up."""

from collections.abc import Callable, Mapping

import pytest
from sqlalchemy.exc import OperationalError

from ptsp.flows.take_replies import Incoming, Outcome
from ptsp.infra.broker import Delivery, NotNow
from ptsp.infra.work import Work
from ptsp.jobs import take_messages as job
from ptsp.sdk import queues, strict_json
from ptsp.sdk.webhooks import derive_secret
from tests.exchange.conftest import with_queues
from tests.offices import Office

KEY = "0197a3c2-5c1e-7d60-9a44-6f6c1d2e3f40"


def delivery(office: Office, number: str, **changes: str) -> Delivery:
    reply = {"key": KEY, "number": number, "result": "approved"}
    body = strict_json.dumps({"replies": [reply]})
    secret = derive_secret(office.settings.secret, office.tenant.code, "trade")
    message_id, headers = queues.signed(secret, office.tenant.code, "trade", body, now=0)
    return Delivery(1, message_id, body, {**headers, **changes})


def test_each_message_is_judged_by_itself(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office = with_queues(office, monkeypatch)
    said = job.take_messages(
        office.tools,
        [
            delivery(office, "1"),
            delivery(office, "2", **{"ptsp-tenant": "nowhere"}),
            delivery(office, "3", **{"ptsp-tenant": "bontang"}),
            delivery(office, "4", **{"ptsp-agency": "nobody"}),
            delivery(office, "5", **{"ptsp-agency": "population"}),
            delivery(office, "6", **{"ptsp-agency": ""}),
        ],
    )
    assert said[0] == "no_question (1 of 1)"
    assert all(said)
    assert "no signature fits" in str(said[4])


def test_our_own_fault_stops_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office = with_queues(office, monkeypatch)

    def faulty(work: Work, replies: list[Incoming], **_: object) -> list[Outcome]:
        if any(one.reply.receipt.agency_ref == "2" for one in replies):
            raise ZeroDivisionError("a person's data")
        return [Outcome.RECORDED] * len(replies)

    monkeypatch.setattr(job, "take_replies", faulty)
    said = job.take_messages(office.tools, [delivery(office, number) for number in "1234"])
    assert said == [None, "a fault of ours (ZeroDivisionError)", None, None]


@pytest.mark.parametrize("where", ["take_replies", "_opened"])
def test_while_the_database_is_away_nothing_is_given_up(
    office: Office, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    office = with_queues(office, monkeypatch)

    def away(*_: object, **__: object) -> Mapping[str, Callable[[], None]]:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(job, where, away)
    with pytest.raises(NotNow):
        job.take_messages(office.tools, [delivery(office, "1"), delivery(office, "2")])
