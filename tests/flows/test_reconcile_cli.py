"""`ptsp reconcile` with the simulated agency: what it has lost is found, put again, and the day is balanced."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

from ptsp.infra.gateway import Registry
from ptsp.main.cli import cli
from ptsp.main.wiring import CONNECTORS, partners_of
from ptsp.sdk.simulator import Running, Script, running
from tests.flows.acts import SIUP, approve_desks, as_admin, lodge
from tests.flows.dying import rows
from tests.flows.partners import AGENCY, STEP, last_day
from tests.offices import Office

ENDLESS_S = 30 * 86_400.0  # longer than the days by which the books are made older


@dataclass(frozen=True)
class Town:
    """An office, and the simulated technical agencies that it asks over HTTP."""

    office: Office
    agency: Running
    books: Path

    def follow(self, *rules: object, delay_s: float = ENDLESS_S) -> None:
        self.agency.desk.faults.follow(Script.read({"delay_s": delay_s, "rules": list(rules)}))

    def run(self, *words: str) -> tuple[int, list[str]]:
        env = self.office.settings.as_env()
        done = CliRunner().invoke(cli, ["reconcile", *words], env=env)
        return done.exit_code, done.output.splitlines()

    def age(self) -> None:
        """What happened so far happened on the last day that is over, in both books."""
        with self.office.work() as work:
            days = (work.today - last_day(self.office)).days
        as_admin(
            self.office,
            f"""UPDATE app.event SET at = at - interval '{days} days';
                UPDATE app.task SET tried_at = tried_at - interval '{days} days'""",
        )
        self.write(f"UPDATE effects SET opened_at = opened_at - {days * 86_400}")

    def write(self, sql: str) -> None:
        """In the agency's own books."""
        with sqlite3.connect(self.books) as books:
            books.execute(sql)
        books.close()

    def opened(self) -> list[str]:
        """The keys of all cases there, oldest first."""
        return [case.key for case in self.agency.desk.books.effects()]


@pytest.fixture
def town(office: Office, tmp_path: Path) -> Iterator[Town]:
    """Two questions lie at the trade agency since the last day."""
    registry = Registry(CONNECTORS)
    path = tmp_path / "books.sqlite"
    script = Script(delay_s=ENDLESS_S)
    with running(
        registry.fake_agency("permits"), books=path, master=office.settings.secret, script=script
    ) as agency:
        settings = office.settings.with_simulators({"permits": agency.base, "ho": "http://127.0.0.1:9"})
        partners = partners_of(settings, local={"ktp": office.agencies})
        here = replace(office, settings=settings, tools=replace(office.tools, partners=partners))
        made = Town(here, agency, path)
        for _ in range(2):
            lodge(here, SIUP)
        here.drain()
        approve_desks(here)
        here.drain()
        made.age()
        yield made


def test_what_a_simulated_agency_lost_is_put_again_with_one_effect_and_then_balanced(town: Town) -> None:
    _, lost = town.opened()
    town.write(f"DELETE FROM effects WHERE key = '{lost}'")
    day = last_day(town.office)
    assert town.run("run", "sidoarjo", AGENCY) == (
        1,
        [f"sidoarjo  {day}  trade  gaps: sent 2, listed 1, matched 1, missing there 1; send again 1"],
    )
    code, lines = town.run("gaps", "sidoarjo")
    assert (code, lines[-1]) == (0, "1 gap is open")
    assert f"missing there: {lost} " in lines[0]
    town.office.drain()
    assert sorted(town.opened()).count(lost) == 1
    assert len(town.opened()) == 2
    code, (line,) = town.run("run", "sidoarjo", AGENCY, "--json")
    told = json.loads(line)
    assert (code, told["state"], told["matched"], told["ended"]) == (0, "balanced", 2, 1)
    assert town.run("gaps", "sidoarjo") == (0, ["no gap is open"])
    assert town.run("verify", "--json") == (0, ['{"offices": 6, "statements": 2, "differences": 0}'])


def test_what_only_the_list_forgets_is_put_again_and_is_the_same_case(town: Town) -> None:
    before = town.opened()
    town.follow({"do": "forgets", "on": "list"})
    assert town.run("run", "sidoarjo", AGENCY)[0] == 1
    town.office.drain()
    assert town.opened() == before
    posts = [
        one.key for one in town.agency.desk.books.requests() if (one.method, one.path) == ("POST", "/cases")
    ]
    assert sorted(posts) == sorted([*before, before[0]])
    town.follow()
    assert town.run("run", "sidoarjo", AGENCY)[0] == 0
    assert {row.state for row in rows(town.office, STEP)} == {"asked"}


def test_a_verdict_whose_callback_was_lost_is_had_from_the_agency_itself(town: Town) -> None:
    town.follow(delay_s=0.0)
    code, (line,) = town.run("run", "sidoarjo", AGENCY)
    assert (code, line.rpartition(": ")[2]) == (1, "sent 2, listed 2, matched 0, unanswered 2; look 2")
    town.office.drain()
    assert {row.state for row in rows(town.office, STEP)} == {"approved"}
    assert town.run("run", "sidoarjo", AGENCY)[0] == 0


def test_a_gap_is_ended_by_hand_and_anybody_can_verify_what_was_signed(town: Town, tmp_path: Path) -> None:
    town.follow({"do": "lists_unasked", "on": "list"})
    code, (line,) = town.run("run", "sidoarjo", AGENCY)
    assert (code, "missing here 1; person 1" in line) == (1, True)
    gap = town.run("gaps", "sidoarjo", "--agency", AGENCY)[1][0].split()[1]
    assert town.run("end", "sidoarjo", gap, "--reason", " ")[0] == 1
    assert town.run("end", "sidoarjo", gap, "--reason", "Uji sistem dinas.") == (
        0,
        [f"{UUID(gap)} has ended"],
    )
    assert "trade  balanced: sent 2" in town.run("show", "sidoarjo", "--agency", AGENCY)[1][0]

    (path,) = town.run("export", "sidoarjo", AGENCY, "--to", str(tmp_path / "out"))[1]
    body = Path(path)
    verify = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", body.with_suffix(".p7s")]
    verify += ["-content", body, "-CAfile", body.parent / "authority.pem"]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
    said = json.loads(body.read_bytes())
    assert [one["ended"] for one in said["gaps"]] == ["by_hand"]
    body.write_bytes(body.read_bytes().replace(b'"sent":2', b'"sent":1'))
    assert subprocess.run(verify, capture_output=True, check=False).returncode != 0

    as_admin(town.office, "UPDATE app.balance_statement SET body = body || ' '::bytea WHERE seq = 1")
    code, lines = town.run("verify", "sidoarjo")
    assert (code, lines[0]) == (1, "offices: 1, statements: 2, differences: 2")
    assert "trade statement 1: the signature: altered" in lines[1]


def test_what_cannot_be_balanced_is_said(town: Town) -> None:
    day = last_day(town.office)
    assert town.run("run", "sidoarjo", "population") == (
        0,
        [f"sidoarjo  {day}  population  no list: sent 2"],
    )
    code, lines = town.run("run", "sidoarjo", "nobody")
    assert (code, lines[-1]) == (2, "Error: Invalid value for AGENCY: sidoarjo asks no agency 'nobody'")
    assert town.run("run", "sidoarjo", AGENCY, "--day", "2099-01-01")[0] == 1
    town.follow({"do": "500", "on": "list"})
    code, (line,) = town.run("run", "sidoarjo", AGENCY)
    assert (code, "trade  due: TryLater" in line) == (1, True)
    assert town.run("export", "sidoarjo", AGENCY, "--to", "/nowhere")[0] == 1
