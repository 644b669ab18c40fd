"""T3: in any order of transactions, failures, savepoints and threads a connection shows one tenant at a time."""

import contextlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from ptsp.infra.database import NoTenant, open_engine, platform_transaction, tenant_transaction
from ptsp.main.prove.isolation.contexts import (
    Interrupted,
    faults,
    in_none,
    in_tenant,
    is_refused_without_tenant,
    owners,
)
from ptsp.main.prove.isolation.worlds import Worlds
from tests.isolation.worlds import BUNDLES

TOUCH = text("UPDATE app.bundle SET outcome = outcome")
FAILING = text("SELECT 1 / 0")


@pytest.fixture
def engine(worlds: Worlds) -> Iterator[Engine]:
    """One connection for everybody, so that whatever is left in it meets the next."""
    made = open_engine(worlds.settings.database_url_for("ptsp_app"), pool_size=1)
    yield made
    made.dispose()


def response(engine: Engine, tenant: int) -> Generator[list[int], None, None]:
    """A response in two parts, of which the second may never be asked for."""
    with tenant_transaction(engine, tenant) as connection:
        yield owners(connection)
        yield owners(connection)


def fail(connection: Connection, how: str) -> None:
    """The end of a request that went wrong in the database, or in our own code."""
    if how == "failed statement":
        connection.execute(FAILING)
    raise Interrupted


class Contexts(RuleBasedStateMachine):
    """Between two rules either no transaction is open, or the one of `self.tenant` (None: the platform's)."""

    engine: Engine
    tenants: tuple[int, int]
    steps: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.open: contextlib.ExitStack | None = None
        self.connection: Connection | None = None
        self.tenant: int | None = None
        self.savepoints: list[Any] = []

    def teardown(self) -> None:
        self._end()

    @precondition(lambda self: self.open is None)
    @rule(which=st.integers(0, 2))
    def begins(self, which: int) -> None:
        self.steps["begin"] += 1
        self.tenant = (*self.tenants, None)[which]
        self.open = contextlib.ExitStack()
        context = (
            platform_transaction(self.engine)
            if self.tenant is None
            else tenant_transaction(self.engine, self.tenant)
        )
        self.connection = self.open.enter_context(context)

    @precondition(lambda self: self.open is not None)
    @rule(how=st.sampled_from(("commit", "exception", "failed statement")))
    def ends(self, how: str) -> None:
        self.steps[how] += 1
        assert self.open is not None
        assert self.connection is not None
        if how == "commit":
            self._end()
            return
        with pytest.raises((Interrupted, DBAPIError)), self.open:
            fail(self.connection, how)
        self._forget()

    @precondition(lambda self: self.open is not None)
    @rule()
    def sets_a_savepoint(self) -> None:
        self.steps["savepoint"] += 1
        assert self.connection is not None
        self.savepoints.append(self.connection.begin_nested())

    @precondition(lambda self: self.savepoints)
    @rule(is_kept=st.booleans())
    def leaves_a_savepoint(self, *, is_kept: bool) -> None:
        self.steps["release" if is_kept else "rollback to"] += 1
        savepoint = self.savepoints.pop()
        _ = savepoint.commit() if is_kept else savepoint.rollback()

    @precondition(lambda self: self.savepoints)
    @rule()
    def breaks_a_statement_in_a_savepoint(self) -> None:
        self.steps["failed in savepoint"] += 1
        assert self.connection is not None
        with pytest.raises(DBAPIError):
            self.connection.execute(FAILING)
        self.savepoints.pop().rollback()

    @precondition(lambda self: self.open is not None)
    @rule()
    def writes(self) -> None:
        self.steps["write"] += 1
        assert self.connection is not None
        assert self.connection.execute(TOUCH).rowcount == (0 if self.tenant is None else BUNDLES)

    @precondition(lambda self: self.open is None)
    @rule(which=st.integers(0, 1), how=st.sampled_from(("thread", "cancelled response", "no tenant")))
    def meanwhile(self, which: int, how: str) -> None:
        """Another request has the connection in between."""
        self.steps[how] += 1
        tenant = self.tenants[which]
        if how == "no tenant":
            assert is_refused_without_tenant(self.engine)
        elif how == "thread":
            with ThreadPoolExecutor(max_workers=1) as pool:
                assert pool.submit(in_tenant, self.engine, tenant).result() == [tenant]
                assert pool.submit(in_none, self.engine).result() == []
        else:
            parts = response(self.engine, tenant)
            assert next(parts) == [tenant]
            parts.close()

    @invariant()
    def sees_its_own_rows_only(self) -> None:
        if self.connection is not None:
            assert owners(self.connection) == ([] if self.tenant is None else [self.tenant])
        else:
            assert in_none(self.engine) == []

    def _end(self) -> None:
        if self.open is not None:
            for savepoint in reversed(self.savepoints):
                savepoint.commit()
            self.open.close()
        self._forget()

    def _forget(self) -> None:
        self.open = self.connection = self.tenant = None
        self.savepoints = []


def test_any_order_of_transactions_shows_one_tenant_at_a_time(
    engine: Engine, worlds: Worlds, figure: Callable[[str], None]
) -> None:
    steps: Counter[str] = Counter()
    machine = type(
        "ContextsHere",
        (Contexts,),
        {"engine": engine, "tenants": (worlds.here, worlds.there), "steps": steps},
    )
    few = hypothesis_settings(max_examples=70, stateful_step_count=40, deadline=None, database=None)
    run_state_machine_as_test(machine, settings=few)
    figure(
        f"steps {steps.total()}, violations 0 ({', '.join(f'{n} {name}' for name, n in steps.most_common())})"
    )
    assert len(steps) >= 12, f"some kinds of step were never taken: {sorted(steps)}"


def test_a_short_walk_finds_no_fault(engine: Engine, worlds: Worlds) -> None:
    assert faults(engine, (worlds.here, worlds.there)) == []


def test_a_commit_in_the_middle_keeps_the_tenant(engine: Engine, worlds: Worlds) -> None:
    with engine.connect().execution_options(tenant=worlds.here) as connection:
        for _ in range(3):
            assert owners(connection) == [worlds.here]
            connection.commit()
    with tenant_transaction(engine, worlds.here) as connection:
        connection.commit()
        with pytest.raises(InvalidRequestError):
            owners(connection)


def test_without_transactions_nothing_is_seen(engine: Engine, worlds: Worlds) -> None:
    options = {"tenant": worlds.here, "isolation_level": "AUTOCOMMIT"}
    with engine.connect().execution_options(**options) as connection:
        assert owners(connection) == []
    assert in_none(engine) == []


def test_a_tenant_of_none_is_no_tenant(engine: Engine) -> None:
    with pytest.raises(NoTenant), tenant_transaction(engine, None):  # type: ignore[arg-type]
        pass
    assert in_none(engine) == []
