"""The event ledger: append-only rows, chained by hash per bundle.

`hash = SHA-256(hash of the row before || body)`; the first row follows 32 zero bytes. The body is stored as the
canonical bytes that were hashed (JSON, sorted keys, no spaces) and names tenant, bundle and position itself,
so that a row cannot be changed, taken out, moved or copied unseen. The head is kept in the bundle's row, so
that rows cannot be cut off at the end either.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import Connection, text

from ptsp.infra.rows import as_rows

START = bytes(32)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened; `data` holds no personal data."""

    type: str
    actor: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one bundle's chain."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class EventRow:
    bundle_id: UUID
    seq: int
    at: datetime
    type: str
    body: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What the verifier saw. `broken` names bundle and position of each first fault."""

    bundles: int
    events: int
    broken: tuple[str, ...]


INSERT = text("""
    INSERT INTO app.event (tenant_id, bundle_id, seq, at, type, body, hash)
    SELECT :tenant, e.bundle_id, e.seq, e.at, e.type, e.body, decode(e.hash, 'hex')
      FROM json_to_recordset(CAST(:rows AS json))
        AS e (bundle_id uuid, seq int, at timestamptz, type text, body text, hash text)""")

OF_BUNDLE = text("SELECT seq, at, type, body, hash FROM app.event WHERE bundle_id = :bundle ORDER BY seq")

CHAINS = text("""
    SELECT COALESCE(b.id, e.bundle_id), COALESCE(b.last_event, 0), COALESCE(b.head, ''), e.seq, e.at, e.type, e.body,
           e.hash
      FROM app.bundle b FULL JOIN app.event e ON e.tenant_id = b.tenant_id AND e.bundle_id = b.id
     ORDER BY 1, e.seq""")


def chained(
    tenant_id: int, bundle_id: UUID, head: Head, at: datetime, facts: Iterable[Fact]
) -> tuple[list[EventRow], Head]:
    """Rows that continue the chain, and its new head."""
    rows: list[EventRow] = []
    end, same = head.hash, {"tenant": tenant_id, "bundle": str(bundle_id), "at": at.isoformat()}
    for seq, fact in enumerate(facts, head.seq + 1):
        body = _canonical({**same, "seq": seq, "type": fact.type, "actor": fact.actor, "data": fact.data})
        end = hashlib.sha256(end + body).digest()
        rows.append(EventRow(bundle_id, seq, at, fact.type, body.decode(), end))
    return rows, Head(head.seq + len(rows), end)


def append(connection: Connection, tenant_id: int, rows: Sequence[EventRow]) -> None:
    """Write rows of any number of bundles with one statement."""
    if not rows:
        return
    connection.execute(INSERT, {"tenant": tenant_id, "rows": as_rows(rows)})


def canonical(value: object) -> str:
    """One text for one value: sorted keys, no spaces."""
    return _canonical(value).decode()


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def check_chains(connection: Connection, tenant_id: int) -> ChainReport:
    """Fold every chain of the bound tenant again from the stored bodies alone."""
    heads: dict[UUID, tuple[Head, bool]] = {}
    broken: list[str] = []
    ends: dict[UUID, Head] = {}
    events = 0
    for row in connection.execution_options(stream_results=True).execute(CHAINS):
        bundle_id, last, end, seq, at, kind, body, stored = row
        ends[bundle_id] = Head(last, bytes(end))
        head, is_whole = heads.get(bundle_id, (Head(0, START), True))
        if seq is None:
            heads[bundle_id] = (head, is_whole)
            continue
        events += 1
        computed = hashlib.sha256(head.hash + body.encode()).digest()
        fits = (
            computed == bytes(stored)
            and seq == head.seq + 1
            and _says(tenant_id, EventRow(bundle_id, seq, at, kind, body, stored))
        )
        if is_whole and not fits:
            broken.append(f"bundle {bundle_id} event {seq}")
        heads[bundle_id] = (Head(seq, bytes(stored)), is_whole and fits)
    broken += [
        f"bundle {bundle_id} ends at {head.seq}, not {ends[bundle_id].seq}"
        for bundle_id, (head, is_whole) in heads.items()
        if is_whole and head != ends[bundle_id]
    ]
    return ChainReport(len(heads), events, tuple(broken))


def _says(tenant_id: int, row: EventRow) -> bool:
    """Whether the columns beside the body repeat what the body says."""
    try:
        said = json.loads(row.body)
        told = (said["tenant"], said["bundle"], said["seq"], datetime.fromisoformat(said["at"]), said["type"])
    except (ValueError, KeyError, TypeError):
        return False  # nothing that we wrote
    return told == (tenant_id, str(row.bundle_id), row.seq, row.at, row.type)


def events(connection: Connection, bundle_id: UUID) -> list[EventRow]:
    """The ledger of one bundle, from the beginning."""
    rows = connection.execute(OF_BUNDLE, {"bundle": bundle_id})
    return [EventRow(bundle_id, row.seq, row.at, row.type, row.body, bytes(row.hash)) for row in rows]
