"""Write and read fee notices of the bound tenant. Never commits."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, Row, text

from ptsp.domain.fees.notices import NewNotice, Notice, NoticeKind
from ptsp.infra.rows import as_rows

ADD = text("""
    INSERT INTO app.fee_notice (tenant_id, id, bundle_id, application_id, number, bill, kind, lines, total, standard_id,
                                inputs, signer, code, issued_on, due_on, about, reason, state, collect_on)
    SELECT :tenant, n.id, n.bundle_id, n.application_id, n.number, n.bill, n.kind, n.lines, n.total, n.standard_id,
           n.inputs, n.signer, n.code, n.issued_on, n.due_on, n.about, n.reason, 'valid', n.due_on + 1
      FROM json_to_recordset(CAST(:rows AS json))
        AS n (id uuid, bundle_id uuid, application_id uuid, number text, bill text, kind text, lines text, total bigint,
              standard_id uuid, inputs text, signer text, code text, issued_on date, due_on date, about uuid,
              reason text)""")

# A notice is settled while a settlement of it counts; one that was taken back leaves it open again.
NOTICES = """
    SELECT n.id, n.bundle_id, n.application_id, n.number, n.bill, b.customer_no, n.kind, n.lines, n.total,
           n.standard_id, n.inputs, n.signer, n.code, n.issued_on, n.due_on, n.about, n.reason,
           CASE WHEN n.state <> 'valid' THEN n.state WHEN s.notice_id IS NULL THEN 'open' ELSE 'settled' END AS state,
           s.settled_at, n.closed_on, n.closed_for
      FROM app.fee_notice n
      JOIN app.bill b ON b.tenant_id = n.tenant_id AND b.number = n.bill
      LEFT JOIN app.settlement s ON s.tenant_id = n.tenant_id AND s.notice_id = n.id
       AND NOT EXISTS (SELECT FROM app.reversal r WHERE r.tenant_id = s.tenant_id AND r.notice_id = s.notice_id)"""
OF_BUNDLES = text(
    f"{NOTICES} WHERE n.tenant_id = :tenant AND n.bundle_id = ANY(:ids) ORDER BY n.issued_on, n.number"
)
OF_BILL = text(f"{NOTICES} WHERE n.tenant_id = :tenant AND n.bill = :bill ORDER BY n.issued_on, n.number")
BY_NUMBER = text(f"{NOTICES} WHERE n.tenant_id = :tenant AND n.number = :number")
BY_CODE = text(f"{NOTICES} WHERE n.tenant_id = :tenant AND n.code = :code")
BY_IDS = text(f"{NOTICES} WHERE n.tenant_id = :tenant AND n.id = ANY(:ids) ORDER BY n.issued_on, n.number")
AFTER = text(f"""
    {NOTICES} WHERE n.tenant_id = :tenant AND (n.issued_on, n.id) > (:issued_on, :id)
     ORDER BY n.issued_on, n.id LIMIT :most""")

# Once nobody has to look at a notice any more it leaves this index.
TO_COLLECT = text("""
    SELECT n.id, n.bundle_id FROM app.fee_notice n
     WHERE n.tenant_id = :tenant AND n.collect_on <= :today ORDER BY n.collect_on, n.id LIMIT :most""")
LOOK_ON = text("""
    UPDATE app.fee_notice n SET collect_on = d.look_on
      FROM json_to_recordset(CAST(:rows AS json)) AS d (notice_id uuid, look_on date)
     WHERE n.tenant_id = :tenant AND n.id = d.notice_id""")
OVERDUE = text(f"""
    {NOTICES} WHERE n.tenant_id = :tenant AND n.state = 'valid' AND n.collect_on IS NOT NULL AND s.notice_id IS NULL
       AND n.due_on < :today AND (n.due_on, n.id) > (:due_on, :id)
     ORDER BY n.due_on, n.id LIMIT :most""")

CLOSE = text("""
    UPDATE app.fee_notice SET state = :state, closed_on = :on, closed_for = :reason
     WHERE tenant_id = :tenant AND id = ANY(:ids) AND state = 'valid'
    RETURNING number""")


def add_notices(connection: Connection, tenant_id: int, notices: Sequence[NewNotice]) -> None:
    if notices:
        connection.execute(ADD, {"tenant": tenant_id, "rows": as_rows(notices)})


def notices(connection: Connection, tenant_id: int, bundle_ids: Sequence[UUID]) -> list[Notice]:
    """The notices of bundles, the oldest first."""
    return _read(connection.execute(OF_BUNDLES, {"tenant": tenant_id, "ids": list(bundle_ids)}).all())


def notices_of_bill(connection: Connection, tenant_id: int, bill: str) -> list[Notice]:
    """Everything that is or was to be paid under a bill, the oldest first."""
    return _read(connection.execute(OF_BILL, {"tenant": tenant_id, "bill": bill}).all())


def notices_by_id(connection: Connection, tenant_id: int, ids: Sequence[UUID]) -> list[Notice]:
    return _read(connection.execute(BY_IDS, {"tenant": tenant_id, "ids": list(ids)}).all())


def notice(connection: Connection, tenant_id: int, number: str) -> Notice | None:
    found = _read(connection.execute(BY_NUMBER, {"tenant": tenant_id, "number": number}).all())
    return found[0] if found else None


def notice_by_code(connection: Connection, tenant_id: int, code: str) -> Notice | None:
    found = _read(connection.execute(BY_CODE, {"tenant": tenant_id, "code": code}).all())
    return found[0] if found else None


def notices_after(connection: Connection, tenant_id: int, last: tuple[date, UUID], most: int) -> list[Notice]:
    """All notices a page at a time, by day and id; begin with `(date.min, UUID(int=0))`."""
    values = {"tenant": tenant_id, "issued_on": last[0], "id": last[1], "most": most}
    return _read(connection.execute(AFTER, values).all())


def to_collect(connection: Connection, tenant_id: int, today: date, *, most: int) -> dict[UUID, UUID]:
    """Notices that somebody has to look at by today, because they may not be paid in time: their bundles, by id."""
    values = {"tenant": tenant_id, "today": today, "most": most}
    return {row.id: row.bundle_id for row in connection.execute(TO_COLLECT, values)}


def look_on(connection: Connection, tenant_id: int, days: Mapping[UUID, date | None]) -> None:
    """When each of these notices is looked at next; None: never again."""
    rows = [{"notice_id": ident, "look_on": day} for ident, day in days.items()]
    connection.execute(LOOK_ON, {"tenant": tenant_id, "rows": as_rows(rows)})


def overdue(
    connection: Connection, tenant_id: int, today: date, last: tuple[date, UUID], most: int
) -> list[Notice]:
    """Open notices that should have been paid by now, a page at a time by due date and id."""
    values = {"tenant": tenant_id, "today": today, "due_on": last[0], "id": last[1], "most": most}
    return _read(connection.execute(OVERDUE, values).all())


def close(
    connection: Connection, tenant_id: int, ids: Sequence[UUID], *, state: str, on: date, reason: str
) -> list[str]:
    """Unpaid claims stand no more: `state` is cancelled or lapsed. Returns the notices' numbers."""
    values = {"tenant": tenant_id, "ids": list(ids), "state": state, "on": on, "reason": reason}
    return sorted(connection.execute(CLOSE, values).scalars())


def _read(rows: Sequence[Row[tuple[object, ...]]]) -> list[Notice]:
    return [Notice(**{**row._mapping, "kind": NoticeKind(row.kind)}) for row in rows]
