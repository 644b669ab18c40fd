"""Processes are killed and Redis is emptied while bundles run; they end as in calm, each question put once."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ptsp.main.demo.client import Client, Lodged
from ptsp.main.demo.orders import FOUR_PERMITS, KNOWN_NIK, OTHER_NAME_NIK, TENANT, Story, applicant
from ptsp.main.demo.platform import Platform, desk_tokens, free_port, platform
from ptsp.main.demo.run import collect, lodge
from ptsp.main.ledger_cli import check_all
from ptsp.main.migrate_cli import apply_packs, bring_up
from ptsp.main.prove.findings import witnesses
from ptsp.main.prove.stage import rows
from ptsp.main.runtime import running
from ptsp.main.settings import Settings
from tests.journeys.rig import Chaos, drawn, play_through

pytestmark = [pytest.mark.journey, pytest.mark.alone]

SEED = 20261122
ASKED = ("ktp", "permits", "ho")
LEASE_S = 4.0
LONGEST_S = 120.0
KILLS = {"worker": 5, "relay": 3, "redis": 3, "web": 1}
ALL = ("rekomendasi_lokasi", "imb", "ho", "siup")

RULES = {
    "ktp": [
        {"do": "500_after_effect", "every": 4},
        {"do": "cut_after_effect", "every": 3},
        {"do": "slow", "every": 2, "seconds": 0.7},
    ],
    "permits": [
        {"do": "cut_after_effect", "every": 7},
        {"do": "500_after_effect", "every": 5},
        {"do": "reply_before_answer", "every": 4},
        {"do": "slow", "every": 3, "seconds": 0.6},
        {"do": "duplicate_reply", "every": 2},
        {"do": "wrong_key", "share": 0.5},
    ],
    "ho": [
        {"do": "500_after_effect", "first": 1},
        {"do": "cut_after_effect", "every": 3},
        {"do": "503", "every": 4, "on": "look"},
    ],
    "bank": [{"do": "double", "every": 1}],
}
SCRIPTS = {code: json.dumps({"seed": SEED, "delay_s": 0.3, "rules": rules}) for code, rules in RULES.items()}


@dataclass(frozen=True)
class Case:
    """A marker in the address, and what is granted in calm."""

    marker: str
    granted: tuple[str, ...]
    nik: str = KNOWN_NIK

    @property
    def outcome(self) -> str:
        whole = {len(ALL): "approved", 0: "refused"}
        return whole.get(len(self.granted), "partly_approved")

    def story(self) -> Story:
        who = applicant(self.nik, "1990-03-12", "male")
        if self.nik == OTHER_NAME_NIK:
            who = applicant(self.nik, "1992-06-15", "female")
        who["address"] += f" {self.marker}"
        return Story(self.marker or "calm", who, FOUR_PERMITS, self.outcome)


CASES = (
    Case("", ALL),
    Case("uji:tolak:ho", ("rekomendasi_lokasi", "imb", "siup")),
    Case("uji:tolak:trade", ("rekomendasi_lokasi", "imb", "ho")),
    Case("uji:tolak:land", ("siup",)),
    Case("uji:tolak:public_works", ("siup",)),
    Case("", (), OTHER_NAME_NIK),
    Case("", ALL),
)


@pytest.fixture
def here(tmp_path: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(run_folder / "bytecode"))
    with running(Settings.from_env({"PTSP_HOME": str(tmp_path / "home")}), durable=False) as settings:
        bring_up(settings)
        apply_packs(settings)
        with platform(settings, port=free_port(0), scripts=SCRIPTS, lease_s=LEASE_S) as running_platform:
            yield running_platform


def test_bundles_end_as_in_calm_through_kills_and_wipes(here: Platform, tell: Callable[[str], None]) -> None:
    client, tokens = Client(here.base, TENANT), desk_tokens(here.settings, TENANT)
    stories = [case.story() for case in CASES]
    lodged = [lodge(client, story) for story in stories]
    chaos = Chaos(here, SEED, drawn(SEED, kills=KILLS))
    views = play_through(client, here, tokens, lodged, chaos, LONGEST_S)

    assert [granted(view) for view in views] == [set(case.granted) for case in CASES]
    verified = verify_all(client, stories, lodged, views)
    assert Counter(chaos.done) == KILLS
    questions = one_effect_per_question(here)
    numbers_without_gaps(here)
    paid_once(here)
    reports = check_all(here.settings)
    assert not any(report.broken for report in reports.values())
    tell(
        f"seed {SEED}: {len(CASES)} bundles, blows {dict(Counter(chaos.done))}, {questions},"
        f" {verified} decisions verified, {sum(one.events for one in reports.values())} events chained"
    )


def granted(view: Mapping[str, Any]) -> set[str]:
    assert {one["state"] for one in view["applications"]} <= {"approved", "rejected"}
    return {one["service"] for one in view["applications"] if one["state"] == "approved"}


def verify_all(
    client: Client, stories: list[Story], lodged: list[Lodged], views: list[dict[str, Any]]
) -> int:
    """Every decision verifies by its code and by its file; `collect` raises otherwise."""
    for story, bundle, view in zip(stories, lodged, views, strict=True):
        done = collect(client, story, bundle, view)
        assert {one["service"] for one in done.permits} == granted(view)
    documents = [one["document"] for view in views for one in view["applications"]]
    assert len({document["code"] for document in documents}) == len(CASES) * len(ALL)
    return len(documents)


def one_effect_per_question(here: Platform) -> str:
    """The agencies' own books against our tasks: the same keys, each once, and no question twice."""
    asked = rows(here.settings, "SELECT id::text, attempts FROM app.task WHERE kind = 'ask' AND attempts > 0")
    seen = witnesses(here.settings.home, ASKED)
    keys = [key for one in seen for key in one.effects]
    assert Counter(keys) == Counter(row.id for row in asked)
    assert not any(one.doubled for one in seen)
    requests = sum(one.requests for one in seen)
    assert requests > len(keys), "the agencies answered everything at once; nothing was tried"
    return f"{requests} requests for {len(keys)} effects under {len(set(keys))} keys, doubled 0"


def numbers_without_gaps(here: Platform) -> None:
    """Every series runs 1, 2, 3 ..., with one decision per application and one notice per charge."""
    serials = defaultdict(list)
    for number, state in rows(here.settings, "SELECT number, state FROM app.decision"):
        assert state == "issued"
        serial, _, series = number.partition("/")
        serials[series].append(int(serial))
    for (number,) in rows(here.settings, "SELECT number FROM app.fee_notice"):
        kind, serial, rest = number.split("/", 2)
        serials[f"{kind}/{rest}"].append(int(serial))
    for series, found in serials.items():
        assert sorted(found) == list(range(1, len(found) + 1)), series
    (charges,) = rows(here.settings, "SELECT count(*) FROM app.task WHERE kind='charge' AND state='approved'")
    (notices,) = rows(
        here.settings, "SELECT count(*), count(DISTINCT application_id) AS applications FROM app.fee_notice"
    )
    assert notices == (charges[0], charges[0])


def paid_once(here: Platform) -> None:
    """The bank told of every payment twice."""
    sums = rows(
        here.settings,
        """SELECT n.bill, sum(n.total) AS due,
                  (SELECT sum(p.amount) FROM app.payment p WHERE p.bill = n.bill) AS paid
             FROM app.fee_notice n GROUP BY n.bill""",
    )
    assert sums
    assert all(row.due == row.paid for row in sums)
