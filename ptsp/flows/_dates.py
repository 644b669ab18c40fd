"""Days as people write them, in the languages that texts of flows are written in."""

from datetime import date

from babel.dates import format_date

LOCALES = {"id": "id_ID", "en": "en_GB"}


def long_date(day: date, language: str) -> str:
    """`22 November 2026`."""
    return str(format_date(day, "d MMMM y", locale=LOCALES[language]))


def stored_date(stored: object, language: str) -> str:
    """The same of a day as the ledger keeps it; of a moment, the day in its own offset."""
    return long_date(date.fromisoformat(str(stored)[:10]), language)
