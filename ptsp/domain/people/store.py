"""People, holdings, sessions and waits as rows. Never commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from ptsp.domain.people.types import Ending, Holding, Person, Role, Session, Wait

PERSON = "id, login, name, nik_index, password, start_until, totp, totp_since, totp_step, added_at, left_at"
HOLDING = "h.id, h.person_id, h.role, h.agency, h.service, h.since, h.until, h.granted_by"
SESSION = "id, person_id, agency, awaits_code, tries, places, started_at, seen_at, ends_at"

ADD_PERSON = text("""
    INSERT INTO app.person (tenant_id, id, login, name, nik_index, password, start_until, added_at, added_by)
    VALUES (:tenant, :id, :login, :name, :nik_index, :password, :start_until, :added_at, :added_by)
    ON CONFLICT (tenant_id, login) DO NOTHING RETURNING id""")
BY_ID = text(f"SELECT {PERSON} FROM app.person WHERE tenant_id = :tenant AND id = :id")
BY_LOGIN = text(f"SELECT {PERSON} FROM app.person WHERE tenant_id = :tenant AND login = :login")
PEOPLE = text(f"""
    SELECT {PERSON} FROM app.person WHERE tenant_id = :tenant AND login > :after ORDER BY login LIMIT :limit""")
COUNT = text("SELECT count(*) FROM app.person WHERE tenant_id = :tenant AND left_at IS NULL")
# Of two that change a password together the second finds another one than it had checked.
SET_PASSWORD = text("""
    UPDATE app.person SET password = :password, start_until = :start_until
     WHERE tenant_id = :tenant AND id = :id AND password = :was AND left_at IS NULL""")
SET_TOTP = text("""
    UPDATE app.person SET totp = :totp, totp_since = :since WHERE tenant_id = :tenant AND id = :id""")
TAKE_STEP = text("""
    UPDATE app.person SET totp_step = :step WHERE tenant_id = :tenant AND id = :id AND totp_step < :step""")
LEAVE = text("""
    UPDATE app.person SET left_at = :now WHERE tenant_id = :tenant AND id = :id AND left_at IS NULL""")

ADD_CODE = text("""
    INSERT INTO app.recovery_code (tenant_id, person_id, hash) VALUES (:tenant, :person, :hash)""")
USE_CODE = text("""
    UPDATE app.recovery_code SET used_at = :now
     WHERE tenant_id = :tenant AND person_id = :person AND hash = :hash AND used_at IS NULL""")
PUT_OUT = text("""
    UPDATE app.recovery_code SET used_at = :now
     WHERE tenant_id = :tenant AND person_id = :person AND used_at IS NULL""")

ADD_HOLDING = text("""
    INSERT INTO app.holding (tenant_id, id, person_id, role, agency, service, since, until, granted_by)
    VALUES (:tenant, :id, :person_id, :role, :agency, :service, :since, :until, :granted_by)
    ON CONFLICT (tenant_id, person_id, role, agency, service) WHERE revoked_at IS NULL DO NOTHING RETURNING id""")
REVOKE = text("""
    UPDATE app.holding SET revoked_at = :now, revoked_by = :by
     WHERE tenant_id = :tenant AND person_id = :person AND (CAST(:id AS uuid) IS NULL OR id = :id)
       AND revoked_at IS NULL""")
HOLDINGS = text(f"""
    SELECT {HOLDING} FROM app.holding h
     WHERE h.tenant_id = :tenant AND h.person_id = ANY(:people) AND h.revoked_at IS NULL
     ORDER BY h.role, h.agency, h.service, h.id""")
WHO_HOLDS = text(f"""
    SELECT {HOLDING}, p.login FROM app.holding h
      JOIN app.person p ON p.tenant_id = h.tenant_id AND p.id = h.person_id
     WHERE h.tenant_id = :tenant AND h.agency = :agency AND h.revoked_at IS NULL AND p.left_at IS NULL
     ORDER BY p.login LIMIT :limit""")

ADD_SESSION = text("""
    INSERT INTO app.session (tenant_id, id, person_id, token_hash, agency, awaits_code, places, started_at, seen_at,
                             ends_at)
    VALUES (:tenant, :id, :person_id, :token_hash, :agency, :awaits_code, :places, :started_at, :seen_at, :ends_at)""")
BY_TOKEN = text(f"""
    SELECT {SESSION} FROM app.session
     WHERE tenant_id = :tenant AND token_hash = :hash AND ended_at IS NULL""")
SAW = text(
    "UPDATE app.session SET seen_at = :now WHERE tenant_id = :tenant AND id = :id AND ended_at IS NULL"
)
TRY_CODE = text("""
    UPDATE app.session SET tries = tries + 1
     WHERE tenant_id = :tenant AND id = :id AND ended_at IS NULL RETURNING tries""")
END = text("""
    UPDATE app.session SET ended_at = :now, ended_how = :how
     WHERE tenant_id = :tenant AND person_id = :person AND (CAST(:id AS uuid) IS NULL OR id = :id)
       AND id IS DISTINCT FROM CAST(:but AS uuid) AND ended_at IS NULL""")
OPEN = text(f"""
    SELECT {SESSION} FROM app.session
     WHERE tenant_id = :tenant AND person_id = :person AND ended_at IS NULL AND ends_at > :now AND NOT awaits_code
     ORDER BY started_at DESC LIMIT :limit""")
NEWEST_DESK = text("""
    SELECT agency FROM app.session WHERE tenant_id = :tenant AND person_id = :person AND agency IS NOT NULL
     ORDER BY started_at DESC LIMIT 1""")

MAKE_WAIT = text("""
    INSERT INTO app.sign_in_wait (tenant_id, place, failures, last_at, until)
    VALUES (:tenant, :place, 0, 'epoch', 'epoch') ON CONFLICT DO NOTHING""")
LOCK_WAIT = text("""
    SELECT failures, last_at, until FROM app.sign_in_wait WHERE tenant_id = :tenant AND place = :place FOR UPDATE""")
FAILED = text("""
    UPDATE app.sign_in_wait SET failures = :failures, last_at = :last_at, until = :until
     WHERE tenant_id = :tenant AND place = :place""")
TAKE_BACK = text("""
    UPDATE app.sign_in_wait SET failures = CASE WHEN :all THEN 0 ELSE GREATEST(failures - 1, 0) END, until = 'epoch'
     WHERE tenant_id = :tenant AND place = :place""")

MOST_SESSIONS = 50


# ------------------------------------------------------------------------------------------- people


def add_person(connection: Connection, tenant_id: int, person: Person, *, by: str) -> bool:
    """False where the login is taken."""
    values = {name: getattr(person, name) for name in person.__slots__}
    found = connection.execute(ADD_PERSON, {"tenant": tenant_id, **values, "added_by": by})
    return found.scalar() is not None


def person_by_id(connection: Connection, tenant_id: int, ident: UUID) -> Person | None:
    return _person(connection.execute(BY_ID, {"tenant": tenant_id, "id": ident}).one_or_none())


def person_by_login(connection: Connection, tenant_id: int, login: str) -> Person | None:
    return _person(connection.execute(BY_LOGIN, {"tenant": tenant_id, "login": login}).one_or_none())


def people(connection: Connection, tenant_id: int, *, after: str = "", limit: int) -> list[Person]:
    """By login; also those who left."""
    found = connection.execute(PEOPLE, {"tenant": tenant_id, "after": after, "limit": limit})
    return [Person(*row) for row in found]


def count_people(connection: Connection, tenant_id: int) -> int:
    """Those who have not left."""
    return int(connection.execute(COUNT, {"tenant": tenant_id}).scalar_one())


def set_password(
    connection: Connection, tenant_id: int, person: Person, password: str, *, start_until: datetime | None
) -> bool:
    """False where it was changed meanwhile, or the person has left."""
    values = {"id": person.id, "was": person.password, "password": password, "start_until": start_until}
    return connection.execute(SET_PASSWORD, {"tenant": tenant_id, **values}).rowcount == 1


def set_totp(
    connection: Connection, tenant_id: int, person_id: UUID, totp: bytes | None, *, since: datetime | None
) -> None:
    connection.execute(SET_TOTP, {"tenant": tenant_id, "id": person_id, "totp": totp, "since": since})


def take_step(connection: Connection, tenant_id: int, person_id: UUID, step: int) -> bool:
    """False where the code of this step, or of a later one, was taken before: also by somebody else just now."""
    values = {"tenant": tenant_id, "id": person_id, "step": step}
    return connection.execute(TAKE_STEP, values).rowcount == 1


def leave(connection: Connection, tenant_id: int, person_id: UUID, now: datetime) -> bool:
    """False for somebody who has left already."""
    return connection.execute(LEAVE, {"tenant": tenant_id, "id": person_id, "now": now}).rowcount == 1


def add_codes(connection: Connection, tenant_id: int, person_id: UUID, hashes: Iterable[bytes]) -> None:
    connection.execute(
        ADD_CODE, [{"tenant": tenant_id, "person": person_id, "hash": digest} for digest in hashes]
    )


def use_code(connection: Connection, tenant_id: int, person_id: UUID, digest: bytes, now: datetime) -> bool:
    """False for a recovery code that there is not, or that was used."""
    values = {"tenant": tenant_id, "person": person_id, "hash": digest, "now": now}
    return connection.execute(USE_CODE, values).rowcount == 1


def put_out_codes(connection: Connection, tenant_id: int, person_id: UUID, now: datetime) -> None:
    connection.execute(PUT_OUT, {"tenant": tenant_id, "person": person_id, "now": now})


# ----------------------------------------------------------------------------------------- holdings


def add_holding(connection: Connection, tenant_id: int, holding: Holding) -> bool:
    """False where the person holds just this already."""
    values = {name: getattr(holding, name) for name in holding.__slots__}
    return connection.execute(ADD_HOLDING, {"tenant": tenant_id, **values}).scalar() is not None


def revoke_holding(
    connection: Connection, tenant_id: int, person_id: UUID, ident: UUID, *, by: str, now: datetime
) -> bool:
    """False for one that there is not, or that was revoked."""
    values = {"tenant": tenant_id, "person": person_id, "id": ident, "by": by, "now": now}
    return connection.execute(REVOKE, values).rowcount == 1


def revoke_holdings(
    connection: Connection, tenant_id: int, person_id: UUID, *, by: str, now: datetime
) -> None:
    """All that a person holds."""
    connection.execute(REVOKE, {"tenant": tenant_id, "person": person_id, "id": None, "by": by, "now": now})


def holdings_of(
    connection: Connection, tenant_id: int, person_ids: Sequence[UUID]
) -> dict[UUID, list[Holding]]:
    """What was not revoked, of each person; what has ended, or not begun, is among it."""
    found: dict[UUID, list[Holding]] = {ident: [] for ident in person_ids}
    for row in connection.execute(HOLDINGS, {"tenant": tenant_id, "people": list(person_ids)}):
        found[row.person_id].append(_holding(row))
    return found


def who_holds(
    connection: Connection, tenant_id: int, agency: str, *, limit: int
) -> list[tuple[str, Holding]]:
    """Who holds anything at a desk, by login."""
    found = connection.execute(WHO_HOLDS, {"tenant": tenant_id, "agency": agency, "limit": limit})
    return [(row.login, _holding(row)) for row in found]


# ----------------------------------------------------------------------------------------- sessions


def add_session(connection: Connection, tenant_id: int, session: Session, token_hash: bytes) -> None:
    values = {name: getattr(session, name) for name in session.__slots__}
    values["places"] = list(session.places)
    connection.execute(ADD_SESSION, {"tenant": tenant_id, **values, "token_hash": token_hash})


def session_by_token(connection: Connection, tenant_id: int, token_hash: bytes) -> Session | None:
    """One that nobody ended; whether it has run out is for the caller to see."""
    row = connection.execute(BY_TOKEN, {"tenant": tenant_id, "hash": token_hash}).one_or_none()
    return _session(row) if row else None


def saw(connection: Connection, tenant_id: int, ident: UUID, now: datetime) -> None:
    connection.execute(SAW, {"tenant": tenant_id, "id": ident, "now": now})


def try_code(connection: Connection, tenant_id: int, ident: UUID) -> int | None:
    """How many codes were tried in this session, with the one to come; None where it has ended meanwhile."""
    tries: int | None = connection.execute(TRY_CODE, {"tenant": tenant_id, "id": ident}).scalar()
    return tries


def end_session(
    connection: Connection, tenant_id: int, person_id: UUID, ident: UUID, *, how: Ending, now: datetime
) -> bool:
    """False for one that there is not, or that has ended."""
    values = {
        "tenant": tenant_id,
        "person": person_id,
        "id": ident,
        "but": None,
        "how": how.value,
        "now": now,
    }
    return connection.execute(END, values).rowcount == 1


def end_sessions(
    connection: Connection,
    tenant_id: int,
    person_id: UUID,
    *,
    how: Ending,
    now: datetime,
    but: UUID | None = None,
) -> int:
    """End all of a person's sessions, but one where it is named; how many that were."""
    values = {"tenant": tenant_id, "person": person_id, "id": None, "but": but, "how": how.value, "now": now}
    return int(connection.execute(END, values).rowcount)


