"""Small values of a pack's written form, made into what the typed form holds: days, numbers, limits, hours."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ptsp.kernel.calendar import Hours, Span
from ptsp.kernel.limits import Limit, Unit

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def number(raw: int | Decimal | None) -> Decimal | None:
    return None if raw is None else Decimal(raw)


def day(raw: date | str) -> date:
    """A day as YAML reads it, or as text in quotes."""
    return raw if isinstance(raw, date) else date.fromisoformat(raw)


def day_or_none(raw: date | str | None) -> date | None:
    return None if raw is None else day(raw)


def limit(raw: Mapping[str, Any]) -> Limit:
    """`{value: 4, unit: working_hours, first_day_counts: true}`; what else stands beside it does not matter."""
    return Limit(raw["value"], Unit(raw["unit"]), raw.get("first_day_counts", False))


def limit_or_days(raw: Mapping[str, Any]) -> Limit:
    """The limit of a step or a signer: `limit`, or `days` for working days. Neither is told as a fault elsewhere."""
    return limit(raw["limit"]) if "limit" in raw else Limit(raw.get("days", 0))


def hours(raw: Mapping[str, list[str]]) -> Hours:
    """`{mon: ["08:00-12:00", "13:00-16:00"]}` as minutes after midnight by weekday; nothing where none are given."""
    return tuple(tuple(span(one) for one in raw.get(name, [])) for name in WEEKDAYS) if raw else ()


def span(raw: str) -> Span:
    opened, closed = raw.split("-")
    return _minute(opened), _minute(closed)


def _minute(raw: str) -> int:
    hour, minute = raw.split(":")
    return int(hour) * 60 + int(minute)
