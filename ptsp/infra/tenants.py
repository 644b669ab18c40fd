"""The tenants of this installation, each with the pack in force, its calendar and its keys."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock
from uuid import UUID

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
STANDARDS = text("""
    SELECT DISTINCT ON (service) service, id, content FROM app.standard ORDER BY service, version DESC""")
ONE_STANDARD = text("SELECT content FROM app.standard WHERE id = :id")
NATIONAL = text("SELECT on_day, kind FROM app.national_day")


@dataclass(frozen=True, slots=True)
class Tenant:
    """One office as a flow sees it. `standards` are those in force: service -> (id, what it says)."""

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


class TenantBook:
    """Finds tenants by code and keeps what it found until a new pack is applied."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault
        self._known: dict[int, tuple[float, UUID, Tenant]] = {}
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
        with self._lock:
            seen = self._known.get(tenant_id)
        if seen and time.monotonic() - seen[0] < FRESH_S:
            return seen[2]
        with tenant_transaction(self._engine, tenant_id) as connection:
            latest = connection.execute(LATEST_ID).scalar_one()
            tenant = seen[2] if seen and seen[1] == latest else self._read(connection, tenant_id)
        with self._lock:
            self._known[tenant_id] = (time.monotonic(), latest, tenant)
        return tenant

    def all(self) -> list[Tenant]:
        """Every tenant, by code."""
        self._ids = self._read_ids()
        return [self.by_id(tenant_id) for _, tenant_id in sorted(self._ids.items())]

    def standard(self, connection: Connection, tenant: Tenant, standard_id: UUID) -> ServiceSpec:
        """A standard an application is pinned to, also when it is no longer in force. It never changes."""
        key = (tenant.id, standard_id)
        if key not in self._standards:
            content = connection.execute(ONE_STANDARD, {"id": standard_id}).scalar_one()
            self._standards[key] = service_from_json(content)
        return self._standards[key]

    def _read_ids(self) -> dict[str, int]:
        with platform_transaction(self._engine) as connection:
            rows = connection.execute(text("SELECT code, id FROM app.tenant ORDER BY code")).all()
        return {row.code: row.id for row in rows}

    def _read(self, connection: Connection, tenant_id: int) -> Tenant:
        pack = pack_from_json(connection.execute(LATEST).one().content)
        stored = {row.service: (row.id, row.content) for row in connection.execute(STANDARDS)}
        standards = {
            code: (stored[code][0], service_from_json(stored[code][1]))
            for code in pack.services
            if code in stored
        }
        days = connection.execute(NATIONAL).all()
        return Tenant(tenant_id, pack, standards, calendar_of(pack, days), self._vault)


def calendar_of(pack: TenantPack, national: list[tuple[date, str]]) -> Calendar:
    """The office's calendar: its weekdays, less national days, collective leave if it keeps it, and its own."""
    kinds = {"public", "collective"} if pack.calendar.collective_leave else {"public"}
    off = {on for on, kind in national if kind in kinds}
    return Calendar(pack.calendar.weekdays, frozenset(off | {day.on for day in pack.calendar.days_off}))
