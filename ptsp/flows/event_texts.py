"""What the ledger says, in plain words for the applicant."""

import json
from collections.abc import Callable, Mapping

from ptsp.flows import deemed_texts
from ptsp.flows.change_texts import WRITERS as CHANGES
from ptsp.flows.change_texts import correction_text
from ptsp.flows.clock_texts import calendar_changed, clock_moved, clock_started, promise_moved
from ptsp.flows.money_texts import WRITERS as MONEY
from ptsp.flows.warning_texts import warned
from ptsp.kernel.money import rupiah
from ptsp.kernel.specs import Text

Data = Mapping[str, object]
Names = Mapping[int, Text]  # task seq -> its name

OUTCOMES = {
    "approved": ("Semua permohonan dikabulkan.", "All applications were approved."),
    "withdrawn": ("Permohonan ditarik kembali.", "The applications were withdrawn."),
    "lapsed": ("Permohonan gugur.", "The applications lapsed."),
    "partly_approved": ("Sebagian permohonan dikabulkan.", "Some of the applications were approved."),
    "refused": ("Permohonan ditolak.", "The applications were refused."),
}


ENDS = {
    "approved": ("dikabulkan", "approved"),
    "rejected": ("ditolak", "refused"),
    "withdrawn": ("ditarik kembali", "withdrawn"),
    "lapsed": ("gugur", "lapsed"),
}


def event_text(type_: str, body: str, names: Names, services: Mapping[int, Text]) -> Text:
    """One sentence, in Indonesian and English. An unknown type is shown by its name rather than hidden."""
    data = json.loads(body)["data"]
    if type_ == "promise.moved":
        return promise_moved(data, names, services)
    if type_.startswith("clock.") and type_ != "clock.started":
        return clock_moved(type_, data, names)
    if type_.startswith("correction."):
        return correction_text(type_, data, names)
    if type_ == "deadline.warned":
        return warned(data, names, services)
    if type_.startswith("task.") and type_ in TASK_TEXTS:
        before, before_en = BY_HAND.get(type_, TASK_TEXTS[type_]) if _is_by_hand(data) else TASK_TEXTS[type_]
        name = names[data["seq"]]
        return {"id": f"{before}: {name['id']}{_why(data)}", "en": f"{before_en}: {name['en']}{_why(data)}"}
    writer = WRITERS.get(type_)
    if writer is None:
        return {"id": type_, "en": type_}
    return writer(data, services)


TASK_TEXTS = {
    "task.asked": ("Diteruskan", "Passed on"),
    "task.put_off": ("Belum tersambung, dicoba lagi", "Not reached, trying again"),
    "task.unknown": (
        "Belum pasti diterima instansi, diperiksa lagi",
        "Not sure that it arrived, looking again",
    ),
    "task.stuck": ("Perlu dilihat petugas", "An officer has to look"),
    "task.approved": ("Selesai dan disetujui", "Done and approved"),
    "task.rejected": ("Ditolak", "Rejected"),
    "task.deemed": ("Disetujui karena hukum", "Approved by law"),
}


BY_HAND = {
    "task.asked": ("Diperiksa petugas", "Being looked at by an officer"),
    "task.approved": ("Selesai dan disetujui petugas", "Done and approved by an officer"),
    "task.rejected": ("Ditolak petugas", "Rejected by an officer"),
}


def _is_by_hand(data: Data) -> bool:
    return "desk" in data or "by_hand" in data


def _why(data: Data) -> str:
    reasons = data.get("reasons")
    return f" ({'; '.join(map(str, reasons))})" if isinstance(reasons, list) else ""


def _submitted(data: Data, services: Mapping[int, Text]) -> Text:
    del data, services
    return {"id": "Permohonan diterima.", "en": "The applications were received."}


def _charged(data: Data, services: Mapping[int, Text]) -> Text:
    del services
    total = rupiah(int(str(data["total"])))
    if data.get("kind") == "demand":
        return {
            "id": f"Surat tagihan {data['number']} atas keterlambatan terbit: {total}.",
            "en": f"Demand {data['number']} for paying late was issued: {total}.",
        }
    return {
        "id": f"Surat ketetapan retribusi {data['number']} terbit: {total}.",
        "en": f"Fee notice {data['number']} was issued: {total}.",
    }


def _settled(data: Data, services: Mapping[int, Text]) -> Text:
    del services
    amount = rupiah(int(str(data["amount"])))
    if data["provider"] == "moved":
        return {
            "id": f"{data['number']} lunas dengan {amount} dari uang yang sudah diterima.",
            "en": f"{data['number']} is paid with {amount} of what had been received.",
        }
    return {
        "id": f"Pembayaran {amount} untuk {data['number']} diterima.",
        "en": f"A payment of {amount} for {data['number']} was received.",
    }


def _issued(data: Data, services: Mapping[int, Text]) -> Text:
    del services
    kinds = {"refusal": ("Surat penolakan", "Refusal letter")}
    kind, kind_en = kinds.get(str(data["kind"]), ("Dokumen", "Document"))
    return {"id": f"{kind} {data['number']} terbit.", "en": f"{kind_en} {data['number']} was issued."}


def _ended(data: Data, services: Mapping[int, Text]) -> Text:
    name = services[int(str(data["position"]))]
    said, said_en = ENDS[str(data["state"])]
    return {"id": f"{name['id']}: {said}.", "en": f"{name['en']}: {said_en}."}


def _bundle_ended(data: Data, services: Mapping[int, Text]) -> Text:
    del services
    said, said_en = OUTCOMES[str(data["outcome"])]
    return {"id": said, "en": said_en}


def _replanned(data: Data, services: Mapping[int, Text]) -> Text:
    name, version = services[int(str(data["position"]))], data["to"]
    if data.get("is_undo"):
        return {
            "id": f"{name['id']} kembali ke versi {version} standar layanan.",
            "en": f"{name['en']} is back under version {version} of its standard.",
        }
    return {
        "id": f"{name['id']} kini mengikuti versi {version} standar layanan; yang sudah berjalan tetap berlaku.",
        "en": f"{name['en']} goes by version {version} of its standard now; what has begun stays as it is.",
    }


def _added(data: Data, services: Mapping[int, Text]) -> Text:
    name = services[int(str(data["position"]))]
    return {"id": f"Permohonan {name['id']} ditambahkan.", "en": f"{name['en']} was added."}


WRITERS: Mapping[str, Callable[[Data, Mapping[int, Text]], Text]] = {
    "bundle.submitted": _submitted,
    "clock.started": clock_started,
    "calendar.changed": lambda data, services: calendar_changed(data),
    "bundle.replanned": _replanned,
    "application.added": _added,
    "fee.charged": _charged,
    "payment.settled": _settled,
    "decision.issued": _issued,
    "application.ended": _ended,
    "bundle.ended": _bundle_ended,
    "application.deemed": deemed_texts.deemed,
    "application.deemed_held": deemed_texts.held,
    "application.deemed_refused": deemed_texts.refused,
    **CHANGES,
    **MONEY,
}
