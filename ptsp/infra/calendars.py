"""The calendars of an office and its agencies, by version: built from pack, nation and decrees, stored, read again.

A version never changes. A bundle's dates are counted on the version its row names, until a newer one has been
carried over to it; so a process that has not heard of a decree yet cannot undo it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from ptsp.kernel.calendar import Calendar
from ptsp.kernel.specs import CalendarSpec, TenantPack

NATIONAL = text("SELECT on_day, kind, name FROM app.national_day ORDER BY on_day, kind")
DECREED = text("""
    SELECT DISTINCT ON (agency, on_day) agency, on_day, kind, name FROM app.decreed_day
     ORDER BY agency, on_day, id DESC""")
NEWEST = text("SELECT version, digest FROM app.calendar ORDER BY version DESC LIMIT 1")
ONE = text("SELECT content FROM app.calendar WHERE version = :version")
VERSIONS = text("SELECT version, applied_at, applied_by, decree FROM app.calendar ORDER BY version")
DECREES = text("""
    SELECT id, agency, on_day, kind, name, decree, added_at, added_by FROM app.decreed_day ORDER BY id""")
# Two changes at once would both make the same next version: the second waits here, and then sees the first.
ONE_AT_A_TIME = text("SELECT 1 FROM app.tenant WHERE id = :tenant FOR NO KEY UPDATE")
ADD = text("""
    INSERT INTO app.calendar (tenant_id, version, digest, content, decree, applied_by)
    VALUES (:tenant, :version, :digest, :content, :decree, :by)""")

OFFICE = ""


@dataclass(frozen=True, slots=True)
class Calendars:
    """One version. `of("")` is the office's own calendar; an agency without one keeps the office's."""

    version: int
    office: Calendar
    agencies: Mapping[str, Calendar]

    def of(self, agency: str) -> Calendar:
        return self.agencies.get(agency, self.office)


@dataclass(frozen=True, slots=True)
class NationalDay:
    """A day of the platform's tables. `kind` is public or collective."""

    on: date
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class DecreedDay:
    """A day of one office by a decree that is not in its pack. `kind` is off, worked or none (taken back)."""

    agency: str
    on: date
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Version:
    """When a version was made, by whom, and on what ground."""

    number: int
    at: datetime
    by: str
    decree: str


@dataclass(frozen=True, slots=True)
class Decree:
    """One row of what was ever decreed for an office beside its pack."""

    id: int
    day: DecreedDay
    decree: str
    at: datetime
    by: str


def written(pack: TenantPack, national: Sequence[NationalDay], decreed: Sequence[DecreedDay] = ()) -> str:
    """What a version says, as canonical JSON: the whole calendar, so that no later change can reach it."""
    leave = sorted({day.on.year for day in national if day.kind == "collective"})
    specs = {code: agency.calendar for code, agency in pack.agencies.items() if agency.calendar}
    content = {
        "zone": pack.time_zone,
        "office": _one(pack.calendar, national, [day for day in decreed if day.agency == OFFICE], leave),
        "agencies": {
            code: _one(spec, national, [day for day in decreed if day.agency in (OFFICE, code)], leave)
            for code, spec in sorted(specs.items())
        },
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def calendars_from(version: int, content: str) -> Calendars:
    """The inverse of `written`."""
    raw = json.loads(content)
    zone = ZoneInfo(raw["zone"])
    agencies = {code: _calendar(one, zone) for code, one in raw["agencies"].items()}
    return Calendars(version, _calendar(raw["office"], zone), agencies)


def read_version(connection: Connection, version: int) -> Calendars:
    """One version of the bound tenant's calendars."""
    return calendars_from(version, connection.execute(ONE, {"version": version}).scalar_one())


def newest_version(connection: Connection) -> int:
    """The number of the newest version of the bound tenant; 0 before the first."""
    row = connection.execute(NEWEST).one_or_none()
    return row.version if row else 0


def versions(connection: Connection) -> list[Version]:
    """Every version of the bound tenant, the first one first."""
    return [Version(*row) for row in connection.execute(VERSIONS)]


def decrees(connection: Connection) -> list[Decree]:
    """Every decreed day of the bound tenant as it was added; a later row replaces an earlier one of its day."""
    return [
        Decree(
            row.id,
            DecreedDay(row.agency, row.on_day, row.kind, row.name),
            row.decree,
            row.added_at,
            row.added_by,
        )
        for row in connection.execute(DECREES)
    ]


def hold(connection: Connection, tenant_id: int) -> None:
    """Nobody else changes this office's calendars until the transaction ends. By the owner."""
    connection.execute(ONE_AT_A_TIME, {"tenant": tenant_id})


def renew(connection: Connection, tenant_id: int, pack: TenantPack, *, decree: str, by: str) -> int:
    """Store what is in force now as a new version, unless it says what the newest says; returns its number."""
    hold(connection, tenant_id)
    content = _now(connection, pack)
    digest = hashlib.sha256(content.encode()).hexdigest()
    newest = connection.execute(NEWEST).one_or_none()
    if newest and newest.digest == digest:
        return int(newest.version)
    version = (newest.version if newest else 0) + 1
    values = {"tenant": tenant_id, "version": version, "digest": digest, "content": content}
    connection.execute(ADD, values | {"decree": decree, "by": by})
    return version


def preview(connection: Connection, pack: TenantPack) -> Calendars:
    """The calendars that the pack would bring to the bound tenant, without writing them; their version is 0."""
    return calendars_from(0, _now(connection, pack))


def _now(connection: Connection, pack: TenantPack) -> str:
    national = [NationalDay(*row) for row in connection.execute(NATIONAL)]
    return written(pack, national, [DecreedDay(*row) for row in connection.execute(DECREED)])


def _one(
    spec: CalendarSpec, national: Sequence[NationalDay], decreed: Sequence[DecreedDay], leave: Sequence[int]
) -> dict[str, object]:
    kinds = {"public", "collective"} if spec.collective_leave else {"public"}
    off = {day.on: day.name for day in national if day.kind in kinds}
    off |= {day.on: day.name for day in spec.days_off}
    worked = {day.on: day.name for day in spec.make_up_days}
    for day in decreed:
        off.pop(day.on, None)
        worked.pop(day.on, None)
        if day.kind != "none":
            (off if day.kind == "off" else worked)[day.on] = day.name
    return {
        "weekdays": sorted(spec.weekdays),
        "off": {day.isoformat(): name for day, name in sorted(off.items())},
        "worked": {day.isoformat(): name for day, name in sorted(worked.items())},
        "hours": spec.hours,
        "leave_known": leave if spec.collective_leave else None,
    }


def _calendar(raw: Mapping[str, Any], zone: ZoneInfo) -> Calendar:
    off = {date.fromisoformat(day): name for day, name in raw["off"].items()}
    worked = {date.fromisoformat(day): name for day, name in raw["worked"].items()}
    hours = tuple(tuple((span[0], span[1]) for span in spans) for spans in raw["hours"])
    known = raw["leave_known"]
    return Calendar(
        weekdays=frozenset(raw["weekdays"]),
        off=frozenset(off),
        worked=frozenset(worked),
        hours=hours,
        zone=zone,
        names={**off, **worked},
        leave_known=None if known is None else frozenset(known),
    )
