"""What the ledger says of clocks and promised dates, in plain words for the applicant: what changed, and why."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ptsp.flows._dates import LOCALES, stored_date
from ptsp.kernel.limits import Unit, limit_from_list
from ptsp.kernel.specs import StopReason, Text

Data = Mapping[str, object]
Names = Mapping[int, Text]  # task seq -> its name

REASONS: Mapping[str, Text] = {
    StopReason.CLARIFICATION: {"id": "menunggu perbaikan dari Anda", "en": "your correction is awaited"},
    StopReason.PAYMENT: {"id": "menunggu pembayaran Anda", "en": "your payment is awaited"},
    StopReason.MISSED_VISIT: {
        "id": "lokasi tidak dapat ditinjau karena Anda tidak di tempat",
        "en": "the site could not be visited since you were not there",
    },
    StopReason.OUTAGE: {"id": "sistem instansi terkait sedang terganggu", "en": "an agency's system is down"},
    StopReason.FORCE_MAJEURE: {"id": "keadaan kahar", "en": "force majeure"},
}

UNITS: Mapping[str, Text] = {
    Unit.WORKING_DAYS: {"id": "hari kerja", "en": "working days"},
    Unit.WORKING_HOURS: {"id": "jam kerja", "en": "working hours"},
    Unit.CALENDAR_DAYS: {"id": "hari kalender", "en": "calendar days"},
    Unit.MONTHS: {"id": "bulan", "en": "months"},
}


def _both(make: Callable[[str], str]) -> Text:
    return {language: make(language) for language in LOCALES}


def _names(seqs: object, names: Names, language: str) -> str:
    listed = [names[seq][language] for seq in seqs if seq in names] if isinstance(seqs, list) else []
    return ", ".join(dict.fromkeys(listed))


def reason_text(reason: object) -> Text:
    """Why a clock stands, as a half sentence. An unknown reason is shown by its name rather than hidden."""
    return REASONS.get(str(reason), {"id": str(reason), "en": str(reason)})


def promise_moved(data: Data, names: Names, services: Mapping[int, Text]) -> Text:
    """The change of the promised date: earlier, later, held or no longer held, with its causes."""
    return _both(lambda language: _promise(data, names, services, language))


def causes_text(causes: object, names: Names) -> Text:
    """Why a promised date moved, as a half sentence; empty where the event names no cause."""
    return _both(lambda language: _causes(causes, names, language))


def _promise(data: Data, names: Names, services: Mapping[int, Text], language: str) -> str:
    why = _causes(data["causes"], names, language)
    because = {"id": f", karena {why}", "en": f", because {why}"}[language] if why else ""
    told = _PROMISES[_change(data)][language].format(
        old=stored_date(data["old"], language),
        new=stored_date(data["new"], language),
        reasons="; ".join(reason_text(one)[language] for one in _listed(data["held_by"])),
        permits=_permits(data.get("applications"), services, language),
    )
    return f"{told}." if data["held_by"] else f"{told}{because}."


def _change(data: Data) -> str:
    if data["held_by"]:
        return "held"
    if data["new"] != data["old"]:
        return "earlier" if str(data["new"]) < str(data["old"]) else "later"
    return "again" if data["was_held_by"] else "parts"


_PROMISES: Mapping[str, Text] = {
    "held": {
        "id": "Tanggal janji {new} tertahan: {reasons}",
        "en": "The promised date of {new} is on hold: {reasons}",
    },
    "again": {"id": "Tanggal janji {new} berlaku lagi", "en": "The promised date of {new} holds again"},
    "earlier": {
        "id": "Tanggal janji maju dari {old} menjadi {new}",
        "en": "The promised date moved forward from {old} to {new}",
    },
    "later": {
        "id": "Tanggal janji mundur dari {old} menjadi {new}",
        "en": "The promised date moved back from {old} to {new}",
    },
    "parts": {
        "id": "Tanggal janji seluruhnya tetap {new}; {permits}",
        "en": "The promised date of the whole stays {new}; {permits}",
    },
}


def _permits(moved: object, services: Mapping[int, Text], language: str) -> str:
    """Which permits are promised for another day now."""
    told = [
        f"{services[position][language]}: {stored_date(new, language)}" for position, _, new in _listed(moved)
    ]
    return ", ".join(told)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _causes(causes: object, names: Names, language: str) -> str:
    told = [_cause(one, names, language) for one in _listed(causes)]
    return "; ".join(dict.fromkeys(one for one in told if one))


def _cause(cause: Data, names: Names, language: str) -> str:
    kind = str(cause["kind"])
    if kind in ("task.approved", "task.rejected", "task.deemed"):
        return f"{_names([cause['seq']], names, language)} {_WHEN[str(cause['when'])][language]}"
    writer = _CAUSES.get(kind)
    if writer is None:
        return kind
    if cause.get("seqs") == []:
        return ""  # only a legal limit moved: no task, and so no promise, has anything to do with it
    ground = str(cause.get("legal_basis") or "")
    words = writer[language].format(tasks=_names(cause.get("seqs"), names, language), ground=ground).strip()
    return words.removesuffix("()").strip()


_WHEN: Mapping[str, Text] = {
    "early": {"id": "selesai lebih awal", "en": "ended early"},
    "in_time": {"id": "selesai", "en": "ended"},
    "late": {"id": "selesai terlambat", "en": "ended late"},
    "paid": {"id": "diterima", "en": "was received"},
}

_CAUSES: Mapping[str, Text] = {
    "clock.stopped": {"id": "waktu {tasks} dihentikan", "en": "the clock of {tasks} was stopped"},
    "clock.resumed": {"id": "waktu {tasks} berjalan lagi", "en": "the clock of {tasks} runs again"},
    "clock.reset": {
        "id": "waktu {tasks} dihentikan dan akan dihitung dari awal",
        "en": "the clock of {tasks} was stopped and set back",
    },
    "clock.restarted": {"id": "waktu {tasks} dihitung dari awal", "en": "the clock of {tasks} began anew"},
    "clock.extended": {
        "id": "waktu {tasks} diperpanjang ({ground})",
        "en": "the limit of {tasks} was extended ({ground})",
    },
    "calendar.changed": {"id": "kalender kerja berubah ({ground})", "en": "the calendar changed ({ground})"},
    "application.withdrawn": {"id": "sebuah permohonan ditarik", "en": "an application was withdrawn"},
    "application.lapsed": {"id": "sebuah permohonan gugur", "en": "an application lapsed"},
    "application.added": {"id": "sebuah permohonan ditambahkan", "en": "an application was added"},
    "application.deemed": {
        "id": "sebuah permohonan disetujui karena hukum",
        "en": "an application was approved by law",
    },
    "bundle.replanned": {"id": "alur layanan berganti", "en": "the route of a service was replaced"},
}


def clock_moved(type_: str, data: Data, names: Names) -> Text:
    """An event on clocks: whose, and why."""

    def say(language: str) -> str:
        tasks = _names(data["seqs"], names, language) or {"id": "layanan", "en": "the service"}[language]
        words = _CLOCKS[type_][language]
        reason = reason_text(data["reason"])[language] if "reason" in data else ""
        return words.format(tasks=tasks, reason=reason, by=_by(data.get("by"), language))

    return _both(say)


def _by(stored: object, language: str) -> str:
    if not isinstance(stored, list):
        return ""
    limit = limit_from_list(stored)
    return f"{limit.amount} {UNITS[limit.unit][language]}"


_CLOCKS: Mapping[str, Text] = {
    "clock.stopped": {
        "id": "Waktu {tasks} berhenti: {reason}.",
        "en": "The clock of {tasks} stands: {reason}.",
    },
    "clock.resumed": {"id": "Waktu {tasks} berjalan lagi.", "en": "The clock of {tasks} runs again."},
    "clock.reset": {
        "id": "Waktu {tasks} berhenti dan nanti dihitung dari awal: {reason}.",
        "en": "The clock of {tasks} stands and will begin anew: {reason}.",
    },
    "clock.restarted": {"id": "Waktu {tasks} dihitung dari awal.", "en": "The clock of {tasks} began anew."},
    "clock.extended": {
        "id": "Waktu {tasks} diperpanjang {by}.",
        "en": "The limit of {tasks} was extended by {by}.",
    },
}


def clock_started(data: Data, services: Sequence[Text] | Mapping[int, Text]) -> Text:
    """The file was found complete and correct."""
    name = services[int(str(data["position"]))]
    return {
        "id": f"{name['id']}: berkas lengkap dan benar, waktu layanan mulai dihitung.",
        "en": f"{name['en']}: the file is complete and correct, the legal limit begins.",
    }


def calendar_changed(data: Data) -> Text:
    """A newer calendar counts from now."""
    return {
        "id": f"Kalender kerja baru berlaku: {data['decree']}.",
        "en": f"A new calendar is in force: {data['decree']}.",
    }
