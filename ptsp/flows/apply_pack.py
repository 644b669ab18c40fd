"""A region's pack comes into force: tenant, standards and the pack itself, in one transaction, by the owner."""

import hashlib
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from ptsp.infra import calendars, ledger
from ptsp.infra.database import platform_transaction, tenant_transaction
from ptsp.infra.packs import pack_to_json, service_to_json
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
KNOWN = text("SELECT digest FROM app.standard WHERE service = :service AND version = :version")
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


def apply_pack(engine: Engine, pack: TenantPack, *, by: str) -> Applied:
    """Bring a checked pack into force. `engine` enters as ptsp_owner.

    A standard that applications may be pinned to never changes: raises BadPack when one was edited under the
    same version, and leaves everything as it was.
    """
    with platform_transaction(engine) as connection:
        values = {"code": pack.code, "prefix": pack.prefix, "region_code": pack.region_code}
        connection.execute(ENSURE, values)
        tenant_id: int = connection.execute(FIND, values).scalar_one()
    with tenant_transaction(engine, tenant_id) as connection:
        added, faults = [], []
        for service in pack.services.values():
            is_new, fault = _add_standard(connection, tenant_id, service)
            added += [service.code] if is_new else []
            faults += [fault] if fault else []
        if faults:
            raise BadPack(faults)
        connection.execute(DESCRIBE, values | {"tenant": tenant_id})
        is_new = connection.execute(IN_FORCE).scalar() != pack.digest
        if is_new:
            row = {"tenant": tenant_id, "id": uuid4(), "digest": pack.digest, "by": by}
            connection.execute(ADD_PACK, row | {"content": ledger.canonical(pack_to_json(pack))})
        calendars.renew(connection, tenant_id, pack, decree=f"pack {pack.digest[:12]}", by=by)
    return Applied(pack.code, tenant_id, tuple(added), is_new)


def _add_standard(connection: Connection, tenant_id: int, service: ServiceSpec) -> tuple[bool, Fault | None]:
    content = ledger.canonical(service_to_json(service))
    digest = hashlib.sha256(content.encode()).hexdigest()
    values = {"service": service.code, "version": service.standard.version}
    known = connection.execute(KNOWN, values).scalar()
    if known == digest:
        return False, None
    if known is not None:
        reason = f"version {service.standard.version} is in force with other content; raise standard.version"
        return False, Fault(f"services/{service.code}.yaml: $.standard.version", reason)
    row = values | {"tenant": tenant_id, "id": uuid4(), "digest": digest, "content": content}
    connection.execute(ADD_STANDARD, row)
    return True, None
