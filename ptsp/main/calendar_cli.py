"""Show the calendars of an office, and change them by decree."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

import click
from sqlalchemy import Engine

from ptsp.flows.change_calendar import change_calendar
from ptsp.flows.show_calendar import CalendarView, show_calendar
from ptsp.infra.calendars import OFFICE, DecreedDay, decrees, versions
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import Work, begin
from ptsp.kernel.calendar import Calendar, Span
from ptsp.main.calendar_following import follow_calendars, followed_in_words
from ptsp.main.connections import engine_for
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

BY = "ptsp calendar"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY = click.DateTime(["%Y-%m-%d"])
KINDS = {"off": "day off", "worked": "make-up day", "none": "neither off nor made up"}


@click.group()
def calendar() -> None:
    """Show the calendars of an office, and change them by decree."""


def _agency(command: Callable[..., None]) -> Callable[..., None]:
    said = "the calendar of this agency instead of the office's"
    return click.option("--agency", default=OFFICE, help=said)(command)


@calendar.command()
@click.argument("tenant")
@click.option("--year", type=click.IntRange(2000, 2099), help="otherwise this year")
@_agency
def show(*, tenant: str, year: int | None, agency: str) -> None:
    """Show the days off, make-up days and office hours of TENANT in one year."""
    with _entered(tenant) as work:
        for line in _lines(show_calendar(work, agency), year or work.today.year):
            click.echo(line)


@calendar.command()
@click.argument("tenant")
@click.argument("on", metavar="DATE", type=DAY)
@click.option("--name", required=True, help="why the day is off, or what it makes up for")
@click.option("--decree", required=True, help="the decree, as people would look for it")
@click.option("--worked", is_flag=True, help="a make-up day: worked, whatever the week and the days off say")
@_agency
def add(*, tenant: str, on: datetime, name: str, decree: str, worked: bool, agency: str) -> None:
    """Make DATE (2026-08-17) a day off of TENANT, or a make-up day. Open deadlines follow at once."""
    _change(tenant, DecreedDay(agency, on.date(), "worked" if worked else "off", name), decree)


@calendar.command()
@click.argument("tenant")
@click.argument("on", metavar="DATE", type=DAY)
@click.option("--decree", required=True, help="the decree, as people would look for it")
@_agency
def remove(*, tenant: str, on: datetime, decree: str, agency: str) -> None:
    """Let DATE be neither a day off nor a make-up day of TENANT any more, whoever had made it one.

    The weekday alone decides then. Open deadlines follow at once.
    """
    _change(tenant, DecreedDay(agency, on.date(), "none", ""), decree)


@calendar.command()
@click.argument("tenant")
def history(tenant: str) -> None:
    """List the versions of TENANT's calendars, and every decree that changed a day."""
    with _entered(tenant) as work:
        click.echo("versions:")
        for version in versions(work.connection):
            at = _local(version.at, work)
            click.echo(f"  {version.number:>3}  {at}  by {version.by}: {version.decree}")
        click.echo("decreed days:")
        for one in decrees(work.connection):
            whose = f" at {one.day.agency}" if one.day.agency else ""
            name = f" ({one.day.name})" if one.day.name else ""
            click.echo(
                f"  {one.id:>3}  {_local(one.at, work)}  by {one.by}: {one.day.on} {KINDS[one.day.kind]}{whose}"
                f"{name}, {one.decree}"
            )


def _change(tenant: str, day: DecreedDay, decree: str) -> None:
    with running(Settings.from_env(os.environ)) as settings:
        with _engine(settings, "ptsp_app") as engine:
            tenant_id = _book(settings, engine).get(tenant).id
        with _engine(settings, "ptsp_owner") as owner:
            changed = change_calendar(owner, tenant_id, day, decree=decree, by=BY)
        if not changed.is_new:
            click.echo(f"{tenant}: version {changed.version} says so already")
        # Also where nothing is new: an earlier call may have been cut off before all had followed.
        followed = follow_calendars(settings, tenant)[tenant]
        if changed.is_new:
            click.echo(f"{tenant}: {day.on} is {_what(settings, tenant, day)}, version {changed.version}")
        click.echo(f"{tenant}: {followed_in_words(followed)}")


def _what(settings: Settings, tenant: str, day: DecreedDay) -> str:
    with _engine(settings, "ptsp_app") as engine:
        known = _book(settings, engine).get(tenant).calendars.of(day.agency)
    return f"a {day.on:%A} on which people {'work' if known.is_working(day.on) else 'do not work'}"


@contextmanager
def _entered(tenant: str) -> Iterator[Work]:
    with (
        running(Settings.from_env(os.environ)) as settings,
        _engine(settings, "ptsp_app") as engine,
        begin(engine, _book(settings, engine).get(tenant), actor="operator") as work,
    ):
        yield work


@contextmanager
def _engine(settings: Settings, role: str) -> Iterator[Engine]:
    engine = engine_for(settings, role, pool_size=1)
    try:
        yield engine
    finally:
        engine.dispose()


def _book(settings: Settings, engine: Engine) -> TenantBook:
    return TenantBook(engine, Vault(settings.secret))


def _local(at: datetime, work: Work) -> str:
    return f"{at.astimezone(work.tenant.calendar.zone):%Y-%m-%d %H:%M}"


def _lines(view: CalendarView, year: int) -> Iterator[str]:
    whose = f", {view.agency}" if view.agency else ""
    yield f"{view.tenant}{whose}: version {view.version} of the calendars, by {view.decree}"
    if view.agency and not view.is_own:
        yield "this agency keeps the office's calendar"
    known = view.calendar
    yield f"worked: {', '.join(WEEKDAYS[day] for day in sorted(known.weekdays))}"
    yield from _hours(known)
    for title, days in (("days off", known.off - known.worked), ("make-up days", known.worked)):
        listed = sorted(day for day in days if day.year == year)
        yield f"{title} in {year}: {len(listed)}"
        yield from (f"  {day} {day:%A}: {known.names.get(day, '')}" for day in listed)
    if view.provisional_years:
        years = ", ".join(map(str, view.provisional_years))
        yield f"provisional, since no collective leave is decreed yet: {years}"
    if known.is_provisional(date(year, 1, 1)):
        yield f"dates in {year} may still move"


def _hours(known: Calendar) -> Iterator[str]:
    if not known.hours:
        yield "no office hours: no limit may count in working hours"
    for day, spans in enumerate(known.hours):
        if spans:
            yield f"  {WEEKDAYS[day]}: {', '.join(map(_span, spans))}"


def _span(span: Span) -> str:
    opened, closed = (f"{minute // 60:02}:{minute % 60:02}" for minute in span)
    return f"{opened}-{closed}"
