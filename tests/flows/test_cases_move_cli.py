"""`ptsp cases move` and `ptsp cases undo`, as an operator types them."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from ptsp.flows.refold import recompute
from ptsp.main.cli import cli
from tests.flows.acts import HO, apply, lodge, now_in_force, with_service, work_on
from tests.offices import Office

Run = Callable[..., Any]


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(cli, ["cases", *words])


@pytest.fixture
def moving(office: Office, packs: list[Any]) -> Office:
    """Two open cases, one of them billed, and a dearer version whose site is not visited any more."""
    lodge(office, HO)
    work_on(office, is_paying=False)
    lodge(office, HO)
    pack = next(pack for pack in packs if pack.code == "sidoarjo")
    service = pack.services["ho"]
    route = tuple(
        replace(one, after=tuple("identity" if code == "site_visit" else code for code in one.after))
        for one in service.route
        if one.code != "site_visit"
    )
    fee = replace(
        service.fee, lines=tuple(replace(one, amount=f"({one.amount}) * 2") for one in service.fee.lines)
    )
    apply(office, with_service(pack, "ho", version=2, digest="second", route=route, fee=fee))
    return now_in_force(office)


def stored(office: Office) -> Any:
    names = ("bundle", "application", "task", "event", "case_move", "moved_case")
    return [office.rows(f"SELECT t::text FROM app.{name} t ORDER BY 1") for name in names]


def test_plan_then_move_then_back(moving: Office, run: Run) -> None:
    before = stored(moving)
    planned = run("move", "sidoarjo", "--service", "ho", "--to", "2", "--plan")
    assert planned.exit_code == 0, planned.output
    lines = planned.output.splitlines()
    assert lines[-1] == "1 of 2 cases can move"
    assert any("stays" in line and "billed already" in line for line in lines)
    assert any("-site_visit at public_works" in line for line in lines)
    assert stored(moving) == before
    done = json.loads(run("move", "sidoarjo", "--service", "ho", "--to", "2", "--json").output)
    assert done["moved"] == 1
    (moved,) = [one for one in done["cases"] if one["can_move"]]
    assert moved["promised"][1] < moved["promised"][0]
    (left,) = [one for one in done["cases"] if not one["can_move"]]
    assert {reason["code"] for reason in left["reasons"]} == {"fee_differs"}
    back = run("undo", "sidoarjo", done["move"])
    assert back.exit_code == 0, back.output
    assert back.output.splitlines()[-1] == "1 of 1 cases taken back"
    assert {row.version for row in versions(moving)} == {1}
    with moving.work() as work:
        assert recompute(work.connection, moving.tenant).differences == ()


def versions(office: Office) -> Any:
    return office.rows(
        "SELECT s.version FROM app.application a JOIN app.standard s ON s.id = a.standard_id WHERE a.state = 'open'"
    )


def test_an_undo_that_comes_too_late_says_why_and_ends_with_1(
    office: Office, packs: list[Any], run: Run
) -> None:
    lodge(office, HO)
    pack = next(pack for pack in packs if pack.code == "sidoarjo")
    route = pack.services["ho"].route
    first = replace(route[1], code="registry", shared=None, after=())
    apply(office, with_service(pack, "ho", version=2, digest="second", route=(*route, first)))
    done = json.loads(run("move", "sidoarjo", "--service", "ho", "--to", "2", "--json").output)
    back = run("undo", "sidoarjo", done["move"])
    assert back.exit_code == 1
    assert "step registry at population has begun" in " ".join(back.output.split())


def test_nothing_to_move_is_no_move(office: Office, run: Run) -> None:
    done = run("move", "sidoarjo", "--service", "ho", "--to", "1")
    assert (done.exit_code, done.output) == (0, "no open case goes by another version\n")
    assert office.rows("SELECT 1 FROM app.case_move") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("move", "sidoarjo", "--service", "ho", "--to", "9"), "no version 9"),
        (("move", "sidoarjo", "--service", "nothing", "--to", "1"), "no version 1"),
        (("move", "nowhere", "--service", "ho", "--to", "1"), "no office"),
        (("undo", "sidoarjo", "00000000-0000-0000-0000-000000000000"), "no move"),
    ],
)
def test_what_does_not_exist_is_named(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.exit_code == 1
    assert said in done.output
