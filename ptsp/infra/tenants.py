"""The tenants of this installation, each with the pack in force, its calendar and its keys."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from threading import Lock
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from ptsp.infra.database import platform_transaction, tenant_transaction
from ptsp.infra.packs import pack_from_json, service_from_json
from ptsp.infra.vault import Vault
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import ServiceSpec, TenantPack

FRESH_S = 2.0  # so long an applied pack may go unnoticed by a running process

LATEST = text("SELECT id, content FROM app.pack ORDER BY applied_at DESC LIMIT 1")
LATEST_ID = text("SELECT id FROM app.pack ORDER BY applied_at DESC LIMIT 1")
IN_FORCE = text("""
    SELECT service, version, id FROM app.standard
     WHERE CAST(content -> 'standard' ->> 'valid_from' AS date) <= :today
       AND COALESCE(CAST(content -> 'standard' ->> 'valid_to' AS date) >= :today, true)
     ORDER BY service, version""")
ONE_STANDARD = text("SELECT content FROM app.standard WHERE id = :id")
NATIONAL = text("SELECT on_day, kind FROM app.national_day")


@dataclass(frozen=True, slots=True)
class Tenant:
    """One office as a flow sees it. `standards` are those in effect today: service -> (id, what it says)."""

    id: int
    pack: TenantPack
    standards: Mapping[str, tuple[UUID, ServiceSpec]]
    calendar: Calendar
    vault: Vault

    @property
    def code(self) -> str:
        return self.pack.code

    def calendar_of(self, agency: str) -> Calendar:
        """The calendar on which an agency counts; for now every agency keeps the office's."""
        del agency
        return self.calendar


@dataclass(frozen=True, slots=True)
class _Known:
    """A tenant as it was read: `seen` is monotonic, `on` the local date its standards were chosen for."""

    seen: float
    pack_id: UUID
    on: date
    tenant: Tenant


class TenantBook:
    """Finds tenants by code and keeps what it found until a new pack is applied."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault
        self._known: dict[int, _Known] = {}
        self._standards: dict[tuple[int, UUID], ServiceSpec] = {}
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
        """Read anew when a pack was applied, and when a day begins, since standards have dates of effect."""
        with self._lock:
            known = self._known.get(tenant_id)
        if known and time.monotonic() - known.seen < FRESH_S:
            return known.tenant
        with tenant_transaction(self._engine, tenant_id) as connection:
            latest = connection.execute(LATEST_ID).scalar_one()
            now: datetime = connection.info["now"]
            if known and (known.pack_id, known.on) == (latest, local_date(now, known.tenant.pack)):
                tenant, on = known.tenant, known.on
            else:
                tenant, on = self._read(connection, tenant_id, now)
        with self._lock:
            self._known[tenant_id] = _Known(time.monotonic(), latest, on, tenant)
        return tenant

    def all(self) -> list[Tenant]:
        """Every tenant, by code."""
        self._ids = self._read_ids()
        return [self.by_id(tenant_id) for _, tenant_id in sorted(self._ids.items())]

    def standard(self, connection: Connection, tenant: Tenant, standard_id: UUID) -> ServiceSpec:
        """A standard an application is pinned to, also when it is no longer in force. It never changes."""
        return self._standard(connection, tenant.id, standard_id)

    def _standard(self, connection: Connection, tenant_id: int, standard_id: UUID) -> ServiceSpec:
        key = (tenant_id, standard_id)
        if key not in self._standards:
            content = connection.execute(ONE_STANDARD, {"id": standard_id}).scalar_one()
            self._standards[key] = service_from_json(content)
        return self._standards[key]

    def _read_ids(self) -> dict[str, int]:
        with platform_transaction(self._engine) as connection:
            rows = connection.execute(text("SELECT code, id FROM app.tenant ORDER BY code")).all()
        return {row.code: row.id for row in rows}

    def _read(self, connection: Connection, tenant_id: int, now: datetime) -> tuple[Tenant, date]:
        """The pack with the standards in effect today: the pack's own version, or the newest before it."""
        pack = pack_from_json(connection.execute(LATEST).one().content)
        today = local_date(now, pack)
        ids: dict[str, UUID] = {}
        for row in connection.execute(IN_FORCE, {"today": today}):
            if row.service in pack.services and row.version <= pack.services[row.service].standard.version:
                ids[row.service] = row.id
        standards = {code: (one, self._standard(connection, tenant_id, one)) for code, one in ids.items()}
        pack = replace(pack, services={code: service for code, (_, service) in standards.items()})
        days = connection.execute(NATIONAL).all()
        return Tenant(tenant_id, pack, standards, calendar_of(pack, days), self._vault), today


def local_date(now: datetime, pack: TenantPack) -> date:
    """The office's own date."""
    return now.astimezone(ZoneInfo(pack.time_zone)).date()


def calendar_of(pack: TenantPack, national: list[tuple[date, str]]) -> Calendar:
    """The office's calendar: its weekdays, less national days, collective leave if it keeps it, and its own."""
    kinds = {"public", "collective"} if pack.calendar.collective_leave else {"public"}
    off = {on for on, kind in national if kind in kinds}
    return Calendar(pack.calendar.weekdays, frozenset(off | {day.on for day in pack.calendar.days_off}))
