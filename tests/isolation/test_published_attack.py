"""The published attack learns nothing on the server at hand, and where a server is open to it we can see that."""

from collections.abc import Callable

import pytest
from psycopg import sql

from ptsp.infra.servers.version import FIXED_MINOR
from ptsp.main.prove.isolation.attack import Learnt, attack, attack_everything, said, unique_keys
from ptsp.main.prove.isolation.worlds import Line, Worlds, known_tables

# As most programs would write it: the key is the number alone.
CANARY = """
    CREATE TABLE app.canary (id int PRIMARY KEY, tenant_id int NOT NULL, secret text NOT NULL);
    ALTER TABLE app.canary ENABLE ROW LEVEL SECURITY;
    ALTER TABLE app.canary FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON app.canary USING (tenant_id = NULLIF(current_setting('app.tenant', true), '')::int);
    GRANT SELECT, INSERT, UPDATE ON app.canary TO ptsp_app"""
ATTACK = """
    INSERT INTO app.canary VALUES ({id}, {tenant}, 'mine')
    ON CONFLICT (id) DO UPDATE SET secret = canary.secret WHERE canary.secret LIKE {guess}"""
HOLE = "CREATE UNIQUE INDEX planted ON app.fee_notice (id)"


def is_open(connection: Line) -> bool:
    """Whether the server at hand has the fault, by its version."""
    major, minor = divmod(connection.info.server_version, 10_000)
    return minor < FIXED_MINOR.get(major, 0)


def on_canary(connection: Line, worlds: Worlds) -> Learnt:
    connection.execute(CANARY)
    connection.execute("INSERT INTO app.canary VALUES (7, %s, 'Secret of the others')", (worlds.there,))

    def tried(number: int, guess: str) -> str:
        statement = sql.SQL(ATTACK).format(id=number, tenant=worlds.here, guess=guess)
        return said(connection, worlds, "ptsp_app", statement)

    return Learnt("canary (id)", tried(7, "S%"), tried(7, "X%"), tried(8, "S%"))


@pytest.mark.parametrize("role", ["ptsp_app", "ptsp_worker", "ptsp_owner"])
def test_no_key_of_any_table_tells_anything(worlds: Worlds, role: str, figure: Callable[[str], None]) -> None:
    learnt = attack_everything(worlds, role)
    told = [one for one in learnt if one.tells]
    figure(f"{role}: keys attacked {len(learnt) // 2}, statements {3 * len(learnt)}, told {len(told)}")
    assert told == []


def test_every_table_has_keys_that_are_attacked(worlds: Worlds) -> None:
    with worlds.admin() as connection:
        assert all(unique_keys(connection, table) for table in known_tables(connection))


def test_the_owner_gets_as_far_as_the_row(worlds: Worlds) -> None:
    """Otherwise the attack would be refused for a missing right, and prove nothing."""
    outcomes = {one.if_right for one in attack_everything(worlds, "ptsp_owner")}
    assert not any("permission denied" in outcome for outcome in outcomes)
    assert any(outcome.endswith("rows") for outcome in outcomes)


def test_a_key_without_its_tenant_is_seen_to_tell(worlds: Worlds) -> None:
    """The same attack as above, on a table of ours whose key was spoilt."""
    with worlds.admin() as connection:
        connection.execute(HOLE)
        learnt = list(attack(connection, worlds, "ptsp_app", "fee_notice", ["id"]))
        assert any(one.tells_existence for one in learnt)
        assert any(one.tells_content for one in learnt) == is_open(connection)


def test_the_canary_shows_whether_this_server_has_the_fault(
    worlds: Worlds, figure: Callable[[str], None]
) -> None:
    with worlds.admin() as connection:
        version = divmod(connection.info.server_version, 10_000)
        learnt, has_fault = on_canary(connection, worlds), is_open(connection)
    state = "has the fault, and our keys close it" if has_fault else "is fixed, so the canary shows nothing"
    figure(
        f"PostgreSQL {version[0]}.{version[1]} {state}; with PRIMARY KEY (id): right guess '{learnt.if_right}', "
        f"wrong guess '{learnt.if_wrong}', no such row '{learnt.if_absent}'"
    )
    assert learnt.tells_existence, "a key shared by tenants always tells that a row is there"
    assert learnt.tells_content == has_fault
