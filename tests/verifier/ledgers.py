"""Ledgers with heads of several days, their exports, and a second holder's folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography import x509
from sqlalchemy import text

from ptsp.domain import heads
from ptsp.flows.seal_ledger import Sealed, seal_ledger
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.holders import FolderHolder
from ptsp.infra.ledger import Fact, Head, append, chained
from ptsp.infra.signing import Signer, TimeStamps, ensure_keys, sign_statement
from ptsp.infra.work import Work, begin
from ptsp.jobs.seal_ledger import _hand_over
from ptsp.main.ledger_export import export_ledger
from ptsp.sdk.addresses import read_reach
from tests.flows.acts import SIUP
from tests.offices import Office
from tests.stamping import Authority

BUNDLE = text("SELECT last_event, head FROM app.bundle WHERE id = :id FOR UPDATE")
LATER = timedelta(hours=2)  # longer than an event may take to be written
MOVED = text("UPDATE app.bundle SET last_event = :seq, head = :hash WHERE id = :id")


@dataclass(frozen=True)
class Exported:
    """An export, what a second holder has, whom to trust, and what only the office has: its signer."""

    path: Path
    folder: Path
    trust: tuple[x509.Certificate, ...]
    tenant: str
    days: tuple[str, ...]
    signer: Signer


def lodge_at(office: Office, now: datetime) -> UUID:
    order = office.order(SIUP)
    with begin(office.tools.engine, office.tenant, actor="test", now=now) as work:
        accepted = submit_bundle(work, order)
    (row,) = office.rows("SELECT id FROM app.bundle WHERE reference = :it", it=accepted.reference)
    return UUID(str(row.id))


def grow(office: Office, bundle: UUID, now: datetime, events: int = 1) -> None:
    """More events for a bundle, written as flows write them."""
    with begin(office.tools.engine, office.tenant, actor="test", now=now) as work:
        last, end = work.connection.execute(BUNDLE, {"id": bundle}).one()
        facts = [Fact("test.happened", work.actor, {"n": n}) for n in range(events)]
        rows, head = chained(work.tenant.id, bundle, Head(last, bytes(end)), work.now, facts)
        append(work.connection, work.tenant.id, rows)
        work.connection.execute(MOVED, {"id": bundle, "seq": head.seq, "hash": head.hash})


def signer_of(office: Office, now: datetime) -> Signer:
    pack = office.tenant.pack
    return ensure_keys(office.tools.keys_folder, pack.code, pack.name["id"], now)


def seal_at(office: Office, now: datetime) -> Sealed | None:
    with begin(office.tools.engine, office.tenant, actor="test", now=now) as work:
        return seal_ledger(work, lambda statement: sign_statement(statement, signer_of(office, now)))


def stamps_of(authority: Authority, rest_s: float = 0.0) -> TimeStamps:
    reach = read_reach("").with_services([authority.url])
    return TimeStamps(authority.url, reach=reach, rest_s=rest_s)


def stamp_at(office: Office, authority: Authority, now: datetime) -> None:
    authority.at = now
    with office.work() as work:
        (head,) = heads.unstamped(work.connection, office.tenant.id, limit=10)
        stamp = stamps_of(authority).stamp(head.signature)
        heads.add_stamp(work.connection, office.tenant.id, head.day, stamp.token, stamp.at)


def live(office: Office, authority: Authority, days: int = 4) -> list[UUID]:
    """Some days of an office: each has new bundles and new events of older ones, and a stamped head in its end."""
    now = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0)
    bundles: list[UUID] = []
    for day in range(days, 0, -1):
        at = now - timedelta(days=day)
        for bundle in bundles[:2]:
            grow(office, bundle, at)
        bundles += [lodge_at(office, at) for _ in range(2)]
        assert seal_at(office, at + LATER) is not None
        stamp_at(office, authority, at + LATER + timedelta(minutes=1))
    grow(office, bundles[0], now - timedelta(hours=5), 2)
    bundles.append(lodge_at(office, now - timedelta(hours=4)))
    return bundles


def hand_over(office: Office, folder: Path) -> int:
    folder.mkdir(exist_ok=True)
    return _hand_over(office.tools, FolderHolder(folder), office.tenant)


def export(office: Office, path: Path) -> Path:
    export_ledger(office.tools.engine, office.tenant, path)
    return path


def office_root(office: Office) -> x509.Certificate:
    signer = signer_of(office, datetime.now(UTC))
    return x509.load_der_x509_certificate(signer.authority.dump())


def days_of(work: Work) -> Sequence[str]:
    return [head.day.isoformat() for head in heads.all_heads(work.connection)]
