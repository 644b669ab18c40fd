"""Write an office's whole ledger to a file that `ptsp-verify` reads; its format is told in `ptsp.verifier`."""

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import cms, pem
from sqlalchemy import Connection, Engine, text

from ptsp.domain import heads
from ptsp.infra.database import tenant_transaction
from ptsp.infra.tenants import Tenant

FORMAT, VERSION = "ptsp-ledger-export", 1
BUNDLES = text("SELECT id, last_event, head FROM app.bundle ORDER BY id")
EVENTS = text("SELECT bundle_id, seq, at, type, body, hash FROM app.event ORDER BY bundle_id, seq")
STREAMED = {"stream_results": True}

Line = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Exported:
    """How many lines an export has."""

    bundles: int
    events: int
    leaves: int
    heads: int


def export_ledger(engine: Engine, tenant: Tenant, path: Path) -> Exported:
    """Write it as it stands at one moment; nothing may be at `path` yet (FileExistsError)."""
    at_once = engine.execution_options(isolation_level="REPEATABLE READ")
    with (
        path.open("xb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        tenant_transaction(at_once, tenant.id) as connection,
    ):
        made = heads.all_heads(connection)
        parts: dict[str, Iterable[Line]] = {
            "bundles": _bundles(connection),
            "events": _events(connection),
            "leaves": _leaves(connection),
            "heads": map(_head, made),
        }
        counts = {name: _write(archive, f"{name}.jsonl", lines) for name, lines in parts.items()}
        archive.writestr("certificates.pem", _certificates(made))
        about = {
            "format": FORMAT,
            "version": VERSION,
            "tenant": tenant.code,
            "tenant_id": tenant.id,
            "exported_at": _moment(connection.info["now"]),
            **counts,
        }
        archive.writestr("export.json", heads.canonical(about))
    return Exported(**counts)


def _write(archive: zipfile.ZipFile, name: str, lines: Iterable[Line]) -> int:
    count = 0
    with archive.open(name, "w", force_zip64=True) as member:
        for count, line in enumerate(lines, start=1):  # noqa: B007 # the last one is how many there are
            member.write(f"{heads.canonical(line)}\n".encode())
    return count


def _bundles(connection: Connection) -> Iterator[Line]:
    for bundle, last, head in connection.execute(BUNDLES, execution_options=STREAMED):
        yield {"bundle": str(bundle), "last_event": last, "head": bytes(head).hex()}


def _events(connection: Connection) -> Iterator[Line]:
    rows = connection.execute(EVENTS, execution_options=STREAMED)
    for bundle, seq, at, kind, body, hash_ in rows:
        yield {
            "bundle": str(bundle),
            "seq": seq,
            "at": _moment(at),
            "type": kind,
            "body": body,
            "hash": bytes(hash_).hex(),
        }


def _leaves(connection: Connection) -> Iterator[Line]:
    for day, leaf in heads.all_leaves(connection):
        yield heads.leaf_fields(leaf, day.isoformat())


def _head(head: heads.HeadRow) -> Line:
    return {
        "day": head.day.isoformat(),
        "statement": head.statement.decode(),
        "signature": base64.b64encode(head.signature).decode(),
        "stamp": None if head.token is None else base64.b64encode(head.token).decode(),
    }


def _certificates(made: Iterable[heads.HeadRow]) -> bytes:
    """Those in the signatures, each once."""
    found = {
        one.chosen.dump()
        for head in made
        for one in cms.ContentInfo.load(head.signature)["content"]["certificates"]
    }
    return b"".join(
        pem.armor("CERTIFICATE", der) for der in sorted(found, key=lambda one: hashlib.sha256(one).digest())
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
