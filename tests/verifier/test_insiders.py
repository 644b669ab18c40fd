"""What somebody finds against whom nothing in the house helps: whoever has the database, and even the office's key."""

import base64
import json
from datetime import UTC, datetime, timedelta
from itertools import groupby
from uuid import UUID

import pytest

from ptsp.domain import heads
from ptsp.infra.signing import ensure_keys, sign_statement
from ptsp.verifier.main import verify
from tests.stamping import new_authority
from tests.verifier.ledgers import Exported, stamps_of
from tests.verifier.mutants import Ledger, one


def codes(findings):
    return {one.code for one in findings}


def rebuilt(exported: Exported, *, with_leaves: bool = True, with_roots: bool = True) -> Ledger:
    """One event of long ago is another now, and all that hangs on it in the database fits again."""
    ledger = Ledger.read(exported.path)
    bundle = ledger.rows["leaves"][0]["bundle"]
    row = ledger.of(bundle)[0]
    row["body"] = row["body"].replace('"actor":"', '"actor":"x')
    ledger.rehash(bundle)
    hashes = {row["seq"]: row["hash"] for row in ledger.of(bundle)}
    for leaf in ledger.of(bundle, "leaves") if with_leaves else ():
        leaf["hash"] = hashes[leaf["seq"]]
    if with_roots:
        refit(ledger)
    return ledger


def refit(ledger: Ledger) -> None:
    """Statements that fit the leaves."""
    newest: dict[str, heads.Grown] = {}
    previous = ""
    days = {day: list(rows) for day, rows in groupby(ledger.rows["leaves"], key=lambda row: row["day"])}
    for number, head in enumerate(ledger.rows["heads"]):
        newest = {
            bundle: heads.Grown(leaf.bundle_id, leaf.seq, leaf.hash, is_new=False)
            for bundle, leaf in newest.items()
        }
        for row in days.get(head["day"], ()):
            leaf = heads.Grown(UUID(row["bundle"]), row["seq"], bytes.fromhex(row["hash"]), is_new=True)
            newest[row["bundle"]] = leaf
        root = heads.root_of(newest[bundle] for bundle in sorted(newest))
        ledger.statement(number, root=root.hash, grown_hash=root.grown_hash, previous=previous)
        previous = heads.hash_of(head["statement"].encode())


def signed(ledger: Ledger, signer) -> Ledger:
    """All heads signed anew; their time-stamps are gone, since nobody stamps the past."""
    for head in ledger.rows["heads"]:
        head["signature"] = base64.b64encode(sign_statement(head["statement"].encode(), signer)).decode()
        head["stamp"] = None
    return ledger


@pytest.mark.parametrize(
    ("ledger", "code"),
    [
        ({"with_leaves": False, "with_roots": False}, "chain_remade"),
        ({"with_roots": False}, "head_root"),
        ({}, "signature"),
    ],
    ids=["chain and its end", "what heads saw of it, too", "the statements, too"],
)
def test_whoever_has_the_database_is_found_by_the_export_alone(exported, tmp_path, ledger, code) -> None:
    path = rebuilt(exported, **ledger).write(tmp_path / "ledger.zip")
    assert code in codes(verify(path, None, exported.trust).faults)


def test_whoever_has_the_key_too_is_found_by_the_second_holder(exported, tmp_path, tell) -> None:
    path = signed(rebuilt(exported), exported.signer).write(tmp_path / "ledger.zip")
    alone = verify(path, None, exported.trust)
    assert alone.faults == []  # and so it says that it lacks a stamp, and a second holder's copy
    assert codes(alone.not_checked) == {"no_stamp", "no_holder"}
    assert alone.window.since_stamp_s is None
    held = verify(path, exported.folder, exported.trust)
    assert [(one.code, one.place[:10]) for one in held.faults] == [
        ("held_differs", day) for day in exported.days
    ]
    tell("a superuser with the office's key who rebuilds everything: found by the second holder's copy")


def test_who_stamps_the_past_today_is_seen_to_be_late(exported, tmp_path) -> None:
    ledger = signed(rebuilt(exported), exported.signer)
    now = datetime.now(UTC)
    with new_authority("Stempel Lain").open() as other:
        for head in ledger.rows["heads"]:
            token = stamps_of(other).stamp(base64.b64decode(head["signature"])).token
            head["stamp"] = base64.b64encode(token).decode()
    path = ledger.write(tmp_path / "ledger.zip")
    report = verify(path, None, exported.trust)
    assert codes(report.not_checked) == {"no_stamp_trust", "no_holder"}
    report = verify(path, None, [*exported.trust, other.root])
    assert codes(report.not_checked) == {"stamp_late", "no_holder"}
    (late,) = (one.place for one in report.not_checked if one.code == "stamp_late")
    assert exported.days[0] in late
    assert now.date().isoformat() in late


def test_heads_of_another_office_or_authority_are_no_heads(exported, tmp_path) -> None:
    now = datetime.now(UTC) - timedelta(days=9)
    beside = ensure_keys(tmp_path / "keys", "sidoarjo", "Kantor", now)
    path = signed(Ledger.read(exported.path), beside).write(tmp_path / "ledger.zip")
    assert codes(verify(path, None, exported.trust).faults) == {"certificates", "signature_untrusted"}
    ledger = Ledger.read(exported.path)
    said = json.loads(ledger.rows["heads"][-1]["statement"])
    ledger.rows["heads"][-1]["statement"] = one({**said, "tenant": "bontang"})
    path = ledger.write(tmp_path / "other.zip")
    assert "head_other" in codes(verify(path, None, exported.trust).faults)
