"""A pack that was in force before comes into force again, as a new row: nothing of what followed it is deleted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from ptsp.flows._pack_refusals import agency_faults, prefix_faults
from ptsp.flows.apply_pack import Applied, put_in_force
from ptsp.infra import calendars
from ptsp.infra.database import enter, platform_transaction
from ptsp.infra.packs import pack_from_json
from ptsp.kernel.errors import BadPack, Conflict, Fault, Invalid, NotFound
from ptsp.kernel.specs import TenantPack

SHORTEST = 8  # digits of a digest that name a pack
TENANT = text("SELECT id FROM app.tenant WHERE code = :code AND NOT is_archive")
HISTORY = text("SELECT digest, applied_at, applied_by FROM app.pack ORDER BY applied_at DESC")
CONTENT = text("SELECT content FROM app.pack WHERE digest = :digest ORDER BY applied_at DESC LIMIT 1")


@dataclass(frozen=True, slots=True)
class Former:
    """One time a pack came into force; the first of a history is the one in force now."""

    digest: str
    at: datetime
    by: str


def pack_history(engine: Engine, code: str) -> list[Former]:
    """What has been in force at a tenant, the newest first. Raises NotFound. `engine` enters as ptsp_owner."""
    with platform_transaction(engine) as connection:
        _enter(connection, code)
        return _history(connection)


def former_pack(engine: Engine, code: str, digest: str = "") -> TenantPack:
    """The pack to go back to: the one before, or that of a digest, of which eight digits are enough.

    Raises NotFound where there is none, Conflict where it is in force already, Invalid for a digest too short.
    """
    with platform_transaction(engine) as connection:
        _enter(connection, code)
        wanted = _wanted(_history(connection), code, digest)
        return pack_from_json(connection.execute(CONTENT, {"digest": wanted}).scalar_one())


def roll_back_pack(engine: Engine, pack: TenantPack, *, by: str) -> Applied:
    """Bring a pack from `former_pack` into force again; its standards are there and stay as they are.

    Raises BadPack where an agency it does not have has open tasks, or its prefix has gone to another office.
    """
    with platform_transaction(engine) as connection:
        tenant_id = _enter(connection, pack.code)
        calendars.hold(connection, tenant_id)
        faults = [*prefix_faults(connection, pack), *agency_faults(connection, pack)]
        if faults:
            raise BadPack(faults)
        is_new, has_new_calendar = put_in_force(connection, tenant_id, pack, by=by)
    return Applied(pack.code, tenant_id, (), is_new, has_new_calendar)


def _enter(connection: Connection, code: str) -> int:
    tenant_id = connection.execute(TENANT, {"code": code}).scalar()
    if tenant_id is None:
        raise NotFound(f"there is no office with the code {code!r}")
    enter(connection, tenant_id)
    return int(tenant_id)


def _history(connection: Connection) -> list[Former]:
    return [Former(*row) for row in connection.execute(HISTORY)]


def _wanted(history: list[Former], code: str, digest: str) -> str:
    if digest and len(digest) < SHORTEST:
        raise Invalid(
            [Fault("to", f"needs at least {SHORTEST} digits of a digest; see `ptsp packs history`")]
        )
    now = history[0].digest if history else ""
    earlier = dict.fromkeys(one.digest for one in history[1:] if one.digest.startswith(digest))
    if not digest:
        earlier.pop(now, None)
    if digest and now.startswith(digest):
        raise Conflict(f"that pack is in force at {code} now")
    if not earlier:
        raise NotFound(f"no other pack {digest} has been in force at {code}".replace("  ", " "))
    if digest and len(earlier) > 1:
        raise Invalid([Fault("to", f"{digest} begins {len(earlier)} digests; give more of it")])
    return next(iter(earlier))
