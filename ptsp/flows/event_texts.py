"""What the ledger says, in plain words for the applicant."""

import json
from collections.abc import Callable, Mapping

from ptsp.kernel.money import rupiah
from ptsp.kernel.specs import Text

Data = Mapping[str, object]
Names = Mapping[int, Text]  # task seq -> its name

OUTCOMES = {
    "approved": ("Semua permohonan dikabulkan.", "All applications were approved."),
    "partly_approved": ("Sebagian permohonan dikabulkan.", "Some of the applications were approved."),
    "refused": ("Permohonan ditolak.", "The applications were refused."),
}


def event_text(type_: str, body: str, names: Names, services: Mapping[int, Text]) -> Text:
    """One sentence, in Indonesian and English. An unknown type is shown by its name rather than hidden."""
    data = json.loads(body)["data"]
    if type_.startswith("task.") and type_ in TASK_TEXTS:
        before, before_en = TASK_TEXTS[type_]
        name = names[data["seq"]]
        return {"id": f"{before}: {name['id']}{_why(data)}", "en": f"{before_en}: {name['en']}{_why(data)}"}
    writer = WRITERS.get(type_)
    if writer is None:
        return {"id": type_, "en": type_}
    return writer(data, services)


TASK_TEXTS = {
    "task.asked": ("Diteruskan", "Passed on"),
    "task.put_off": ("Belum tersambung, dicoba lagi", "Not reached, trying again"),
    "task.stuck": ("Perlu dilihat petugas", "An officer has to look"),
    "task.approved": ("Selesai dan disetujui", "Done and approved"),
    "task.rejected": ("Ditolak", "Rejected"),
}


def _why(data: Data) -> str:
    reasons = data.get("reasons")
    return f" ({'; '.join(map(str, reasons))})" if isinstance(reasons, list) else ""


def _submitted(data: Data, services: Mapping[int, Text]) -> Text:
    del data, services
    return {"id": "Permohonan diterima.", "en": "The applications were received."}


def _charged(data: Data, services: Mapping[int, Text]) -> Text:
    del services
    total = rupiah(int(str(data["total"])))
    return {
        "id": f"Surat ketetapan retribusi {data['number']} terbit: {total}.",
        "en": f"Fee notice {data['number']} was issued: {total}.",
    }


def _settled(data: Data, services: Mapping[int, Text]) -> Text:
    del services
    amount = rupiah(int(str(data["amount"])))
    return {
        "id": f"Pembayaran {amount} untuk {data['number']} diterima.",
        "en": f"A payment of {amount} for {data['number']} was received.",
    }


def _issued(data: Data, services: Mapping[int, Text]) -> Text:
    del services
    kinds = {"refusal": ("Surat penolakan", "Refusal letter")}
    kind, kind_en = kinds.get(str(data["kind"]), ("Dokumen", "Document"))
    return {"id": f"{kind} {data['number']} terbit.", "en": f"{kind_en} {data['number']} was issued."}


def _cut(data: Data, services: Mapping[int, Text]) -> Text:
    del data, services
    return {
        "id": "Langkah yang bergantung pada penolakan itu dihentikan; yang lain berjalan terus.",
        "en": "Steps that depend on that rejection were ended; the others go on.",
    }


def _ended(data: Data, services: Mapping[int, Text]) -> Text:
    name = services[int(str(data["position"]))]
    is_approved = data["state"] == "approved"
    said, said_en = ("dikabulkan", "approved") if is_approved else ("ditolak", "refused")
    return {"id": f"{name['id']}: {said}.", "en": f"{name['en']}: {said_en}."}


def _bundle_ended(data: Data, services: Mapping[int, Text]) -> Text:
    del services
    said, said_en = OUTCOMES[str(data["outcome"])]
    return {"id": said, "en": said_en}


WRITERS: Mapping[str, Callable[[Data, Mapping[int, Text]], Text]] = {
    "bundle.submitted": _submitted,
    "fee.charged": _charged,
    "payment.settled": _settled,
    "decision.issued": _issued,
    "tasks.cut": _cut,
    "application.ended": _ended,
    "bundle.ended": _bundle_ended,
}
