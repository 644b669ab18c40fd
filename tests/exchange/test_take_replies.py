"""Many replies in one transaction: the same outcomes as one by one, and no reply spoils another's."""

import uuid
from collections.abc import Sequence

import pytest

from ptsp.flows.take_replies import Incoming, Outcome, take_replies
from ptsp.flows.take_reply import take_reply
from ptsp.kernel.errors import Conflict, Invalid, NotFound
from ptsp.sdk.contract import Receipt, Reply, Verdict
from ptsp.sdk.errors import TryLater
from tests.flows.acts import SIUP, approve_desks, lodge
from tests.offices import Office

APPROVED = Receipt("K-1", Verdict.APPROVED)
REJECTED = Receipt("K-2", Verdict.REJECTED, ("Tidak memenuhi syarat.",))


def asked(office: Office, bundles: int) -> list[tuple[str, str]]:
    """(key, agency) of questions that wait for an answer."""
    office.agencies.answers = dict.fromkeys(
        ("identity", "location", "technical"), TryLater("later", unknown=True)
    )
    for _ in range(bundles):
        lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    steps = {row.code for row in office.rows("SELECT DISTINCT code FROM app.task WHERE kind = 'ask'")}
    office.agencies.answers = dict.fromkeys(steps, TryLater("later", unknown=True))
    office.drain()
    rows = office.rows("SELECT id, agency FROM app.task WHERE kind = 'ask' AND state = 'unknown' ORDER BY id")
    return [(str(row.id), row.agency) for row in rows]


def incoming(
    agency: str, key: str, receipt: Receipt = APPROVED, *, id: str = "", body: bytes = b"x"
) -> Incoming:
    return Incoming.of(agency, Reply(id or f"m:{key}", key, receipt), body)


def take(office: Office, replies: Sequence[Incoming]) -> list[str]:
    with office.work() as work:
        return [outcome.value for outcome in take_replies(work, replies)]


def test_each_reply_has_its_own_outcome(office: Office, offices) -> None:
    (one, at), (two, there), *rest = asked(office, 3)
    other = next(agency for _, agency in rest if agency != at)
    foreign = offices("bontang")
    with foreign.work() as work:
        assert take_replies(work, [incoming(at, one)]) == [Outcome.NO_QUESTION]  # another office's key
    said = take(
        office,
        [
            incoming(at, one),
            incoming(at, one),  # the same message twice in one batch
            incoming(at, one, REJECTED, id="m:2"),  # another message about the same question
            incoming(at, one, REJECTED, body=b"y"),  # the same id with other content
            incoming(other, two if there == at else one, id="m:3"),  # not this agency's question
            incoming(at, str(uuid.uuid4()), id="m:4"),
            incoming(at, "no key at all", id="m:5"),
            incoming(there, two, Receipt("K-3"), id="m:6"),
            incoming(there, two, REJECTED),
        ],
    )
    assert said == [
        *("recorded", "recorded", "late", "other_content"),
        *("no_question", "no_question", "no_question", "no_verdict", "recorded"),
    ]
    filed = dict(office.rows("SELECT message_id, outcome FROM app.inbox WHERE message_id LIKE 'm:_'"))
    assert filed == {
        "m:2": "late",
        **dict.fromkeys(("m:3", "m:4", "m:5"), "no_question"),
        "m:6": "no_verdict",
    }
    states = dict(office.rows("SELECT id::text, state FROM app.task WHERE kind = 'ask'"))
    assert (states[one], states[two]) == ("approved", "rejected")


def test_again_gives_the_same_answers_and_changes_nothing(office: Office) -> None:
    questions = asked(office, 4)
    replies = [incoming(agency, key) for key, agency in questions]
    assert take(office, replies) == ["recorded"] * len(questions)
    events = office.rows("SELECT count(*) FROM app.event")
    assert take(office, [*reversed(replies), *replies]) == ["recorded"] * 2 * len(questions)
    assert take(office, [incoming(agency, key, REJECTED, id=f"n:{key}") for key, agency in questions]) == [
        "late"
    ] * len(questions)
    assert office.rows("SELECT count(*) FROM app.event") == events
    assert take(office, []) == []


def test_a_callback_alone_is_told_what_is_wrong_and_leaves_nothing(office: Office) -> None:
    ((key, agency), *_) = asked(office, 1)

    def alone(reply: Reply, body: bytes = b"x") -> str:
        with office.work() as work:
            return take_reply(work, agency, reply, body)

    with pytest.raises(NotFound):
        alone(Reply("m", str(uuid.uuid4()), APPROVED))
    with pytest.raises(Invalid):
        alone(Reply("m", key, Receipt("K-1")))
    assert office.rows("SELECT count(*) FROM app.inbox") == [(0,)]
    assert alone(Reply("m", key, APPROVED)) == "recorded"
    with pytest.raises(Conflict):
        alone(Reply("m", key, APPROVED), b"other")
    assert alone(Reply("m", key, APPROVED)) == "recorded"
