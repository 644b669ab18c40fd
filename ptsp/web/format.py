"""Dates, money and numbers as people in the region write them."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

LOCALES = {"id": "id_ID", "en": "en_GB"}
ZONES = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Jayapura": "WIT",
    "Asia/Kuala_Lumpur": "MYT",
    "Asia/Singapore": "SGT",
}
MOMENT = {"id": "d MMMM y, HH.mm", "en": "d MMMM y, HH:mm"}


def long_date(day: date, lang: str) -> str:
    """`Minggu, 22 November 2026`."""
    return format_date(day, "EEEE, d MMMM y", locale=LOCALES[lang])


def short_date(day: date, lang: str) -> str:
    """`22 Nov 2026`."""
    return format_date(day, "d MMM y", locale=LOCALES[lang])


def moment(at: datetime, zone: str, lang: str) -> str:
    """`22 November 2026, 14.05 WIB`, in the office's own zone. `at` must be aware."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{format_datetime(local, MOMENT[lang], locale=LOCALES[lang])} {ZONES.get(zone, zone)}"


def local_day(at: datetime, zone: str) -> date:
    """The calendar day of a moment in the office's zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def money(amount: int) -> str:
    """`Rp187.625`: written the Indonesian way in both languages, as on the bill."""
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{format_decimal(abs(amount), locale=LOCALES['id'])}"


def number(value: Decimal | int, lang: str) -> str:
    """All digits of an exact number: `1.250,5` or `1,250.5`."""
    return format_decimal(value, locale=LOCALES[lang], decimal_quantization=False)
