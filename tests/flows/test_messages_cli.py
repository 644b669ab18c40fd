"""`ptsp messages`: what an operator sees, and what he can do about it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from ptsp.main.cli import cli
from tests.flows.letters import (
    APPLICANT,
    bundle_of,
    let_come_due,
    owed_one,
    stands,
    with_mail,
)
from tests.offices import Office
from tests.post.rooms import MailRoom

Run = Callable[..., Any]
NO_ADDRESS = "the pack names no e-mail address of agency:land"


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(cli, ["messages", *words])


def test_what_is_owed_is_listed_by_state_with_its_reason_and_no_address(office: Office, run: Run) -> None:
    waiting = owed_one(office)
    dropped = owed_one(office, "applicant", bundle_id=bundle_of(office, ""))
    failed = owed_one(office, "agency", agency="land")
    office.drain()
    fresh = owed_one(office, "applicant", bundle_id=bundle_of(office))
    done = run("list", "--tenant", "sidoarjo")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "sidoarjo: 2 owed, 1 failed, 1 dropped",
        f"  failed  {failed}  late to agency:land by email, tried 1 times: {NO_ADDRESS}",
        f"  dropped  {dropped}  late to applicant by email, tried 1 times: the applicant gave no e-mail address",
        f"  owed  {waiting}  late to head by email, not tried yet: no mail server is set (PTSP_SMTP_URL)",
        f"  owed  {fresh}  late to applicant by email, not tried yet",
    ]
    assert APPLICANT not in done.output
    assert run("list", "--state", "sent", "--tenant", "sidoarjo").output.splitlines()[1:] == []
    everybody = run("list").output.splitlines()
    assert "bontang: no messages" in everybody


def test_a_person_sends_failed_ones_on(office: Office, run: Run) -> None:
    with MailRoom().open() as room:
        office = with_mail(office, room)
        room.answers["RCPT"] = ["550 no"] * 3
        ids = [owed_one(office) for _ in range(3)]
        office.drain()
        assert {stands(office, one)[0] for one in ids} == {"failed"}
        assert run("retry", "sidoarjo", str(ids[0])).output == f"{ids[0]} goes on\n"
        assert stands(office, ids[0])[:2] == ("owed", 0)
        assert run("retry", "sidoarjo", "--all").output == "2 messages go on\n"
        office.drain()
        assert {stands(office, one)[0] for one in ids} == {"sent"}
        assert len(room.mails) == 3
        let_come_due(office)
        office.drain()
        assert len(room.mails) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("retry", "sidoarjo"), "name one message, or say --all"),
        (("retry", "sidoarjo", str(uuid4()), "--all"), "name one message, or say --all"),
        (("retry", "sidoarjo", str(uuid4())), "this office has no such message"),
        (("retry", "nowhere", "--all"), "there is no office"),
        (("list", "--state", "lost"), "'lost' is not one of"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.exit_code != 0
    assert said in done.output
