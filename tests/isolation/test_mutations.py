"""Each lock taken away on purpose, in a copy of the database: at least one of the layers must turn red."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from ptsp.main.prove.isolation.mutants import MUTATIONS, Mutation, engine_of, red, red_with
from ptsp.main.prove.isolation.worlds import Worlds


@pytest.fixture
def copied(
    worlds: Worlds, copy_database: Callable[[str], contextlib.AbstractContextManager[str]]
) -> Iterator[Worlds]:
    with copy_database(worlds.settings.database_url) as url:
        yield worlds.at(url)


def test_with_every_lock_in_place_no_check_is_red(copied: Worlds) -> None:
    with engine_of(copied, None) as engine:
        assert red(copied, engine) == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_lock_that_is_taken_away_is_missed(
    copied: Worlds, mutation: Mutation, figure: Callable[[str], None]
) -> None:
    seen = red_with(copied, mutation)
    figure(f"{mutation.name}: {'killed by ' + ', '.join(seen) if seen else 'ALIVE'}")
    assert seen != []
