"""Why something does not come through, and what is to be done, in words for people. No personal data."""

from collections.abc import Mapping

from ptsp.domain import deliveries
from ptsp.flows.warning_texts import RULE
from ptsp.kernel.specs import Text

CAUSES: Mapping[str, Text] = {
    "away": {"id": "Instansi tidak dapat dihubungi", "en": "The agency cannot be reached"},
    "busy": {"id": "Instansi sedang sibuk", "en": "The agency is busy"},
    "quota": {"id": "Kuota ke instansi habis", "en": "The quota at the agency is used up"},
    "line": {"id": "Sambungan ke instansi terputus", "en": "The line to the agency broke"},
    "nonsense": {"id": "Jawaban instansi tidak terbaca", "en": "The agency's answer cannot be read"},
    "refused": {"id": "Ditolak oleh sistem instansi", "en": "Refused by the agency's system"},
    "misconfigured": {
        "id": "Alamat, kunci, atau sertifikat salah",
        "en": "Wrong address, key or certificate",
    },
    "fault": {"id": "Kesalahan pada penghubung", "en": "A fault of the connector"},
    "poison": {
        "id": "Menghentikan program pengirim berulang kali",
        "en": "It ended the sending program again and again",
    },
    "too_old": {
        "id": "Tidak tersampaikan sampai batas waktunya lewat",
        "en": "Not delivered until its limit was over",
    },
    "needs_check": {
        "id": "Mungkin sudah diterima instansi; harus diperiksa",
        "en": "The agency may have it already; somebody has to check",
    },
    "circuit": {"id": "Instansi tidak menjawab", "en": "The agency does not answer"},
    "message": {"id": "Pesan tidak terkirim", "en": "A message could not be sent"},
    "gap_missing_there": {
        "id": "Tidak ada pada daftar instansi",
        "en": "Missing from the agency's list",
    },
    "gap_missing_here": {
        "id": "Ada pada daftar instansi, tidak pernah kami kirim",
        "en": "On the agency's list, and never asked by us",
    },
    "gap_unanswered": {
        "id": "Sudah diputus instansi, jawabannya belum sampai",
        "en": "Decided by the agency, and its answer did not reach us",
    },
    "gap_different": {
        "id": "Keputusan pada daftar instansi berbeda",
        "en": "The agency's list has another verdict",
    },
    "gap_doubled": {
        "id": "Satu pertanyaan bernomor ganda di instansi",
        "en": "One question has two numbers at the agency",
    },
    "gap_unlisted": {
        "id": "Daftar instansi tidak dapat diambil",
        "en": "The agency's list cannot be had",
    },
}

ADVICE: Mapping[str, Text] = {
    "circuit": {
        "id": "Pengiriman dicoba lagi secara otomatis; mohon tanyakan kepada instansi. Tidak ada yang hilang.",
        "en": "It is tried again by itself; please ask the agency. Nothing is lost.",
    },
    "misconfigured": {
        "id": "Mohon operator memperbaiki pengaturan; setelah itu berjalan sendiri.",
        "en": "The operator has to mend the settings; then it goes on by itself.",
    },
    "gap_unlisted": {
        "id": "Pencocokan dicoba lagi secara otomatis; mohon tanyakan kepada instansi.",
        "en": "The balance is tried again by itself; please ask the agency.",
    },
}
GAP: Text = {
    "id": "Mohon tanyakan kepada instansi, lalu tutup selisihnya dengan alasan: {url}",
    "en": "Please ask the agency, then end the gap with a reason: {url}",
}
GAP_CAUSE = "gap_"
LOOK: Text = {
    "id": "Mohon diperiksa, lalu kirim ulang atau serahkan ke meja petugas: {url}",
    "en": "Please look at it, then send it again or hand it to a desk: {url}",
}
SUBJECT = "{agency}: {cause}"
BODY: Text = {
    "id": "Instansi: {agency}\nSebab: {cause}\nJumlah saat ini: {count}\n\n{advice}\n",
    "en": "Agency: {agency}\nCause: {cause}\nSo many at this moment: {count}\n\n{advice}\n",
}
DETECTED: Text = {
    "id": "Tidak menjawab sejak {at} (terdeteksi otomatis)",
    "en": "No answer since {at} (detected by itself)",
}


def cause_text(code: str) -> Text:
    """A cause in words; one that is not known here goes by its code."""
    return CAUSES.get(code, {"id": code, "en": code})


def alert_subject(agency: Text, trouble: deliveries.Trouble) -> str:
    return SUBJECT.format(agency=agency["id"], cause=cause_text(trouble.cause)["id"])


def alert_body(agency: Text, trouble: deliveries.Trouble, url: str) -> str:
    """Indonesian first, English below it."""
    return RULE.join(_body(agency, trouble, url, language) for language in ("id", "en"))


def _body(agency: Text, trouble: deliveries.Trouble, url: str, language: str) -> str:
    usual = GAP if trouble.cause.startswith(GAP_CAUSE) else LOOK
    advice = ADVICE.get(trouble.cause, usual)[language].format(url=url)
    cause = cause_text(trouble.cause)[language]
    return BODY[language].format(agency=agency[language], cause=cause, count=trouble.count, advice=advice)
