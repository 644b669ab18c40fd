"""An office is removed: markers planted wherever it leaves traces are found before, and nowhere afterwards."""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

import psycopg
import pytest
import redis

from ptsp.flows.apply_pack import apply_pack
from ptsp.infra.broker import QUESTIONS, REPLIES, dead_of
from ptsp.infra.broker.line import Line as BrokerLine
from ptsp.infra.broker.line import NoQueue, line_to_found
from ptsp.infra.tenant_life import Office, queues_of
from ptsp.infra.tenant_life.broker_traces import clear_broker, messages
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import TenantPack
from ptsp.main.wiring import engine_for
from ptsp.sdk.queues import TENANT
from tests.connectors.trial import eventually
from tests.isolation.lives import BY, Hashes, Life
from tests.isolation.worlds import HERE, THERE

pytestmark = pytest.mark.xdist_group("tenant_life")

MARKER = "penanda-7f3a-"
# Every column that can hold a word, of every table with a tenant.
COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped
     WHERE c.relnamespace = CAST('app' AS regnamespace) AND c.relkind = 'r' AND a.attgenerated = ''
       AND format_type(a.atttypid, NULL) IN ('text', 'text[]', 'jsonb', 'bytea') ORDER BY 1, 2"""
NOT_ONLY_NUMBERS = """
    SELECT DISTINCT format_type(a.atttypid, NULL) FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id'
      JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = y.typelem AND y.typcategory = 'A'
     WHERE c.relnamespace = CAST('app' AS regnamespace) AND c.relkind = 'r'
       AND coalesce(e.typname, y.typname) NOT IN ('uuid', 'int2', 'int4', 'int8', 'float8', 'bool', 'date', 'time',
                                                  'timestamptz', 'numeric')"""
CHECKS = """
    SELECT CAST(conrelid AS regclass)::text, conname FROM pg_constraint
     WHERE contype = 'c' AND connamespace = CAST('app' AS regnamespace)"""
HOLDING = {
    "text": "%(word)s",
    "text[]": "ARRAY[%(word)s]",
    "jsonb": "CASE jsonb_typeof({0}) WHEN 'object' THEN {0} || jsonb_build_object('x', %(word)s::text)"
    " ELSE jsonb_build_array(%(word)s::text) END",
    "bytea": "convert_to(%(word)s, 'UTF8')",
}


def plant_rows(life: Life) -> dict[tuple[str, str], str]:
    """A marker in every column of a row of every table, whatever rules say; (place, marker) -> the column."""
    planted: dict[tuple[str, str], str] = {}
    with life.worlds.admin() as connection:
        assert {kind for (kind,) in connection.execute(NOT_ONLY_NUMBERS)} == set(HOLDING)
        for table, name in connection.execute(CHECKS).fetchall():
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        connection.execute("SET LOCAL session_replication_role = replica")
        count: dict[str, int] = {}
        for table, column, kind in connection.execute(COLUMNS).fetchall():
            count[table] = count.get(table, 0) + 1
            word = f"{MARKER}{count[table]:02d}"
            value = HOLDING[kind].format(column)
            connection.execute(
                f"UPDATE app.{table} SET {column} = {value} WHERE ctid ="
                f" (SELECT max(ctid) FROM app.{table} WHERE tenant_id = %(here)s)",
                {"word": word, "here": life.worlds.here},
            )
            planted[f"table app.{table}", word] = column
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")  # samples of values stand in the catalogue from now on
    return planted


def plant_redis(url: str) -> int:
    """Every kind of key, in its name or in what it holds, one of them packed as RQ does it; another office's stays."""
    word = f"{MARKER}01"
    with redis.Redis.from_url(url) as line:
        line.set(f"rq:job:{HERE}", word)
        line.hset("rq:job:1", mapping={"data": zlib.compress(f"{HERE} {word}".encode())})
        line.rpush("list", f"{HERE}:{word}")
        line.sadd("set", f"{HERE} {word}")
        line.zadd("zset", {f"{word}/{HERE}": 1})
        line.xadd("stream", {HERE: word})
        planted = int(line.dbsize())
        line.set(f"rq:job:{THERE}", "stays")
        line.set(f"rq:job:{HERE}baru", "stays")
    return planted


