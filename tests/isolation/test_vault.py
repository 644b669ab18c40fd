"""Sealed values stay shut anywhere but in their place, and personal data stands nowhere in plain."""

import base64
import hashlib
import logging
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest
import redis
import structlog
from cryptography.exceptions import InvalidTag
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ptsp.infra.database import tenant_transaction
from ptsp.infra.vault import Vault
from ptsp.main.demo.orders import KNOWN_NIK
from ptsp.main.prove.isolation.worlds import Worlds
from ptsp.main.web import create_app
from ptsp.main.wiring import access_of
from tests.isolation.worlds import HERE, ONE_PERMIT, finish
from tests.offices import Office

VAULT = Vault(b"only for tests: a master secret")
PLACE = "bundle.applicant:7b0c"
VALUE = {"nik": KNOWN_NIK, "name": "Pemohon Kenari Uji"}

# Made to be found again: no pack, no text of ours and no other test says these words.
CANARY = {
    "nik": KNOWN_NIK,
    "kk": "3515081203909991",
    "name": "Pemohon Kenari Uji",
    "birth_place": "Kota Kenari Uji",
    "address": "Jl. Kenari Uji Nomor 77",
    "phone": "081299907799",
    "email": "kenari.uji@contoh.example",
}
REST = {"birth_on": "1990-03-12", "gender": "male"}

TABLES = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""


# ------------------------------------------------------------------------------------------- sealing


def test_a_sealed_value_opens_in_its_place() -> None:
    assert VAULT.open(1, PLACE, VAULT.seal(1, PLACE, VALUE)) == VALUE


@pytest.mark.parametrize(
    ("tenant", "place", "vault"),
    [
        (2, PLACE, VAULT),
        (1, "bundle.other:7b0c", VAULT),
        (1, "task.applicant:7b0c", VAULT),
        (1, "bundle.applicant:7b0d", VAULT),
        (1, PLACE, Vault(b"another master secret, as long")),
    ],
    ids=["another tenant", "another column", "another table", "another row", "another master"],
)
def test_a_sealed_value_does_not_open_anywhere_else(tenant: int, place: str, vault: Vault) -> None:
    with pytest.raises(InvalidTag):
        vault.open(tenant, place, VAULT.seal(1, PLACE, VALUE))


def test_not_one_flipped_bit_is_let_pass(figure: Callable[[str], None]) -> None:
    sealed = VAULT.seal(1, PLACE, VALUE)
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises((InvalidTag, ValueError)):
            VAULT.open(1, PLACE, bytes(changed))
    figure(f"bits flipped {len(sealed) * 8}, opened 0")


@given(st.integers(0, 200))
def test_nothing_opens_that_was_cut_short(length: int) -> None:
    sealed = VAULT.seal(1, PLACE, VALUE)
    with pytest.raises((InvalidTag, ValueError)):
        VAULT.open(1, PLACE, sealed[: min(length, len(sealed) - 1)])


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.text(max_size=20))
def test_two_tenants_never_share_a_place(one: int, other: int, place: str) -> None:
    sealed = VAULT.seal(one, place, {"nik": "x"})
    if one == other:
        assert VAULT.open(other, place, sealed) == {"nik": "x"}
        return
    with pytest.raises(InvalidTag):
        VAULT.open(other, place, sealed)


def test_equal_values_look_different_every_time() -> None:
    assert VAULT.seal(1, PLACE, VALUE) != VAULT.seal(1, PLACE, VALUE)


@given(st.text(min_size=1, max_size=40))
def test_an_index_matches_within_one_tenant_and_column_only(value: str) -> None:
    mine = VAULT.index(1, "bundle.nik", value)
    assert mine == VAULT.index(1, "bundle.nik", value)
    others = {VAULT.index(2, "bundle.nik", value), VAULT.index(1, "bundle.name", value)}
    others |= {Vault(b"another master secret").index(1, "bundle.nik", value), VAULT.token_hash(1, value)}
    assert mine not in others
    assert VAULT.tracking_key(1, value) != VAULT.tracking_key(2, value)


def test_the_stored_row_of_one_office_does_not_open_as_the_others(worlds: Worlds) -> None:
    vault = Vault(worlds.settings.secret)
    with worlds.admin() as connection:
        rows = connection.execute("SELECT tenant_id, id, applicant, nik_index FROM app.bundle").fetchall()
    indexes = {tenant: index for tenant, _, _, index in rows}
    assert indexes[worlds.here] != indexes[worlds.there], "the same NIK applied at both offices"
    for tenant, bundle, applicant, _ in rows:
        place = f"bundle.applicant:{bundle}"
        assert vault.open(tenant, place, applicant)["nik"] == KNOWN_NIK
        with pytest.raises(InvalidTag):
            vault.open(worlds.here + worlds.there - tenant, place, applicant)


# --------------------------------------------------------------------------------- nothing in plain


