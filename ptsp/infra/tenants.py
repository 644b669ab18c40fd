"""The tenants of this installation, each with the pack in force, its calendar and its keys."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Lock
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from ptsp.infra.agency_secrets import GivenSecret, in_force
from ptsp.infra.calendars import Calendars, newest_version, read_version
from ptsp.infra.database import platform_transaction, tenant_transaction
from ptsp.infra.packs import pack_from_json, service_from_json
from ptsp.infra.vault import Vault
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import ServiceSpec, TenantPack

FRESH_S = 2.0  # so long an applied pack, or a secret, may go unnoticed by a running process

LATEST = text("SELECT id, content FROM app.pack ORDER BY applied_at DESC LIMIT 1")
# With how often secrets were set and removed: whatever a process keeps of an office changes with one of the two.
LATEST_ID = text("""
    SELECT id, (SELECT count(*) FROM app.agency_secret)::int AS secrets FROM app.pack
     ORDER BY applied_at DESC LIMIT 1""")
IN_FORCE = text("""
    SELECT service, version, id FROM app.standard
     WHERE CAST(content -> 'standard' ->> 'valid_from' AS date) <= :today
       AND COALESCE(CAST(content -> 'standard' ->> 'valid_to' AS date) >= :today, true)
     ORDER BY service, version""")
ONE_STANDARD = text("SELECT content FROM app.standard WHERE id = :id")
OFFICES = text("SELECT code, id FROM app.tenant WHERE NOT is_archive ORDER BY code")


@dataclass(frozen=True, slots=True)
class Tenant:
    """One office as a flow sees it. `standards` are those in effect today: service -> (id, what it says).

    `calendars` are the newest version; a bundle counts on its own, which `calendars_at` finds. `secrets` are those
    that partners gave out, sealed, by agency.
    """

    id: int
    pack: TenantPack
    standards: Mapping[str, tuple[UUID, ServiceSpec]]
    calendars: Calendars
    vault: Vault
    secrets: Mapping[str, GivenSecret] = field(default_factory=dict, repr=False)
    _versions: dict[int, Calendars] = field(default_factory=dict, repr=False, compare=False)
    _pinned: dict[UUID, ServiceSpec] = field(default_factory=dict, repr=False, compare=False)

    @property
    def code(self) -> str:
        return self.pack.code

    @property
    def calendar(self) -> Calendar:
        """The office's own calendar, newest version."""
        return self.calendars.office

    def calendars_at(self, connection: Connection, version: int) -> Calendars:
        """One version of the calendars. It never changes, so it is read once."""
        if version == self.calendars.version:
            return self.calendars
        if version not in self._versions:
            self._versions[version] = read_version(connection, version)
        return self._versions[version]

    def standard_at(self, connection: Connection, standard_id: UUID) -> ServiceSpec:
        """A standard an application is pinned to, also when it is no longer in force. It never changes."""
        return _standard(connection, self._pinned, standard_id)


@dataclass(frozen=True, slots=True)
class _Known:
    """A tenant as it was read: `seen` is monotonic, `on` the local date its standards were chosen for.

    `latest` are the pack, the acts upon secrets and the version of the calendars that were newest then.
    """

    seen: float
    latest: tuple[UUID, int, int]
    on: date
    tenant: Tenant


class TenantBook:
    """Finds tenants by code and keeps what it found until a new pack is applied, or a secret is set."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault
        self._known: dict[int, _Known] = {}
        self._pinned: dict[int, dict[UUID, ServiceSpec]] = {}
        self._ids: dict[str, int] = {}
        self._lock = Lock()

    def get(self, code: str) -> Tenant:
        """Raises NotFound for a code that no tenant has."""
        if code not in self._ids:
            self._ids = self._read_ids()
        if code not in self._ids:
            raise NotFound(f"there is no office with the code {code!r}")
        return self.by_id(self._ids[code])

    def by_id(self, tenant_id: int) -> Tenant:
        """Read anew when a pack was applied, and when a day begins, since standards have dates of effect.

        Raises NotFound for an office that was removed.
        """
        with self._lock:
            known = self._known.get(tenant_id)
        if known and time.monotonic() - known.seen < FRESH_S:
            return known.tenant
        with tenant_transaction(self._engine, tenant_id) as connection:
            newest = connection.execute(LATEST_ID).one_or_none()
            if newest is None:
                raise NotFound("there is no such office any more")
            latest = (newest.id, newest.secrets, newest_version(connection))
            now: datetime = connection.info["now"]
            if known and (known.latest, known.on) == (latest, local_date(now, known.tenant.pack)):
                tenant, on = known.tenant, known.on
            else:
                tenant, on = self._read(connection, tenant_id, now, latest[2])
        with self._lock:
            self._known[tenant_id] = _Known(time.monotonic(), latest, on, tenant)
        return tenant

    def all(self) -> list[Tenant]:
        """Every tenant, by code."""
        self._ids = self._read_ids()
        return [self.by_id(tenant_id) for _, tenant_id in sorted(self._ids.items())]

    def standard(self, connection: Connection, tenant: Tenant, standard_id: UUID) -> ServiceSpec:
        """A standard an application is pinned to; see `Tenant.standard_at`."""
        return tenant.standard_at(connection, standard_id)

    def _read_ids(self) -> dict[str, int]:
        with platform_transaction(self._engine) as connection:
            rows = connection.execute(OFFICES).all()
        return {row.code: row.id for row in rows}

    def _read(
        self, connection: Connection, tenant_id: int, now: datetime, version: int
    ) -> tuple[Tenant, date]:
        """The pack with the standards in effect today: the pack's own version, or the newest before it."""
        pack = pack_from_json(connection.execute(LATEST).one().content)
        today = local_date(now, pack)
        ids: dict[str, UUID] = {}
        for row in connection.execute(IN_FORCE, {"today": today}):
            if row.service in pack.services and row.version <= pack.services[row.service].standard.version:
                ids[row.service] = row.id
        pinned = self._pinned.setdefault(tenant_id, {})
        standards = {code: (one, _standard(connection, pinned, one)) for code, one in ids.items()}
        pack = replace(pack, services={code: service for code, (_, service) in standards.items()})
        calendars = read_version(connection, version)
        secrets = in_force(connection)
        return Tenant(tenant_id, pack, standards, calendars, self._vault, secrets, _pinned=pinned), today


def _standard(connection: Connection, known: dict[UUID, ServiceSpec], standard_id: UUID) -> ServiceSpec:
    if standard_id not in known:
        content = connection.execute(ONE_STANDARD, {"id": standard_id}).scalar_one()
        known[standard_id] = service_from_json(content)
    return known[standard_id]


def local_date(now: datetime, pack: TenantPack) -> date:
    """The office's own date."""
    return now.astimezone(ZoneInfo(pack.time_zone)).date()