def test_nothing_is_left_of_an_office_that_was_removed(life: Life, figure: Callable[[str], None]) -> None:
    url = life.worlds.settings.redis_url
    life.done("export", HERE, "-o", life.folder / "whole.zip")
    life.done(
        "restore", HERE, life.folder / "whole.zip", "--yes", *BY
    )  # leaves an archive of what was before
    planted = plant_rows(life)
    columns = len(planted)
    keys = plant_redis(url)
    files = life.files
    files.put(HERE, f"%PDF {MARKER}01".encode())
    stays = files.put(THERE, b"%PDF stays")
    archive = next((life.worlds.settings.home / "archives" / HERE).glob("*.zip"))
    archive.write_text(f"{MARKER}01")
    words = sorted({word for _, word in planted})
    before = _others(life.hashes(), life.worlds.here)

    looked = life.run("scan", *words, "--json")
    assert looked.exit_code == 1
    said = json.loads(looked.stdout)
    traces = {(one["place"], one["marker"]): one["count"] for one in said["traces"]}
    assert {place: traces.get(place) for place in planted} == dict.fromkeys(planted, 1)
    other = [place.partition(" ")[0] for place, _ in traces if (place, _) not in planted]
    assert {kind: other.count(kind) for kind in ("documents", "redis", "files")} == {
        "documents": 1,
        "redis": keys,
        "files": 1,
    }
    assert ("table pg_catalog.pg_statistic", words[0]) in traces
    assert said["found"] == sum(traces.values())

    done = life.done("remove", HERE, "--no-export", *BY, typed=HERE)
    assert (done["redis_keys"], done["documents"]) == (keys, 2)
    assert done["own_files"] >= 2  # its signing key, and the archive
    after = life.done("scan", *words)
    assert (after["found"], after["traces"]) == (0, [])
    assert after["looked_at"]["tables"] == said["looked_at"]["tables"] > 100
    assert all(after["looked_at"][part] for part in ("documents", "redis_keys", "files"))
    assert _others(life.hashes(), life.worlds.here) == before
    assert files.get(THERE, stays) == b"%PDF stays"
    with redis.Redis.from_url(url) as line:
        assert sorted(line.keys()) == sorted([f"rq:job:{THERE}".encode(), f"rq:job:{HERE}baru".encode()])
    assert HERE not in {one["code"] for one in life.done("list")["offices"]}
    figure(f"columns with a marker {columns}, places found before {said['found']}, after {after['found']}")


def _others(hashes: Hashes, tenant: int) -> Mapping[int, Mapping[str, str]]:
    return {one: tables for one, tables in hashes.items() if one != tenant}


