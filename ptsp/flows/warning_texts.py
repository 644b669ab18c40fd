"""What a warning says, Indonesian first and English below it; and what the ledger says of it. No personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from ptsp.domain import deadlines
from ptsp.flows._dates import LOCALES
from ptsp.kernel.limits import Unit
from ptsp.kernel.specs import Text

Data = Mapping[str, object]

RULE = "\n--\n"
HOLDERS: Mapping[str, Text] = {
    "supervisor": {"id": "pengawas", "en": "the supervisor"},
    "head": {"id": "kepala kantor", "en": "the head of the office"},
    "applicant": {"id": "pemohon", "en": "the applicant"},
    "agency": {"id": "pelaksana", "en": "whoever has it"},
}

LABELS: Mapping[str, Mapping[str, str]] = {
    "id": {
        "subject": "Batas waktu {reference}: {state} ({what})",
        "reference": "Nomor berkas",
        "what": "Yang dihitung",
        "who": "Ada pada",
        "due": "Batas waktu",
        "state": "Keadaan",
        "legal": "waktu layanan {service}",
        "nobody": "belum ada",
    },
    "en": {
        "subject": "Deadline of {reference}: {state} ({what})",
        "reference": "Reference",
        "what": "What is counted",
        "who": "Lies with",
        "due": "Deadline",
        "state": "State",
        "legal": "time limit of {service}",
        "nobody": "nobody yet",
    },
}

ASKS: Mapping[str, Text] = {
    "agency": {
        "id": "Mohon diselesaikan, atau beri tahu kantor mengapa belum dapat diselesaikan.",
        "en": "Please finish it, or tell the office why it cannot be finished yet.",
    },
    "supervisor": {
        "id": "Mohon ditanyakan kepada pelaksana dan ditindaklanjuti.",
        "en": "Please ask whoever has it, and follow it up.",
    },
    "head": {
        "id": "Mohon diputuskan tindak lanjutnya.",
        "en": "Please decide what is to be done.",
    },
    "applicant": {
        "id": "Anda tidak perlu melakukan apa pun, kecuali diminta pada halaman berkas Anda: {url} (buka dengan "
        "kunci yang Anda terima ketika mengajukan; kunci tidak pernah kami kirim lewat surel).",
        "en": "You need not do anything, unless the page of your applications asks you to: {url} (open it with the "
        "key you got when you applied; we never send the key by e-mail).",
    },
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a warning is about. `what` is the step or, of a legal limit, the service; `who` has it now."""

    reference: str
    what: Text
    is_legal: bool
    who: tuple[Text, ...]
    deadline: deadlines.Deadline
    now: datetime
    url: str


def subject(said: Said) -> str:
    """One line, in Indonesian."""
    words = LABELS["id"]["subject"]
    return words.format(reference=said.reference, state=_state(said, "id"), what=_what(said, "id"))


def body(said: Said, role: str) -> str:
    """The whole message to one role, in both languages."""
    return RULE.join(f"{_told(said, role, language)}\n" for language in LOCALES)


def _told(said: Said, role: str, language: str) -> str:
    labels = LABELS[language]
    who = ", ".join(one[language] for one in said.who) or labels["nobody"]
    lines = {
        "reference": said.reference,
        "what": _what(said, language),
        "who": who,
        "due": _due(said, language),
        "state": _state(said, language),
    }
    told = "\n".join(f"{labels[label]}: {value}" for label, value in lines.items())
    return f"{told}\n\n{ASKS[role][language].format(url=said.url)}"


def _what(said: Said, language: str) -> str:
    name = said.what[language]
    return LABELS[language]["legal"].format(service=name) if said.is_legal else name


def _due(said: Said, language: str) -> str:
    """`Jumat, 6 Maret 2026`; of a limit in office hours with the time of day."""
    day = str(format_date(said.deadline.due_on, "EEEE, d MMMM y", locale=LOCALES[language]))
    if said.deadline.unit is not Unit.WORKING_HOURS:
        return day
    at = said.deadline.due_at.astimezone(said.deadline.calendar.zone)
    return {"id": f"{day}, pukul {at:%H.%M}", "en": f"{day}, {at:%H:%M}"}[language]


def _state(said: Said, language: str) -> str:
    """How many working days are left, or over."""
    calendar = said.deadline.calendar
    today, due = said.now.astimezone(calendar.zone).date(), said.deadline.due_on
    if said.now > said.deadline.due_at:
        days = calendar.working_days_between(due, today)
        over = {"id": f"lewat {days} hari kerja", "en": f"{_working_days(days)} over"}
        return over[language] if days else {"id": "sudah lewat", "en": "over"}[language]
    days = calendar.working_days_between(today, due)
    left = {"id": f"tersisa {days} hari kerja", "en": f"{_working_days(days)} left"}
    return left[language] if days else {"id": "berakhir hari ini", "en": "ends today"}[language]


def _working_days(days: int) -> str:
    return f"{days} working day{'' if days == 1 else 's'}"


def warned(data: Data, names: Mapping[int, Text], services: Mapping[int, Text]) -> Text:
    """The ledger's entry, for the applicant."""
    of_step = data["of"] == "step"
    name = names[int(str(data["seq"]))] if of_step else services[int(str(data["position"]))]
    to = data["to"]
    roles = [str(one).partition(":")[0] for one in to] if isinstance(to, list) else []
    whom = {
        language: ", ".join(dict.fromkeys(HOLDERS[role][language] for role in roles)) for language in LOCALES
    }
    over = data["at"] == "overdue"
    return {
        "id": f"Batas waktu {name['id']} {'terlewati' if over else 'mendekat'}; diperingatkan: {whom['id']}.",
        "en": f"The deadline of {name['en']} {'has passed' if over else 'is near'}; warned: {whom['en']}.",
    }
