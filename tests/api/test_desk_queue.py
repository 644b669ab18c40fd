"""A desk's queue over HTTP: pages, what an officer has taken, and what is left of each limit."""

import uuid

import pytest

from ptsp.flows.open_desk import open_desk
from ptsp.infra.work import begin
from ptsp.main.wiring import engine_for
from tests.api.hall import API, bearer
from tests.api.problems import check_problem

TASKS = f"{API}/sidoarjo/desk/tasks"


@pytest.fixture(scope="module")
def officers(hall):
    """Tokens of the front office, by label."""
    owner = engine_for(hall.settings, "ptsp_owner", pool_size=1)
    try:
        with begin(owner, hall.access.book.get("sidoarjo"), actor="test") as work:
            return {label: bearer(open_desk(work, "front_office", label)) for label in ("loket-1", "loket-2")}
    finally:
        owner.dispose()


@pytest.fixture(scope="module")
def waiting(hall):
    """Sixty tasks at the front office: more than a page."""
    references = {hall.lodged(hall.nuisance())["reference"] for _ in range(60)}
    hall.office.drain()
    return references


def pages(hall, headers, query=""):
    after, tasks = "", []
    while after is not None:
        answer = hall.client().get(f"{TASKS}?{query}{after}", headers=headers).json
        tasks += answer["tasks"]
        after = answer["next"] and f"&after={answer['next']}"
    return tasks


def test_a_queue_comes_page_by_page_in_the_order_in_which_it_is_due(hall, officers, waiting):
    first = hall.client().get(TASKS, headers=officers["loket-1"]).json
    assert first["officer"] == "loket-1"
    assert len(first["tasks"]) == 50
    tasks = pages(hall, officers["loket-1"])
    assert len({task["id"] for task in tasks}) == len(tasks) >= 60
    assert waiting <= {task["reference"] for task in tasks}
    assert [task["due_at"] for task in tasks] == sorted(task["due_at"] for task in tasks)
    assert all(task["left_working_days"] >= 1 and not task["is_overdue"] for task in tasks)
    assert {tuple(task["held_by"]) for task in tasks} == {()}


def test_an_officer_takes_tasks_and_lays_them_back(hall, officers, waiting):
    mine, other = officers.values()
    task = hall.client().get(TASKS, headers=mine).json["tasks"][0]["id"]
    assert hall.post(f"{TASKS}/{task}/take", {}, headers=mine).json == {"outcome": "taken"}
    check_problem(hall.post(f"{TASKS}/{task}/take", {}, headers=other), 409)
    assert [one["id"] for one in pages(hall, mine, "mine=true")] == [task]
    assert pages(hall, other, "mine=true") == []
    seen = {one["id"]: one["officer"] for one in pages(hall, other)}
    assert seen[task] == "loket-1"
    check_problem(hall.post(f"{TASKS}/{task}/release", {}, headers=other), 409)
    assert hall.post(f"{TASKS}/{task}/release", {}, headers=mine).json == {"outcome": "released"}
    assert pages(hall, mine, "mine=true") == []


def test_a_token_without_an_officer_takes_nothing(hall, waiting):
    nobody = bearer(hall.token("front_office"))
    answer = hall.client().get(TASKS, headers=nobody).json
    assert answer["officer"] is None
    check_problem(hall.client().get(f"{TASKS}?mine=true", headers=nobody), 422, "mine")
    task = answer["tasks"][0]["id"]
    check_problem(hall.post(f"{TASKS}/{task}/take", {}, headers=nobody), 422, "Authorization")
    check_problem(hall.post(f"{TASKS}/{task}/take", {}), 401)


def test_what_is_not_at_this_desk_cannot_be_taken(hall, officers, waiting):
    (row,) = hall.office.rows("SELECT id FROM app.task WHERE kind = 'ask' LIMIT 1")
    for task in (row.id, uuid.uuid4()):
        check_problem(hall.post(f"{TASKS}/{task}/take", {}, headers=officers["loket-1"]), 404)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("after=held~x", "after"),
        ("after=" + "x" * 101, "after"),
        ("mine=perhaps", "mine"),
        ("a=1", "a"),
    ],
)
def test_a_page_that_cannot_be_is_named(hall, officers, query, field):
    check_problem(hall.client().get(f"{TASKS}?{query}", headers=officers["loket-1"]), 422, field)