def test_an_id_is_never_used_again_and_everybody_forgets_the_office(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ptsp.infra.tenants.FRESH_S", 0.0)
    settings, here = life.worlds.settings, life.worlds.here
    engine = engine_for(settings, "ptsp_app", pool_size=1)
    book = TenantBook(engine, Vault(settings.secret))
    pack = book.get(HERE).pack
    archive = life.exported()
    done = life.done("remove", HERE, "--export", archive, *BY, typed=HERE)
    assert done["rows"] > 100
    for look in (lambda: book.get(HERE), lambda: book.by_id(here)):
        with pytest.raises(NotFound):
            look()
    engine.dispose()

    new = """INSERT INTO app.tenant (id, code, prefix, region_code) OVERRIDING SYSTEM VALUE
             VALUES (%s, 'baru', 'BRU', '35.15')"""
    with pytest.raises(psycopg.errors.CheckViolation, match=f"the id {here} belonged to an office"):
        life.sql(new, here)
    owner = engine_for(settings, "ptsp_owner", pool_size=1)
    apply_pack(owner, pack, by="test")
    owner.dispose()
    again = next(one for one in life.done("list")["offices"] if one["code"] == HERE)
    assert again["id"] > here
    refused = life.run("restore", HERE, archive, "--yes", *BY)
    assert refused.exit_code == 1
    assert f"the archive is of the office {HERE} ({here}), not of {HERE} ({again['id']})" in refused.output
    (act,) = life.done("list")["acts"]
    assert (act["act"], act["office"], act["code"], act["reason"]) == ("removed", here, HERE, "Uji.")


def test_a_removal_that_broke_off_is_ended(life: Life) -> None:
    assert life.run("remove", HERE, "--no-export", *BY, typed=HERE).exit_code == 0
    life.files.put(HERE, b"%PDF late")
    again = life.run("remove", HERE, "--no-export", *BY)
    assert again.exit_code == 0
    assert f"{HERE}: 1 documents removed" in again.output
    assert "ptsp migrate would open it anew" in again.output
    unknown = life.run("remove", "nirwana", "--no-export", *BY)
    assert unknown.exit_code == 1
    assert "there is no office with the code 'nirwana', and none was removed" in unknown.output


def test_nothing_is_removed_unless_all_is_in_order(life: Life) -> None:
    archive, other = life.exported(), life.exported(THERE)
    inside = life.worlds.settings.home / "archives" / HERE / "own.zip"
    inside.parent.mkdir(parents=True, exist_ok=True)
    inside.write_bytes(archive.read_bytes())
    cut = life.folder / "cut.zip"
    cut.write_bytes(archive.read_bytes()[:-400])
    before = life.hashes()
    refused = {
        ("--export", other): f"the archive is of the office {THERE}",
        ("--export", cut): "is no archive of an office",
        ("--export", inside): "is removed with the office: move it elsewhere first",
        (): "give the archive with --export FILE, or say --no-export",
        ("--export", archive, "--no-export"): "give the archive with --export FILE, or say --no-export",
    }
    for words, why in refused.items():
        result = life.run("remove", HERE, *words, *BY, typed=HERE)
        assert (result.exit_code, why in result.output) == (1, True), (why, result.output, result.exception)
    inside.unlink()
    for typed in ("", THERE):
        assert life.run("remove", HERE, "--no-export", *BY, typed=typed).exit_code == 1
    assert "by: is needed" in life.run("remove", HERE, "--no-export", typed=HERE).output
    away = life.run("remove", HERE, "--no-export", *BY, typed=HERE, PTSP_BROKER_URL="amqp://127.0.0.1:9//")
    assert (away.exit_code, "PTSP_BROKER_URL: the broker cannot be used" in away.output) == (1, True)
    away = life.run("remove", HERE, "--no-export", *BY, typed=HERE, PTSP_REDIS_URL="redis://127.0.0.1:9/0")
    assert (away.exit_code, "PTSP_REDIS_URL: Redis cannot be used" in away.output) == (1, True)
    assert life.hashes() == before


def test_a_scan_that_could_not_find_anything_is_refused(life: Life) -> None:
    for word in ("abc", 'kutip"ganda', "garis\\miring", "café-lama"):
        refused = life.run("scan", word)
        assert (refused.exit_code, "each needs 4 letters or more" in refused.output) == (1, True)
    assert life.run("scan").exit_code == 2
    url = life.worlds.settings.database_url_for("ptsp_owner")
    refused = life.run("scan", "penanda", PTSP_DATABASE_URL=url)
    assert refused.exit_code == 1
    assert "must name a superuser" in refused.output


@pytest.mark.xdist_group("rabbitmq")
def test_messages_of_an_office_are_found_and_taken_out_of_every_queue(
    life: Life, broker_url: str, packs: list[TenantPack]
) -> None:
    """Its own queues go, with their dead letters; in queues of all offices the others' messages stay."""
    owner = engine_for(life.worlds.settings, "ptsp_owner", pool_size=1)
    office = Office(life.worlds.here, HERE, "", "", is_archive=False)
    pack = next(one for one in packs if one.code == HERE)
    agencies = {code: replace(one, connector="queue", options={}) for code, one in pack.agencies.items()}
    apply_pack(owner, replace(pack, agencies=agencies, digest="e" * 64), by="test")
    queues = queues_of(owner, office, ["queue"])
    owner.dispose()
    own, shared = f"{QUESTIONS}.{HERE}.population", f"{QUESTIONS}.shared"
    assert own in queues
    with pytest.raises(NoQueue):
        line_to_found(broker_url, [own])
    assert clear_broker(broker_url, queues, HERE) == 0
    with pytest.raises(NoQueue):  # looking makes no queue
        line_to_found(broker_url, [own])

    line = BrokerLine(broker_url, patience_s=5)
    line.declare([REPLIES, own, shared])
    for queue, code in (
        (REPLIES, HERE),
        (REPLIES, THERE),
        (dead_of(shared), HERE),
        (shared, THERE),
        (own, HERE),
    ):
        message = line.channel.prepare_message(MARKER.encode(), headers={TENANT: code})
        line.channel.basic_publish(message, exchange="", routing_key=queue)
    line.channel.queue_declare(own, passive=True)
    line.drop()
    looked_into = [*queues, shared]
    found = sorted((queue, MARKER.encode() in body) for queue, body in messages(broker_url, looked_into))
    assert found == sorted((one, True) for one in (REPLIES, REPLIES, dead_of(shared), shared, own))

    eventually(lambda: len(messages(broker_url, looked_into)) == 5)
    assert clear_broker(broker_url, looked_into, HERE) == 3
    eventually(lambda: sorted(queue for queue, _ in messages(broker_url, looked_into)) == [shared, REPLIES])
    assert all(THERE in body.decode() for _, body in messages(broker_url, looked_into))
    for queue in (own, dead_of(own)):
        with pytest.raises(NoQueue):
            line_to_found(broker_url, [queue])
    line = BrokerLine(broker_url, patience_s=5)
    for queue in (shared, dead_of(shared)):
        line.channel.queue_delete(queue)
    line.drop()
