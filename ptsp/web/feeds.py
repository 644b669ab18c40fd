"""Calendars to subscribe to (iCalendar, RFC 5545): an office's days off and make-up days, and a case's promised dates.

An event keeps its UID for good, and its SEQUENCE and DTSTAMP grow with what they tell of, so that a calendar program
puts the new date in the place of the old one.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from flask import Response, g, make_response, request
from flask.typing import ResponseReturnValue
from icalendar import Calendar, Event, vDuration, vText

from ptsp.flows.show_calendar import CalendarView
from ptsp.flows.views import ApplicationView, BundleView
from ptsp.web import format as shown
from ptsp.web.pages import new_blueprint, pages, read, say

blueprint = new_blueprint("feeds")
PRODUCT = "-//PTSP//ptsp//ID"
LONGEST_KEY = 200
FRESH = {
    "days": timedelta(days=1),
    "promise": timedelta(hours=4),
}  # how often a program is asked to look again
OVER = ("withdrawn", "lapsed")


@blueprint.get("/<tenant>/calendar.ics")
def days(tenant: str) -> ResponseReturnValue:
    """The days off and make-up days of an office, or of one agency of it (`?agency=`), for anybody."""
    view = pages().office.calendar(tenant, request.args.get("agency", "")[:LONGEST_KEY])
    answer = answered(days_feed(view), f"{tenant}.ics")
    answer.headers["Cache-Control"] = "no-cache"  # it may be kept, but is asked for again by its tag
    answer.add_etag()
    return answer.make_conditional(request)


@blueprint.get("/<tenant>/bundles/<reference>/promise.ics")
def promise(tenant: str, reference: str) -> ResponseReturnValue:
    """The promised dates of a bundle, for whoever holds its key."""
    bundle = pages().office.track(tenant, reference, request.args.get("key", "")[:LONGEST_KEY])
    answer = answered(promise_feed(bundle), f"{bundle.reference}.ics")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def answered(feed: Calendar, name: str) -> Response:
    answer = make_response(feed.to_ical())
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    answer.headers["Vary"] = "Cookie"  # the language
    return answer


def days_feed(view: CalendarView) -> Calendar:
    """One all-day event for each day off and make-up day that the calendar knows."""
    office = read(view.name)
    told = [say("feed.provisional", year=year) for year in view.provisional_years]
    feed = new_feed(say("feed.days", office=office), [say("feed.days_told"), *told], FRESH["days"])
    for day in sorted(view.calendar.off | view.calendar.worked):
        kind = "worked" if day in view.calendar.worked else "off"
        is_open = view.calendar.is_provisional(day)
        event = all_day(
            f"{view.tenant}/calendar/{view.agency}/{day}",
            day,
            view.version,
            view.changed_at,
            is_sure=not is_open,
        )
        event.add("summary", say(f"feed.{kind}", name=view.calendar.names.get(day, "")).strip(" :"))
        event.add("description", "\n".join([office, *told_of(day, is_open=is_open)]))
        feed.add_component(event)
    return feed


def told_of(day: date, *, is_open: bool) -> Sequence[str]:
    return [say("feed.provisional", year=day.year)] if is_open else []


def promise_feed(bundle: BundleView) -> Calendar:
    """One all-day event for the bundle's promised date, and one for each application's."""
    feed = new_feed(
        say("feed.promises", reference=bundle.reference), [read(bundle.tenant_name)], FRESH["promise"]
    )
    last = bundle.events[-1] if bundle.events else None
    sequence, at = (last.seq, last.at) if last else (0, bundle.lodged_at)
    whole = all_day(
        f"{bundle.tenant}/bundles/{bundle.reference}",
        bundle.promised_on,
        sequence,
        at,
        is_sure=not (bundle.held_by or bundle.is_provisional),
        is_over=bundle.outcome in OVER,
    )
    whole.add("summary", say("feed.bundle", reference=bundle.reference))
    whole.add("description", "\n".join(promised(bundle, bundle, is_open=bundle.is_provisional)))
    feed.add_component(whole)
    for position, application in enumerate(bundle.applications):
        is_open = bundle.is_provisional and application.promised_on.year == bundle.promised_on.year
        event = all_day(
            f"{bundle.tenant}/bundles/{bundle.reference}/{position}",
            application.promised_on,
            sequence,
            at,
            is_sure=not (application.held_by or is_open),
            is_over=application.state in OVER,
        )
        event.add(
            "summary", say("feed.application", reference=bundle.reference, service=read(application.name))
        )
        event.add("description", "\n".join(promised(bundle, application, is_open=is_open)))
        feed.add_component(event)
    return feed


def promised(bundle: BundleView, about: BundleView | ApplicationView, *, is_open: bool) -> Iterator[str]:
    """What there is to say of a promised date, in lines: whose it is, what was promised first, what holds it."""
    yield read(bundle.tenant_name)
    if about.first_promised_on != about.promised_on:
        yield say("track.first_promised", day=shown.short_date(about.first_promised_on, g.lang))
    if about.held_by:
        yield f"{say('track.held')} {', '.join(say(f'held.{reason}') for reason in about.held_by)}"
    if is_open:
        yield say("track.provisional")
    if isinstance(about, ApplicationView) and about.ended_at:
        yield say("ended", day=shown.short_date(shown.local_day(about.ended_at, bundle.time_zone), g.lang))


def new_feed(name: str, told: Sequence[str], fresh: timedelta) -> Calendar:
    feed = Calendar()
    feed.add("prodid", PRODUCT)
    feed.add("version", "2.0")
    feed.add("calscale", "GREGORIAN")
    feed.add("method", "PUBLISH")
    for names, words in (
        (("name", "x-wr-calname"), name),
        (("description", "x-wr-caldesc"), "\n".join(told)),
    ):
        for prop in names:  # the standard's own, and the older one that most programs read
            feed[prop] = vText(words)  # the library leaves texts of X- properties as they are
    for prop in ("refresh-interval", "x-published-ttl"):
        feed[prop] = vDuration(fresh, {"VALUE": "DURATION"})
    return feed


def all_day(
    path: str, day: date, sequence: int, at: datetime, *, is_sure: bool, is_over: bool = False
) -> Event:
    """An event of one whole day. `path` names it for good; `sequence` and `at` say how new what it tells is."""
    event = Event()
    event.add("uid", str(uuid5(NAMESPACE_URL, f"ptsp:{path}")))
    event.add("dtstamp", at)
    event.add("last-modified", at)
    event.add("sequence", sequence)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("status", "CANCELLED" if is_over else "CONFIRMED" if is_sure else "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    return event
