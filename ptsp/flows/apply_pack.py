"""Packs come into force: tenants, standards and the packs themselves, all in one transaction, by the owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from ptsp.flows._pack_refusals import agency_faults, prefix_faults, standard_digest, standard_faults
from ptsp.infra import calendars, ledger
from ptsp.infra.database import enter, platform_transaction
from ptsp.infra.packs import pack_to_json
from ptsp.kernel.errors import BadPack, Fault
from ptsp.kernel.specs import ServiceSpec, TenantPack

ENSURE = text("""
    INSERT INTO app.tenant (code, prefix, region_code) VALUES (:code, :prefix, :region_code)
    ON CONFLICT ON CONSTRAINT one_tenant_per_code DO NOTHING""")
FIND = text("SELECT id FROM app.tenant WHERE code = :code")
DESCRIBE = text("""
    UPDATE app.tenant SET prefix = :prefix, region_code = :region_code, is_archive = false
     WHERE id = :tenant AND (prefix, region_code, is_archive) IS DISTINCT FROM (:prefix, :region_code, false)""")
IN_FORCE = text("SELECT digest FROM app.pack ORDER BY applied_at DESC LIMIT 1")
ADD_PACK = text("""
    INSERT INTO app.pack (tenant_id, id, digest, content, applied_by)
    VALUES (:tenant, :id, :digest, CAST(:content AS jsonb), :by)""")
KNOWN = text("SELECT 1 FROM app.standard WHERE service = :service AND version = :version")
ADD_STANDARD = text("""
    INSERT INTO app.standard (tenant_id, id, service, version, digest, content)
    VALUES (:tenant, :id, :service, :version, :digest, CAST(:content AS jsonb))""")


@dataclass(frozen=True, slots=True)
class Applied:
    """What an application of a pack did. Nothing new means it was in force already."""

    tenant: str
    tenant_id: int
    new_standards: tuple[str, ...]
    is_new: bool
    has_new_calendar: bool = False


def apply_pack(engine: Engine, pack: TenantPack, *, by: str) -> Applied:
    """Bring a checked pack into force; see `apply_packs`."""
    return apply_packs(engine, [pack], by=by)[0]


def apply_packs(engine: Engine, packs: Sequence[TenantPack], *, by: str) -> list[Applied]:
    """Bring checked packs into force, all of them or none. `engine` enters as ptsp_owner.

    A standard that applications may be pinned to never changes. Raises BadPack naming every fault of all packs: such
    a standard edited under its version, a prefix of another office, an agency left out that has open tasks.
    """
    with platform_transaction(engine) as connection:
        faults: list[Fault] = []
        ids: dict[str, int] = {}
        for pack in sorted(
            packs, key=lambda one: one.code
        ):  # the same order for all: nobody waits in a circle
            found = list(prefix_faults(connection, pack))
            if not found:
                ids[pack.code] = _ensured(connection, pack)
                enter(connection, ids[pack.code])
                found = [*standard_faults(connection, pack), *agency_faults(connection, pack)]
            faults += found
        if faults:
            raise BadPack(faults)
        return [_applied(connection, ids[pack.code], pack, by) for pack in packs]


def _ensured(connection: Connection, pack: TenantPack) -> int:
    values = {"code": pack.code, "prefix": pack.prefix, "region_code": pack.region_code}
    connection.execute(ENSURE, values)
    tenant_id: int = connection.execute(FIND, values).scalar_one()
    calendars.hold(connection, tenant_id)
    return tenant_id


def _applied(connection: Connection, tenant_id: int, pack: TenantPack, by: str) -> Applied:
    enter(connection, tenant_id)
    added = [one.code for one in pack.services.values() if _added_standard(connection, tenant_id, one)]
    is_new, has_new_calendar = put_in_force(connection, tenant_id, pack, by=by)
    return Applied(pack.code, tenant_id, tuple(added), is_new, has_new_calendar)


def put_in_force(connection: Connection, tenant_id: int, pack: TenantPack, *, by: str) -> tuple[bool, bool]:
    """The pack is the bound tenant's from now, its calendars too; whether each of the two is new."""
    values = {"tenant": tenant_id, "prefix": pack.prefix, "region_code": pack.region_code}
    connection.execute(DESCRIBE, values)
    is_new = connection.execute(IN_FORCE).scalar() != pack.digest
    if is_new:
        row = {"tenant": tenant_id, "id": uuid4(), "digest": pack.digest, "by": by}
        connection.execute(ADD_PACK, row | {"content": ledger.canonical(pack_to_json(pack))})
    before = calendars.newest_version(connection)
    after = calendars.renew(connection, tenant_id, pack, decree=f"pack {pack.digest[:12]}", by=by)
    return is_new, after != before


def _added_standard(connection: Connection, tenant_id: int, service: ServiceSpec) -> bool:
    values = {"service": service.code, "version": service.standard.version}
    if connection.execute(KNOWN, values).scalar():
        return False
    content, digest = standard_digest(service)
    row = values | {"tenant": tenant_id, "id": uuid4(), "digest": digest, "content": content}
    connection.execute(ADD_STANDARD, row)
    return True
