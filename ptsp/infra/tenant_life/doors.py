"""What a restore must not open again: accounts that were shut, and passwords that were changed, since the archive."""

from typing import Final

from sqlalchemy import Connection, text

NOW: Final = {
    "person": text("SELECT coalesce(json_agg(p), '[]')::text FROM app.person p WHERE tenant_id = :tenant"),
    "holding": text("SELECT coalesce(json_agg(h), '[]')::text FROM app.holding h WHERE tenant_id = :tenant"),
    "recovery_code": text(
        "SELECT coalesce(json_agg(r), '[]')::text FROM app.recovery_code r WHERE tenant_id = :tenant"
    ),
}
KEEP: Final = {
    "person": text("""
        UPDATE app.person p
           SET password = x.password, start_until = x.start_until, totp = x.totp, totp_since = x.totp_since,
               totp_step = greatest(p.totp_step, x.totp_step), left_at = coalesce(x.left_at, p.left_at)
          FROM json_populate_recordset(NULL::app.person, CAST(:rows AS json)) x
         WHERE p.tenant_id = :tenant AND p.id = x.id"""),
    "holding": text("""
        UPDATE app.holding h SET revoked_at = x.revoked_at, revoked_by = x.revoked_by
          FROM json_populate_recordset(NULL::app.holding, CAST(:rows AS json)) x
         WHERE h.tenant_id = :tenant AND h.id = x.id AND h.revoked_at IS NULL AND x.revoked_at IS NOT NULL"""),
    "recovery_code": text("""
        UPDATE app.recovery_code r SET used_at = x.used_at
          FROM json_populate_recordset(NULL::app.recovery_code, CAST(:rows AS json)) x
         WHERE r.tenant_id = :tenant AND r.person_id = x.person_id AND r.hash = x.hash
           AND r.used_at IS NULL AND x.used_at IS NOT NULL"""),
}
END_SESSIONS: Final = text("""
    UPDATE app.session SET ended_at = clock_timestamp(), ended_how = 'ended'
     WHERE tenant_id = :tenant AND ended_at IS NULL""")


def doors_now(connection: Connection, tenant_id: int) -> dict[str, str]:
    """Accounts, holdings and recovery codes as they are, before their rows are replaced: table -> JSON."""
    return {
        table: connection.execute(query, {"tenant": tenant_id}).scalar_one() for table, query in NOW.items()
    }


def keep_shut(connection: Connection, tenant_id: int, doors: dict[str, str]) -> None:
    """Whoever left, lost a role, changed a password or used a code stays so; everybody signs in anew."""
    for table, statement in KEEP.items():
        connection.execute(statement, {"tenant": tenant_id, "rows": doors[table]})
    connection.execute(END_SESSIONS, {"tenant": tenant_id})
