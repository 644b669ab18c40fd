"""What an office's calendar says today, for whoever asks."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from ptsp.infra.calendars import OFFICE
from ptsp.infra.work import Work
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import Text

VERSION = text("SELECT applied_at, decree FROM app.calendar WHERE version = :version")


@dataclass(frozen=True, slots=True)
class CalendarView:
    """`agency` is empty for the office's own calendar; `name` is whose it is.

    `version`, `changed_at` and `decree` are those of the newest version of all calendars of the office.
    `is_own`: the agency has a calendar of its own, and not the office's. `provisional_years` are those of its
    days for which no collective leave is decreed yet.
    """

    tenant: str
    agency: str
    name: Text
    is_own: bool
    calendar: Calendar
    version: int
    changed_at: datetime
    decree: str
    provisional_years: tuple[int, ...]


def show_calendar(work: Work, agency: str = OFFICE) -> CalendarView:
    """The newest calendar of the office or of one agency. Raises NotFound for an agency it does not have."""
    pack, calendars = work.tenant.pack, work.tenant.calendars
    if agency and agency not in pack.agencies:
        raise NotFound(f"{pack.code} has no agency {agency!r}")
    calendar = calendars.of(agency)
    row = work.connection.execute(VERSION, {"version": calendars.version}).one()
    return CalendarView(
        tenant=pack.code,
        agency=agency,
        name=pack.agencies[agency].name if agency else pack.name,
        is_own=not agency or agency in calendars.agencies,
        calendar=calendar,
        version=calendars.version,
        changed_at=row.applied_at,
        decree=row.decree,
        provisional_years=tuple(
            sorted({day.year for day in calendar.off | calendar.worked if calendar.is_provisional(day)})
        ),
    )
