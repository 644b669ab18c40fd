"""The changes of a pack in plain words, in Indonesian and English: "SIUP: batas waktu 5 menjadi 3 hari kerja"."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from os.path import commonprefix
from typing import Any

from ptsp.flows._dates import LOCALES, long_date
from ptsp.flows.clock_texts import UNITS
from ptsp.flows.pack_words import FIELDS, VALUES, WEEKDAYS
from ptsp.infra.packs import Change, Kind, Subject
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import CalendarSpec, TenantPack, Text

LONGEST = 90  # characters of a value
BEFORE_IT = 30  # characters before the first difference of long texts
TIME_LIMIT = ("standard", "time_limit", "limit")
SAYS_ITSELF = "standard"  # goes without saying before what stands in it
GROUPS = frozenset(  # whose entries are named by whoever writes the pack
    {"texts", "templates", "contacts", "options", "internal", "days_off", "make_up_days"}
    | {"fields", "choices", "requirements", "route", "lines", "lets", "tables", "rows"}
)
_SHORT = re.compile(r"\(([A-Z][A-Z0-9-]{1,11})\)$")

Counts = Mapping[int, int]  # version of the standard -> open cases

_KINDS: Mapping[Kind, Text] = {
    Kind.ADDED: {"id": "baru", "en": "new"},
    Kind.REMOVED: {"id": "dihapus", "en": "left out"},
}
_ENDS = {"id": "layanan tidak lagi ditawarkan", "en": "the service is not offered any more"}
_BEGINS = {"id": "layanan baru", "en": "new service"}


def change_text(change: Change, old: TenantPack, new: TenantPack, counts: Counts | None = None) -> Text:
    """One change as a sentence. With `counts`, that of a time limit also says what open cases keep."""
    return {language: _sentence(change, old, new, counts, language) for language in LOCALES}


def kept_text(service: Text, counts: Counts) -> Text:
    """How many open cases of a service keep the standard that they were lodged under."""
    names = short_name(service)
    return {
        language: "; ".join(
            (
                f"{names[language]}: {count} permohonan berjalan tetap pada standar versi {version}"
                if language == "id"
                else f"{names[language]}: {count} open cases keep version {version} of the standard"
            )
            for version, count in sorted(counts.items())
        )
        for language in LOCALES
    }


def short_name(name: Text) -> Text:
    """What people call a service: the abbreviation at the end of its name, or the name."""
    return {
        language: found[1] if (found := _SHORT.search(words)) else words for language, words in name.items()
    }


def _sentence(change: Change, old: TenantPack, new: TenantPack, counts: Counts | None, language: str) -> str:
    if change.subject is Subject.OFFICE:
        return _said(change, language)
    if change.subject is Subject.AGENCY:
        agency = new.agencies.get(change.code) or old.agencies[change.code]
        return f"{agency.name[language]}: {_said(change, language)}"
    service = new.services.get(change.code) or old.services[change.code]
    said = _of_service(change, language)
    if change.path == TIME_LIMIT and counts:
        said += _keep(counts.get(old.services[change.code].standard.version, 0), change.before, language)
    return f"{short_name(service.name)[language]}: {said}"


def _of_service(change: Change, language: str) -> str:
    if change.path:
        return _said(change, language)
    return (_BEGINS if change.kind is Kind.ADDED else _ENDS)[language]


def _keep(count: int, before: Limit, language: str) -> str:
    if not count:
        return ""
    if language == "id":
        return f"; {count} permohonan berjalan tetap {before.amount}"
    return f"; {count} open cases keep {before.amount}"


def _said(change: Change, language: str) -> str:
    where = _where(change, language)
    if change.kind in _KINDS:
        thing = change.after if change.kind is Kind.ADDED else change.before
        told = "" if is_dataclass(thing) and not isinstance(thing, Limit) else value_text(thing)[language]
        words = _KINDS[change.kind][language]
        return " ".join(filter(None, [where, f"{words}: {told}" if told else words]))
    if change.kind is Kind.REORDERED:
        said = f"{', '.join(change.before)} -> {', '.join(change.after)}"
    else:
        said = _from_to(change.before, change.after, language)
    return f"{where}: {said}" if where else said


def _where(change: Change, language: str) -> str:
    """The path in words: a group, the name of its entry, what of it. The time limit is what a service is known by."""
    if change.subject is Subject.SERVICE and change.path == TIME_LIMIT:
        return ""
    words = []
    for at, (key, name) in enumerate(zip(change.path, change.names, strict=True)):
        if key == SAYS_ITSELF and change.path[-1] != key:
            continue
        is_entry = at > 0 and change.path[at - 1] in GROUPS and change.kind is not Kind.REORDERED
        if name is not None:
            words.append(f'"{name[language]}"')
        else:
            words.append(key if is_entry or key not in FIELDS else FIELDS[key][language])
    return " ".join(words)


def _from_to(before: object, after: object, language: str) -> str:
    to = "menjadi" if language == "id" else "to"
    if isinstance(before, Limit) and isinstance(after, Limit) and _unit(before) == _unit(after):
        return f"{before.amount} {to} {value_text(after)[language]}"
    first, second = (_plain(_value(value, language)) for value in (before, after))
    begin = _where_to_begin(first, second)
    return f"{_shortened(first, begin)} {to} {_shortened(second, begin)}"


def _where_to_begin(first: str, second: str) -> int:
    """Long texts are shown from shortly before their first difference."""
    same = len(commonprefix([first, second]))
    return max(0, same - BEFORE_IT) if max(len(first), len(second)) > LONGEST and same > LONGEST // 2 else 0


def _unit(limit: Limit) -> tuple[str, bool]:
    return limit.unit, limit.counts_first_day


def value_text(value: Any) -> Text:
    """A value of a pack as people read it, in each language."""
    return {language: _shortened(_plain(_value(value, language))) for language in LOCALES}


def _value(value: Any, language: str) -> str:
    if value is None or (isinstance(value, str | tuple | list | frozenset | Mapping) and not value):
        return "(tidak ada)" if language == "id" else "(nothing)"
    if isinstance(value, bool):
        return {"id": ("tidak", "ya"), "en": ("no", "yes")}[language][value]
    if isinstance(value, date):
        return long_date(value, language)
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, str):
        plain = str(value)
        return VALUES[plain][language] if plain in VALUES else plain
    return _several(value, language)


def _several(value: Any, language: str) -> str:
    """Limits, texts, and what has parts."""
    if isinstance(value, Limit):
        first = {"id": " (hari pertama dihitung)", "en": " (the first day counts)"}[language]
        return f"{value.amount} {UNITS[value.unit][language]}{first if value.counts_first_day else ''}"
    if isinstance(value, CalendarSpec):
        return _value(value.weekdays, language)
    if isinstance(value, Mapping):
        if language in value:
            return str(value[language])
        return ", ".join(f"{key} {_value(one, language)}" for key, one in value.items())
    if is_dataclass(value):
        told = ((one.name, getattr(value, one.name)) for one in fields(value))
        return ", ".join(
            f"{FIELDS[name][language]} {_value(one, language)}"
            for name, one in told
            if one not in (None, "", ())
        )
    if isinstance(value, frozenset):
        return ", ".join(_member(one, language) for one in sorted(value))
    return ", ".join(_value(one, language) for one in value)


def _member(one: object, language: str) -> str:
    """A reason, or a day of the week as 0 to 6."""
    return WEEKDAYS[language][one] if isinstance(one, int) else _value(one, language)


def _plain(words: str) -> str:
    return " ".join(words.split())


def _shortened(words: str, begin: int = 0) -> str:
    shown = f"...{words[begin:]}" if begin else words
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 3].rstrip()}..."
