"""A decree changes an office's calendar: a day off, a make-up day, or a day that is neither any more; by the owner."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine, text

from ptsp.infra import calendars
from ptsp.infra.calendars import OFFICE, DecreedDay
from ptsp.infra.database import tenant_transaction
from ptsp.infra.packs import pack_from_json
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.specs import TenantPack

IN_FORCE = text("SELECT content FROM app.pack ORDER BY applied_at DESC LIMIT 1")
ADD = text("""
    INSERT INTO app.decreed_day (tenant_id, id, agency, on_day, kind, name, decree, added_by)
    SELECT :tenant, COALESCE(max(id), 0) + 1, :agency, :on_day, :kind, :name, :decree, :by FROM app.decreed_day""")

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Changed:
    """`version` is the one in force now; not `is_new` where the calendar said the same before."""

    version: int
    is_new: bool


def change_calendar(engine: Engine, tenant_id: int, day: DecreedDay, *, decree: str, by: str) -> Changed:
    """Add one decreed day and make the version of the calendars that has it. `engine` enters as ptsp_owner.

    An `off` or `worked` day is one whatever pack and nation say; after `none` the day follows the week alone.
    Nothing is written where the calendar says so already. Raises Invalid naming the field: an agency that does
    not exist or keeps the office's calendar, a date that cannot be meant, a decree or name that is missing, a
    day taken back that is an ordinary one, a make-up day that is worked anyway. Open cases follow by `follow_calendar`.
    """
    with tenant_transaction(engine, tenant_id) as connection:
        calendars.hold(connection, tenant_id)
        before = calendars.newest_version(connection)
        pack = pack_from_json(connection.execute(IN_FORCE).scalar_one())
        calendar = calendars.read_version(connection, before).of(day.agency)
        faults = [*_agency_faults(pack, day), *_text_faults(day, decree), *_day_faults(calendar, day)]
        if faults:
            raise Invalid(faults)
        if _says_so(calendar, day):
            return Changed(before, is_new=False)
        _add(connection, tenant_id, day, decree, by)
        version = calendars.renew(connection, tenant_id, pack, decree=decree, by=by)
    return Changed(version, version != before)


def _add(connection: Connection, tenant_id: int, day: DecreedDay, decree: str, by: str) -> None:
    values = {"tenant": tenant_id, "agency": day.agency, "on_day": day.on, "kind": day.kind, "name": day.name}
    connection.execute(ADD, values | {"decree": decree, "by": by})


def _says_so(calendar: Calendar, day: DecreedDay) -> bool:
    """Adding it would change nothing: the day is that already, under that name."""
    is_off = day.on in calendar.off and day.on not in calendar.worked
    is_so = {"off": is_off, "worked": day.on in calendar.worked, "none": False}[day.kind]
    return is_so and calendar.names.get(day.on) == day.name


def _agency_faults(pack: TenantPack, day: DecreedDay) -> list[Fault]:
    if day.agency == OFFICE:
        return []
    if day.agency not in pack.agencies:
        return [Fault("agency", f"{pack.code} has no agency {day.agency!r}")]
    if pack.agencies[day.agency].calendar is None:
        return [Fault("agency", f"{day.agency} keeps the office's calendar; leave --agency out")]
    return []


def _text_faults(day: DecreedDay, decree: str) -> list[Fault]:
    wanted = {"decree": decree} if day.kind == "none" else {"name": day.name, "decree": decree}
    return [
        Fault(field, f"must be one line of 1 to {LONGEST} characters")
        for field, words in wanted.items()
        if not words.strip() or len(words) > LONGEST or not words.isprintable()
    ]


def _day_faults(calendar: Calendar, day: DecreedDay) -> list[Fault]:
    if not FIRST_DAY <= day.on <= LAST_DAY:
        return [Fault("date", f"must be from {FIRST_DAY} to {LAST_DAY}")]
    if day.kind == "none" and day.on not in calendar.off | calendar.worked:
        return [Fault("date", f"{day.on} is an ordinary day already")]
    if day.kind == "worked" and day.on not in calendar.worked and calendar.is_working(day.on):
        return [Fault("date", f"{day.on} is worked anyway; it makes nothing up")]
    return []
