"""Every cell of the matrix is asked of the running application; no route is without a row."""

import re

import pytest

from ptsp.api.problems import MEDIA_TYPE, TITLES
from ptsp.main.demo.orders import KNOWN_NIK
from tests.access.table import (
    SAFE,
    STRANGERS,
    ask,
    filled,
    is_refusal,
    outcome,
    read_matrix,
    routes_of,
    state_of,
)

MATRIX = read_matrix()
# The bank's and OSS' errors have forms of their own, which BI-SNAP and OSS lay down.
OTHER_FORMS = ("/snap/v1.0/", "/agency/<tenant>/<agency>/oss/")
LEAKS = re.compile(r"Traceback|psycopg|SQLSTATE|\bSELECT\b|\bINSERT\b|sqlalchemy|marshmallow|site-packages")
PERSONAL = (KNOWN_NIK, "Pemohon Contoh", "Jl. Contoh")


def test_no_route_is_without_a_row_and_no_row_without_a_route(scene):
    routes = routes_of(scene.app)
    assert sorted(routes - MATRIX.routes) == [], "routes without a row in tests/access/matrix.yaml"
    assert sorted(MATRIX.routes - routes) == [], "rows without a route"


def test_the_table_and_its_scene_have_the_same_callers_and_states(scene, callers):
    assert callers.keys() == MATRIX.callers.keys()
    assert scene.states.keys() == MATRIX.states.keys() == {row.state for row in MATRIX.rows}


@pytest.mark.parametrize("rule", MATRIX.by_rule)
def test_every_caller_gets_what_the_table_says(scene, callers, rule):
    """One cell is a method of a row, in its state, for one caller; all that are wrong are named together."""
    wrong, asked = [], set()
    for row in MATRIX.by_rule[rule]:
        state = state_of(scene.states, row)
        for method in row.methods:
            for name in row.cells:
                wrong += [
                    f"{row}: {method} by {name}: {one}"
                    for one in faults(scene, callers, row, method, name, state)
                ]
                asked.add((str(row), method, name))
    assert not wrong, "\n".join(wrong)
    assert len(asked) == cells(MATRIX.by_rule[rule])


def cells(rows):
    return sum(len(row.methods) for row in rows) * len(MATRIX.callers)


def faults(scene, callers, row, method, name, state):
    """What is wrong with one cell."""
    expected = row.cells[name]
    scene.undoing.start()
    answer = ask(scene.app, row, method, callers[name], state)
    found = outcome(answer, callers[name])
    if found != expected:
        yield f"{found}, not {expected} ({MATRIX.callers[name]})"
    is_kept = scene.undoing.written > 0
    if (method in SAFE or is_refusal(found)) and is_kept != (name in row.keeps):
        yield f"{found}, and {scene.undoing.written} rows were written"
    if found == "200":
        yield from shown(row, answer, name, state)
    elif answer.status_code >= 400:
        yield from told(row, answer, found)


def shown(row, answer, name, state):
    """What a good answer must have in it, or must not."""
    for what, to in row.shows.items():
        if (filled(what, state) in answer.get_data(as_text=True)) != (name in to):
            yield f"{what} is {'not ' if name in to else ''}shown"


def told(row, answer, found):
    """What an error says that it must not, or not in our form."""
    text = answer.get_data(as_text=True)
    if answer.status_code >= 500 or LEAKS.search(text):
        yield f"tells of our insides: {text[:200]}"
    # The page of a case is shown again to its officer, with what was wrong.
    if (found in STRANGERS or row.is_for_machines) and any(one in text for one in PERSONAL):
        yield "tells of a person"
    if row.is_for_machines and not row.rule.startswith(OTHER_FORMS):
        problem = answer.get_json(silent=True) or {}
        if answer.content_type != MEDIA_TYPE or problem.get("status") != answer.status_code:
            yield f"is no problem document: {answer.content_type}"
        elif problem["title"] != TITLES[answer.status_code] or not problem["detail"]:
            yield f"is a problem without a title or detail: {problem}"


def test_no_cell_was_left_out(tell):
    """Each rule's test asks all cells of its rows; here: every row is under a rule, and names every caller."""
    assert sorted(str(row) for rows in MATRIX.by_rule.values() for row in rows) == sorted(
        map(str, MATRIX.rows)
    )
    assert sum(row.size for row in MATRIX.rows) == cells(MATRIX.rows)
    tell(
        f"{len(MATRIX.routes)} routes, {len(MATRIX.rows)} rows of a route and a state, {len(MATRIX.callers)} callers, "
        f"{cells(MATRIX.rows)} cells"
    )


TABLE = """
callers: {{a: one, b: another}}
groups: {{both: [a, b]}}
others: {{none: {{404: both}}}}
states: {{open: x}}
rows: [{{ask: GET /, others: none, in: {{open: {0}}}{1}}}{2}]"""


def test_a_cell_that_a_row_does_not_name_is_that_of_the_others():
    (row,) = read_matrix(TABLE.format("{200: a}", "", "")).rows
    assert (row.cells, row.size) == ({"a": "200", "b": "404"}, 2)


@pytest.mark.parametrize(
    ("cells", "keys", "more", "fault"),
    [
        ("{200: c}", "", "", "no caller is called c"),
        ("{99: a}", "", "", "'99' is no outcome|99 is no outcome"),
        ("{200: a, 303: a}", "", "", "303 is no outcome, or nobody is left"),
        ("{200: a}", ", else: x", "", r"\['else'\] is not known"),
        ("{200: a}, shut: {}", "", "", r"\['shut'\] is not known"),
        ("{200: a}", "", ", {ask: GET /, in: {open: {200: a}}}", "b: no outcome"),
        ("{200: a}", "", ", {ask: GET /, in: {open: {200: both}}}", "stands there twice"),
    ],
)
def test_a_row_that_is_not_whole_is_not_read(cells, keys, more, fault):
    with pytest.raises(ValueError, match=fault):
        read_matrix(TABLE.format(cells, keys, more))