def forms(value: str) -> dict[str, str]:
    """How a value could stand somewhere: plain, in hex or base64, or under a hash without a key."""
    raw = value.encode()
    hashes = {name: hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha256")}
    return {"plain": value, "hex": raw.hex(), "base64": base64.b64encode(raw).decode().rstrip("="), **hashes}


def shown(words: Iterable[str], canary: Mapping[str, str] = CANARY) -> list[str]:
    """Which personal data stands in the words, and how."""
    all_words = "\n".join(words).casefold()
    return [
        f"{name} ({form})"
        for name, value in canary.items()
        for form, seen in forms(value).items()
        if seen.casefold() in all_words
    ]


def in_tables(worlds: Worlds) -> Iterator[str]:
    """Every row of every table as text; bytes come as hex."""
    with worlds.admin() as connection:
        for (table,) in connection.execute(TABLES).fetchall():
            for (row,) in connection.execute(f"SELECT t::text FROM {table} AS t"):
                yield row


def in_redis(url: str) -> Iterator[str]:
    """Every key with what it holds; RQ packs its jobs, so what can be unpacked is."""
    with redis.Redis.from_url(url) as line:
        for key in line.scan_iter():
            yield key.decode(errors="replace")
            kind = line.type(key)
            if kind == b"string":
                yield from unpacked([line.get(key)])
            elif kind == b"hash":
                yield from unpacked([part for pair in line.hgetall(key).items() for part in pair])
            elif kind == b"list":
                yield from unpacked(line.lrange(key, 0, -1))
            elif kind == b"set":
                yield from unpacked(line.smembers(key))
            elif kind == b"zset":
                yield from unpacked(line.zrange(key, 0, -1))
            else:
                pytest.fail(f"a kind of key that is not looked into: {kind!r}")


def unpacked(values: Iterable[bytes | None]) -> Iterator[str]:
    for value in values:
        if value is None:
            continue
        yield value.decode(errors="replace") + value.hex()
        try:
            yield zlib.decompress(value).decode(errors="replace")
        except zlib.error:
            continue


@pytest.fixture
def here(offices: Callable[[str], Office]) -> Office:
    return offices(HERE)


@pytest.fixture
def client(here: Office) -> Iterator[FlaskClient]:
    """The web process as it is, with a doorbell that rings in Redis."""
    access = access_of(here.settings)
    yield create_app(access).test_client()
    access.engine.dispose()


def lodged(client: FlaskClient, here: Office) -> Mapping[str, str]:
    (service, (answers, codes)), *_ = ONE_PERMIT.items()
    documents = {code: str(here.document(code)) for code in codes}
    body = {
        "applicant": {**CANARY, **REST},
        "applications": [{"service": service, "answers": answers, "documents": documents}],
    }
    url = f"/api/v1/offices/{HERE}/bundles"
    wrong = {**body, "applications": [{**body["applications"][0], "service": "none"}]}  # type: ignore[dict-item]
    assert client.post(url, json=wrong, headers={"Idempotency-Key": "1"}).status_code == 422
    answer = client.post(url, json=body, headers={"Idempotency-Key": "2"})
    assert answer.status_code == 201, answer.json
    assert client.post(url, json=wrong, headers={"Idempotency-Key": "2"}).status_code == 422
    seen: Mapping[str, str] = answer.json or {}
    key = {"Authorization": f"Bearer {seen['key']}"}
    assert client.get(f"{url}/{seen['reference']}", headers=key).status_code == 200
    assert client.get(f"/{HERE}/bundles/{seen['reference']}?key={seen['key']}").status_code in (200, 302, 303)
    return seen


def test_an_applicant_stands_in_plain_nowhere(
    client: FlaskClient,
    here: Office,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    figure: Callable[[str], None],
) -> None:
    caplog.set_level(logging.DEBUG)
    lodged(client, here)
    rung = list(in_redis(here.settings.redis_url))
    finish(here)
    structlog.get_logger().info("the_end_of_the_log")
    out, error = capfd.readouterr()
    logs = [out, error, caplog.text]
    assert "the_end_of_the_log" in "".join(logs), "the log was not captured, so nothing would be proved"
    assert rung, "the doorbell did not ring, so nothing would be proved of Redis"
    worlds = Worlds(here.settings, here.tenant.id, 0)
    rows = list(in_tables(worlds))
    places = {"tables": rows, "Redis": [*rung, *in_redis(here.settings.redis_url)], "logs": logs}
    found = {name: shown(words) for name, words in places.items()}
    figure(
        f"{len(CANARY)} values in {len(forms(''))} forms each; rows {len(rows)}, texts in Redis "
        f"{len(places['Redis'])}, letters of log {sum(map(len, logs))}; found {sum(map(len, found.values()))}"
    )
    assert found == {"tables": [], "Redis": [], "logs": []}


@pytest.mark.parametrize("form", forms(""))
def test_a_value_that_stands_in_a_table_or_in_redis_is_found(here: Office, form: str) -> None:
    value = forms(CANARY["name"])[form]
    key = here.tools.book.get(HERE)
    with here.work() as work:
        work.connection.execute(
            text("""INSERT INTO app.inbox (tenant_id, source, message_id, fingerprint, outcome)
                    VALUES (:tenant, 'x', 'x', :bytes, :words)"""),
            {"tenant": key.id, "bytes": CANARY["kk"].encode(), "words": f"…{value}…"},
        )
    worlds = Worlds(here.settings, here.tenant.id, 0)
    assert f"name ({form})" in shown(in_tables(worlds))
    assert "kk (hex)" in shown(in_tables(worlds))
    with redis.Redis.from_url(here.settings.redis_url) as line:
        line.hset("a job", mapping={"data": zlib.compress(value.encode())})
    assert f"name ({form})" in shown(in_redis(here.settings.redis_url))


def test_an_error_of_the_database_names_no_value(here: Office) -> None:
    failing = text("SELECT 1 / 0 FROM app.bundle RIGHT JOIN (SELECT CAST(:nik AS text) AS v) AS v ON true")
    with (
        pytest.raises(DBAPIError) as caught,
        tenant_transaction(here.tools.engine, here.tenant.id) as connection,
    ):
        connection.execute(failing, {"nik": CANARY["nik"]})
    assert shown(["".join(traceback.format_exception(caught.value))]) == []
