"""What the ledger says of corrections, withdrawals and objections, in plain words for the applicant."""

from collections.abc import Callable, Mapping

from ptsp.flows._dates import stored_date
from ptsp.kernel.specs import Text

Data = Mapping[str, object]

CORRECTIONS: Mapping[str, Text] = {
    "correction.asked": {
        "id": "Perlu diperbaiki ({task}), putaran ke-{round}: jawab paling lambat {due_on}.",
        "en": "To be corrected ({task}), round {round}: answer by {due_on}.",
    },
    "correction.answered": {
        "id": "Perbaikan Anda diterima ({task}).",
        "en": "Your correction was received ({task}).",
    },
    "correction.dropped": {
        "id": "Perbaikan tidak diperlukan lagi ({task}).",
        "en": "The correction is no longer needed ({task}).",
    },
    "correction.lapsed": {
        "id": "Batas waktu perbaikan terlewati tanpa jawaban ({task}).",
        "en": "The time for the correction passed without an answer ({task}).",
    },
}
CUT: Mapping[object, Text] = {
    "withdrawn": {
        "id": "Langkah yang hanya untuk permohonan yang ditarik dihentikan.",
        "en": "Steps that were only for what was withdrawn were ended.",
    },
    "lapsed": {
        "id": "Langkah yang hanya untuk permohonan yang gugur dihentikan.",
        "en": "Steps that were only for what lapsed were ended.",
    },
    None: {
        "id": "Langkah yang bergantung padanya dihentikan; yang lain berjalan terus.",
        "en": "Steps that depend on it were ended; the others go on.",
    },
}
DECIDED: Mapping[object, Text] = {
    "upheld": {
        "id": "{name}: keberatan dikabulkan, keputusan {number} dibatalkan ({reasons}).",
        "en": "{name}: the objection was upheld, decision {number} is annulled ({reasons}).",
    },
    "rejected": {
        "id": "{name}: keberatan terhadap {number} ditolak ({reasons}).",
        "en": "{name}: the objection to {number} was rejected ({reasons}).",
    },
}


def correction_text(type_: str, data: Data, names: Mapping[int, Text]) -> Text:
    """An event of a correction; `names` are the tasks' by seq."""
    task = names[int(str(data["seq"]))]
    return {
        language: words.format(
            task=task[language], round=data["round"], due_on=_day(data.get("due_on"), language)
        )
        for language, words in CORRECTIONS[type_].items()
    }


def tasks_cut(data: Data) -> Text:
    return CUT[data.get("because")]


def fee_cancelled(data: Data) -> Text:
    return {
        "id": f"Surat ketetapan retribusi {data['number']} dibatalkan.",
        "en": f"Fee notice {data['number']} was cancelled.",
    }


def objection_lodged(data: Data, services: Mapping[int, Text]) -> Text:
    name = services[int(str(data["position"]))]
    return {
        "id": f"{name['id']}: keberatan diterima, diputus paling lambat {_day(data['due_on'], 'id')}.",
        "en": f"{name['en']}: the objection was received; decided by {_day(data['due_on'], 'en')}.",
    }


def objection_decided(data: Data, services: Mapping[int, Text]) -> Text:
    name, reasons = services[int(str(data["position"]))], data["reasons"]
    why = "; ".join(map(str, reasons)) if isinstance(reasons, list) else ""
    return {
        language: words.format(name=name[language], number=data["number"], reasons=why)
        for language, words in DECIDED[data["state"]].items()
    }


WRITERS: Mapping[str, Callable[[Data, Mapping[int, Text]], Text]] = {
    "tasks.cut": lambda data, services: tasks_cut(data),
    "fee.cancelled": lambda data, services: fee_cancelled(data),
    "objection.lodged": objection_lodged,
    "objection.decided": objection_decided,
}


def _day(stored: object, language: str) -> str:
    if stored is None:
        return ""
    return stored_date(stored, language)
