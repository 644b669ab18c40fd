"""An archive of an office: whole, it is believed; damaged, forged or of another place it is refused by name."""

import hashlib
import json
from pathlib import Path

import pytest

from ptsp.infra.tenant_life.opened import SEALED
from ptsp.main.prove.isolation.worlds import Worlds
from tests.isolation.lives import (
    BY,
    MANIFEST,
    SIGNATURE,
    Edit,
    Life,
    Rows,
    forged,
    member,
    names,
    rewritten,
    rows_of,
)
from tests.isolation.worlds import HERE, THERE

pytestmark = pytest.mark.xdist_group("tenant_life")

# Sealed, and never opened by an export: what partners gave out opens their systems, and is theirs to give out again.
SHUT = {("agency_secret", "sealed"), ("person", "totp")}
# Bytes that are no secrets: hashes, signatures, statements as they were signed.
PLAIN = {
    ("bundle", "nik_index"),
    ("bundle", "fingerprint"),
    ("bundle", "head"),
    ("application", "fingerprint"),
    ("event", "hash"),
    ("inbox", "fingerprint"),
    ("credential", "token_hash"),
    ("person", "nik_index"),
    ("session", "token_hash"),
    ("recovery_code", "hash"),
    ("past_case", "digest"),
    ("kept_verdict", "key"),
    ("central_filing", "fingerprint"),
    ("balance_statement", "body"),
    ("balance_statement", "signature"),
    ("ledger_head", "statement"),
    ("ledger_head", "signature"),
    ("ledger_leaf", "hash"),
    ("ledger_stamp", "token"),
}
# These come only with the row of a bundle or of a head, which hang on the office.
HANG_ON_NOTHING = {"event", "ledger_leaf"}
HANGING = """
    WITH RECURSIVE hanging AS (
      SELECT CAST('app.tenant' AS regclass) AS one
      UNION
      SELECT CAST(f.conrelid AS regclass) FROM pg_constraint f JOIN hanging h ON f.confrelid = h.one
       WHERE f.contype = 'f')
    SELECT CAST(c.oid AS regclass)::text FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relkind = 'r' AND c.relnamespace = CAST('app' AS regnamespace)
       AND c.oid NOT IN (SELECT one FROM hanging)"""
BYTES = """
    SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id'
     WHERE c.relnamespace = CAST('app' AS regnamespace) AND c.relkind = 'r' AND a.atttypid = CAST('bytea' AS regtype)"""


def each(**values: object) -> Edit:
    """The first row says something else."""
    return lambda rows: [rows[0] | values, *rows[1:]]


def one_less(rows: Rows) -> Rows:
    return rows[1:]


def turned(archive: Path, name: str, old: bytes, new: bytes) -> Path:
    def change(members: dict[str, bytes]) -> None:
        assert old in members[name]
        members[name] = members[name].replace(old, new, 1)

    return rewritten(archive, change)


def with_its_mark(members: dict[str, bytes]) -> None:
    """A line that is changed together with its mark."""
    first, rest = members["tables/event.jsonl"].split(b"\n", 1)
    line = first[:-1] + b" }"
    members["tables/event.jsonl"] = line + b"\n" + rest
    marks = members["lines/event.txt"].split(b"\n", 1)[1]
    members["lines/event.txt"] = hashlib.sha256(line).hexdigest()[:16].encode() + b"\n" + marks


def shorter(members: dict[str, bytes]) -> None:
    """Without a line and its mark."""
    for name in ("tables/event.jsonl", "lines/event.txt"):
        members[name] = members[name].split(b"\n", 1)[1]


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def damaged(life: Life, archive: Path) -> dict[Path, str]:
    """Archives that are not as they were written, and what has to be said of each."""
    data, folder, sha = archive.read_bytes(), life.folder, life.paper()
    paper, table, nothing = f"documents/{sha}", "tables/bundle.jsonl", "is no archive of an office"
    other = "has another content than it was written with"
    return {
        written(folder / "cut.zip", data[:-400]): nothing,
        written(folder / "noise.zip", b"PK" + bytes(2000)): nothing,
        folder / "none.zip": nothing,
        turned(archive, table, b'"reference":"', b'"reference":"X'): f"{table} line 1: was changed",
        turned(archive, "lines/task.txt", b"\n", b""): "tables/task.jsonl line 1: was changed",
        rewritten(archive, with_its_mark): f"tables/event.jsonl: {other}",
        rewritten(archive, shorter): "rows, and was written with",
        turned(archive, paper, b"surat", b"surut"): f"{paper}: has another content than its name says",
        turned(archive, "documents.txt", sha.encode(), b"0" * 64): f"documents.txt: {other}",
        turned(archive, "pack.json", b"{", b"{ "): f"pack.json: {other}",
        turned(archive, MANIFEST, b'"rows": ', b'"rows": 1'): "manifest.p7s: does not hold",
        turned(archive, SIGNATURE, b"ptsp:", b"ptsq:"): "manifest.p7s: does not hold",
        turned(archive, MANIFEST, b"ptsp-tenant", b"x"): "manifest.json: is no manifest of this version",
        rewritten(archive, lambda all_: all_.pop("tables/refund.jsonl")): "tables/refund.jsonl: is missing",
        rewritten(archive, lambda all_: all_.update(more=b"")): "more: is not in the manifest",
        forged(life, archive, signer=THERE): f"manifest.p7s: is that of {THERE}",
    }


