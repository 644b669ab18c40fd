"""T4: whoever has got hold of the application's connection finds no row of another tenant."""

from collections.abc import Callable, Iterator

import pytest
from psycopg import sql

from ptsp.main.prove.isolation.hostile import ACCEPTED, CORPUS, NOTHING, answer, filled, values_of
from ptsp.main.prove.isolation.worlds import Line, Worlds, foreign_rows, known_tables, marks_of


@pytest.fixture
def known(worlds: Worlds) -> dict[str, object]:
    with worlds.admin() as connection:
        return values_of(connection, worlds)


@pytest.fixture
def app(worlds: Worlds) -> Iterator[Line]:
    with worlds.entered("ptsp_app") as connection:
        yield connection


@pytest.fixture
def theirs(worlds: Worlds, known: dict[str, object]) -> set[str]:
    """Marks of the other tenant, without those that the attacker names himself."""
    return marks_of(worlds, worlds.there)


def test_the_statements_end_as_they_must_and_show_nothing(
    app: Line, known: dict[str, object], theirs: set[str], figure: Callable[[str], None]
) -> None:
    wrong, shown = [], 0
    for hostile in CORPUS:
        ended, said = answer(app, filled(hostile.sql, known))
        given = {str(value) for value in known.values()}
        leaked = [mark for mark in theirs - given if mark in said]
        shown += len(leaked)
        fits = hostile.comes_to == NOTHING or ended in hostile.comes_to.split(" or ")
        if leaked or not fits:
            wrong.append((hostile.name, ended, said[:200], leaked[:3]))
    figure(
        f"statements {len(CORPUS)}, values of the other tenant shown {shown}, marks looked for {len(theirs)}"
    )
    assert wrong == []


@pytest.mark.parametrize("role", ["ptsp_app", "ptsp_worker", "ptsp_owner"])
def test_a_forgotten_filter_shows_nobody_elses_row(worlds: Worlds, role: str) -> None:
    assert foreign_rows(worlds, role) == 0


def test_the_marks_are_found_where_they_are(worlds: Worlds, theirs: set[str]) -> None:
    """Otherwise the test above would look for words that nothing says."""
    with worlds.entered("ptsp_app", worlds.there) as connection:
        found = " ".join(
            answer(
                connection,
                filled(
                    one.sql,
                    {
                        "there": 0,
                        **dict.fromkeys(
                            ("bundle", "reference", "key", "nik", "standard", "task", "notice", "stranger")
                        ),
                    },
                ),
            )[1]
            for one in CORPUS
            if one.name in ("everything of a table", "copied out", "tokens of the desks")
        )
    assert len([mark for mark in theirs if mark in found]) > 5


def test_a_parent_of_another_is_refused_as_one_of_nobody(app: Line, known: dict[str, object]) -> None:
    said = {
        name: answer(app, filled(one.sql, known))
        for one in CORPUS
        if (name := one.name) in ("under the other's parent", "under nobody's parent")
    }
    other, nobody = said.values()
    assert other[0] == nobody[0]
    assert other[1].replace(str(known["bundle"]), "?") == nobody[1].replace(str(known["stranger"]), "?")


def test_an_unknown_bundle_and_anothers_answer_alike(app: Line, known: dict[str, object]) -> None:
    query = "SELECT * FROM app.bundle WHERE id = {}"
    of_other, of_nobody = (answer(app, sql.SQL(query).format(known[name])) for name in ("bundle", "stranger"))
    assert of_other == of_nobody == ("0 rows", "[]")


def test_the_sweeper_sees_when_and_whose_and_nothing_else(worlds: Worlds) -> None:
    with worlds.entered("ptsp_sweeper") as connection:
        ended, said = answer(connection, sql.SQL("SELECT DISTINCT tenant_id FROM app.task ORDER BY 1"))
        assert (ended, said) == ("2 rows", repr([(one,) for one in sorted((worlds.here, worlds.there))]))
        with worlds.admin() as admin:
            tables = known_tables(admin)
        for table in tables:
            assert answer(connection, sql.SQL(f"SELECT * FROM app.{table}"))[0] == "42501"


def test_the_side_doors_that_stay_open_are_those_on_the_list(
    app: Line, known: dict[str, object], figure: Callable[[str], None]
) -> None:
    for door in ACCEPTED:
        ended, said = answer(app, filled(door.sql, known))
        assert ended.endswith("rows"), f"{door.name} is closed: {said}; take it off the list"
        figure(f"accepted: {door.name}: {door.why}")