def live_sessions(connection: Connection, tenant_id: int, person_id: UUID, now: datetime) -> list[Session]:
    """Those that nobody ended and that have time left, the newest first."""
    values = {"tenant": tenant_id, "person": person_id, "now": now, "limit": MOST_SESSIONS}
    return [_session(row) for row in connection.execute(OPEN, values)]


def newest_desk(connection: Connection, tenant_id: int, person_id: UUID) -> str | None:
    """Where the person worked last."""
    return connection.execute(NEWEST_DESK, {"tenant": tenant_id, "person": person_id}).scalar()


# -------------------------------------------------------------------------------------------- waits


def lock_wait(connection: Connection, tenant_id: int, place: int) -> Wait:
    """The failures at a place, which nobody else may change before the end of the transaction."""
    values = {"tenant": tenant_id, "place": place}
    connection.execute(MAKE_WAIT, values)
    return Wait(*connection.execute(LOCK_WAIT, values).one())


def note_failure(connection: Connection, tenant_id: int, place: int, wait: Wait) -> None:
    values = {"failures": wait.failures, "last_at": wait.last_at, "until": wait.until}
    connection.execute(FAILED, {"tenant": tenant_id, "place": place, **values})


def take_back_failures(connection: Connection, tenant_id: int, place: int, *, is_all: bool) -> None:
    """All of them, or the one that was noted in advance."""
    connection.execute(TAKE_BACK, {"tenant": tenant_id, "place": place, "all": is_all})


def _person(row: Row[Any] | None) -> Person | None:
    return Person(**row._asdict()) if row else None


def _holding(row: Row[Any]) -> Holding:
    values = row._asdict()
    values.pop("login", None)
    return Holding(**values | {"role": Role(row.role)})


def _session(row: Row[Any]) -> Session:
    return Session(**row._asdict() | {"places": tuple(row.places)})
