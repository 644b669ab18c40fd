"""Mistakes of sense in calendars: days given twice, make-up days that make nothing up, hours that cross."""

from collections.abc import Container, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import holidays

from ptsp.infra.packs.sense.scene import Found
from ptsp.infra.packs.values import WEEKDAYS, day, span


def calendar_faults(raw: Mapping[str, Any]) -> Iterator[Found]:
    """Everything wrong with the calendar of an office or an agency; paths are inside it."""
    for key, inside in (("weekdays", ""), ("days_off", ".on"), ("make_up_days", ".on")):
        days = [str(one["on"] if inside else one) for one in raw.get(key, [])]
        for at, one in enumerate(days):
            if one in days[:at]:
                yield f".{key}[{at}]{inside}", f"{one} is given twice"
    yield from _make_up_days(raw)
    yield from _hours(raw)


def _make_up_days(raw: Mapping[str, Any]) -> Iterator[Found]:
    off = {day(one["on"]) for one in raw["days_off"]}
    for at, one in enumerate(raw.get("make_up_days", [])):
        on = day(one["on"])
        if on in off:
            yield f".make_up_days[{at}].on", f"{on} is a day off here too; it cannot be both"
        elif WEEKDAYS[on.weekday()] in raw["weekdays"] and on not in _national(on.year, raw):
            yield f".make_up_days[{at}].on", f"{on} is a {on:%A}, which is worked anyway; it makes nothing up"


def _national(year: int, raw: Mapping[str, Any]) -> Container[date]:
    """National days off that this calendar keeps, by the list from which a new database takes them."""
    categories = ("public", "government") if raw["collective_leave"] else ("public",)
    return holidays.country_holidays("ID", years=year, categories=categories)


def _hours(raw: Mapping[str, Any]) -> Iterator[Found]:
    made_up = {WEEKDAYS[day(one["on"]).weekday()] for one in raw.get("make_up_days", [])}
    for name, written in raw.get("hours", {}).items():
        if name not in raw["weekdays"] and name not in made_up:
            yield f".hours.{name}", f"{name} is not worked, and no make-up day falls on it"
        spans = [span(one) for one in written]
        for at, (opened, closed) in enumerate(spans):
            if closed <= opened:
                yield f".hours.{name}[{at}]", f"`{written[at]}` closes before it opens"
        for at, (before, after) in enumerate(pairwise(spans), 1):
            if after[0] <= before[1]:
                reason = f"`{written[at]}` does not open after `{written[at - 1]}` closes"
                yield f".hours.{name}[{at}]", reason
