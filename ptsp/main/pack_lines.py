"""Plans of packs as lines for people, in Indonesian or English, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from babel.dates import format_date

from ptsp.flows.pack_texts import TIME_LIMIT, change_text, kept_text
from ptsp.flows.plan_pack import Counts, PackPlan
from ptsp.infra.packs import Change, Subject, changes
from ptsp.kernel.specs import TenantPack
from ptsp.main.pack_fees import FeeEffect

LANGUAGES = ("id", "en")
MOST_PROMISES = 10  # moved dates that are listed; the others are counted

WORDS: Mapping[str, Mapping[str, str]] = {
    "new": {
        "id": "belum ada yang berlaku; {count} layanan akan ditawarkan",
        "en": "nothing is in force yet; {count} services will be offered",
    },
    "same": {"id": "tidak ada perubahan", "en": "nothing changes"},
    "uncounted": {
        "id": "tanpa basis data: permohonan berjalan tidak dihitung",
        "en": "without a database: open cases are not counted",
    },
    "fees": {"id": "contoh retribusi", "en": "examples of fees"},
    "no_move": {
        "id": "tanggal janji: {open} paket berjalan, tidak ada yang bergeser",
        "en": "promised dates: {open} open bundles, none moves",
    },
    "moves": {
        "id": "tanggal janji: {moved} dari {open} paket berjalan bergeser karena kalender",
        "en": "promised dates: {moved} of {open} open bundles move with the calendar",
    },
    "more": {"id": "dan {count} lagi", "en": "and {count} more"},
    "refused": {"id": "akan ditolak:", "en": "would be refused:"},
}


def diff_lines(
    old: TenantPack | None,
    new: TenantPack,
    found: Sequence[Change],
    counts: Counts | None,
    language: str,
) -> Iterator[str]:
    """Every change as a sentence, and what open cases keep; `counts` is None where there is no database."""
    if counts is None:
        yield _say("uncounted", language)
    if old is None:
        yield f"{new.code}: {_say('new', language, count=len(new.services))}"
        return
    if not found:
        yield f"{new.code}: {_say('same', language)}"
        return
    yield f"{new.code}:"
    for one in found:
        kept = (counts or {}).get(one.code) if one.subject is Subject.SERVICE else None
        yield f"  {change_text(one, old, new, kept)[language]}"
    for code in dict.fromkeys(one.code for one in found if one.subject is Subject.SERVICE):
        cases = (counts or {}).get(code)
        limited_only = [one.path for one in found if (one.subject, one.code) == (Subject.SERVICE, code)]
        if cases and not set(limited_only) <= {TIME_LIMIT}:
            name = (new.services.get(code) or old.services[code]).name
            yield f"  {kept_text(name, cases)[language]}"


def plan_lines(plan: PackPlan, fees: Sequence[FeeEffect], language: str) -> Iterator[str]:
    """What a plan says: the changes, what they mean for fees and promises, and why they would be refused."""
    yield from diff_lines(plan.before, plan.pack, plan.changes, plan.open_cases or {}, language)
    if fees:
        yield f"  {_say('fees', language)}:"
        yield from (f"    {one.service}, {one.as_text(language)}" for one in fees)
    if plan.before is not None:
        yield f"  {_promises(plan, language)}"
        for one in plan.moved[:MOST_PROMISES]:
            before, after = _day(one.before, language), _day(one.after, language)
            yield f"    {one.reference}: {before} -> {after}"
        if len(plan.moved) > MOST_PROMISES:
            yield f"    {_say('more', language, count=len(plan.moved) - MOST_PROMISES)}"
    if plan.faults:
        yield f"  {_say('refused', language)}"
        yield from (f"    {fault}" for fault in plan.faults)


def plan_as_json(plan: PackPlan, fees: Sequence[FeeEffect]) -> dict[str, Any]:
    return {
        "tenant": plan.pack.code,
        "digest": plan.pack.digest,
        "in_force": plan.before.digest if plan.before else None,
        "changes": [
            {
                "subject": one.subject,
                "code": one.code,
                "kind": one.kind,
                "path": ".".join(one.path),
                "text": change_text(one, plan.before or plan.pack, plan.pack),
            }
            for one in plan.changes
        ],
        "open_cases": {code: dict(cases) for code, cases in (plan.open_cases or {}).items()},
        "fees": [
            {"service": one.service, "example": one.example, "before": one.before, "after": one.after}
            for one in fees
        ],
        "open_bundles": plan.open_bundles,
        "moved": [[one.reference, one.before.isoformat(), one.after.isoformat()] for one in plan.moved],
        "refused": [str(fault) for fault in plan.faults],
    }


def against(old: TenantPack | None, new: TenantPack, language: str) -> Iterator[str]:
    """The changes between two folders, without any office."""
    found = changes(old, new) if old is not None else ()
    yield from diff_lines(old, new, found, None, language)


def _promises(plan: PackPlan, language: str) -> str:
    which = "moves" if plan.moved else "no_move"
    return _say(which, language, open=plan.open_bundles, moved=len(plan.moved))


def _say(which: str, language: str, **values: int) -> str:
    return WORDS[which][language].format(**values)


def _day(day: date, language: str) -> str:
    return str(format_date(day, "d MMM y", locale={"id": "id_ID", "en": "en_GB"}[language]))