def must_be_refused(life: Life, refused: dict[Path, str]) -> None:
    before = life.hashes()
    for path, why in refused.items():
        result = life.run("restore", HERE, path, "--yes", *BY)
        assert (result.exit_code, why in result.output) == (1, True), (why, result.output, result.exception)
    assert life.hashes() == before


def test_what_is_not_as_the_office_wrote_it_is_refused(life: Life) -> None:
    archive = life.exported()
    must_be_refused(life, damaged(life, archive))
    checked = life.run("check", forged(life, archive, signer=THERE), "--json")
    assert checked.exit_code == 1
    faults = json.loads(checked.stdout)["faults"]
    assert faults == [{"field": "manifest.p7s", "reason": f"is that of {THERE}"}]


def test_what_does_not_belong_here_is_refused(life: Life) -> None:
    archive, other = life.exported(), life.exported(THERE)
    here, there = life.worlds.here, life.worlds.there
    told = json.loads(member(archive, MANIFEST))
    office = told["office"]
    left = [one for one in told["tables"] if one["name"] != "alert"]
    without_alerts = rewritten(
        forged(life, archive, tables=left),
        lambda members: [members.pop(one) for one in ("tables/alert.jsonl", "lines/alert.txt")],
    )
    refused = {
        other: f"the archive is of the office {THERE} ({there}), not of {HERE} ({here})",
        forged(life, archive, office=office | {"id": there}): f"({there}), not of {HERE} ({here})",
        forged(life, archive, schema="0020"): "the archive has the schema 0020, this database has 00",
        forged(life, archive, schema="9999"): "the archive has the schema 9999, this database has 00",
        forged(life, archive, check="0" * 64): "the archive was written under another secret",
        forged(
            life, archive, {"kept_verdict": each(tenant_id=there)}
        ): "tables/kept_verdict.jsonl: holds what",
        forged(
            life, archive, {"task": each(id="no uuid")}
        ): "tables/task.jsonl: holds what the database does not",
        forged(life, archive, {"bundle": one_less}): "the rows would not keep",
        without_alerts: "manifest.json: names no table alert",
    }
    must_be_refused(life, refused)


def test_money_that_does_not_add_up_is_not_brought_back(life: Life) -> None:
    archive = life.exported()
    before = life.hashes()
    rows = {name: rows_of(archive, name) for name in ("allocation", "reversal")}
    counting = {one["notice_id"] for one in rows["allocation"]} - {
        one["notice_id"] for one in rows["reversal"]
    }
    used = next(one["payment_id"] for one in rows["allocation"] if one["notice_id"] in counting)

    def with_less(rows: Rows) -> Rows:
        assert any(one["id"] == used for one in rows)
        return [one | {"amount": one["amount"] - 1} if one["id"] == used else one for one in rows]

    def free(rows: Rows) -> Rows:
        return [one for one in rows if one["notice_id"] not in counting]

    refused: dict[str, dict[str, Edit]] = {
        "no_rupiah_twice": {"payment": with_less},
        "settled_to_the_rupiah": {"allocation": one_less},
        "no_permit_without_payment": {"settlement": free, "allocation": free},
    }
    for why, edits in refused.items():
        result = life.run("restore", HERE, forged(life, archive, edits), "--yes", *BY)
        assert (result.exit_code, why in result.output) == (1, True), (why, result.output, result.exception)
    assert life.hashes() == before
    life.done(
        "restore", HERE, forged(life, archive), "--yes", *BY
    )  # the forger's own hand is not what is refused


def test_the_catalogue_is_as_whole_offices_need_it(worlds: Worlds) -> None:
    with worlds.admin() as connection:
        assert {one for (one,) in connection.execute(HANGING)} == {f"app.{one}" for one in HANG_ON_NOTHING}
        sealed = {(one.table, one.column) for one in SEALED}
        assert set(connection.execute(BYTES)) == sealed | SHUT | PLAIN


def test_sealed_data_are_opened_only_on_purpose(life: Life) -> None:
    plain = life.exported()
    assert "opened/bundle.applicant.jsonl" not in names(plain)
    path = life.folder / "open.zip"
    refused = life.run("export", HERE, "-o", path, "--open")
    assert (refused.exit_code, path.exists()) == (1, False)
    assert "by: is needed" in refused.output
    assert "reason: is needed" in refused.output
    said = life.done("export", HERE, "-o", path, "--open", *BY)
    applicants = [json.loads(line) for line in member(path, "opened/bundle.applicant.jsonl").splitlines()]
    assert {one["value"]["name"] for one in applicants} == {"Pemohon Contoh"}
    assert [(one["act"], one["digest"]) for one in life.done("list")["acts"]] == [("opened", said["digest"])]
    assert life.run("check", path).exit_code == 0
