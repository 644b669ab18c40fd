"""What the verifier says to people, in Indonesian and English."""

from collections.abc import Sequence

from ptsp.verifier.report import Finding, Report

LANGUAGES = ("id", "en")
MOST = 50  # of one kind of finding, before the rest is only counted

# Code -> Indonesian, English. Faults first, then what could not be checked.
WORDS: dict[str, tuple[str, str]] = {
    "members": ("isi berkas ekspor tidak lengkap atau berlebih", "the export has parts missing or too many"),
    "line": ("baris tidak dalam bentuk yang ditetapkan", "a line is not in its one form"),
    "count": ("jumlah baris tidak sama dengan yang disebut", "there are not as many lines as it says"),
    "exported_at": (
        "waktu ekspor lebih awal daripada ringkasan terakhir",
        "the export says it was made before its last head",
    ),
    "event_hash": ("isi kejadian telah diubah", "an event was changed"),
    "event_order": (
        "kejadian hilang, disisipkan, atau berpindah urutan",
        "an event is missing, inserted or out of order",
    ),
    "event_columns": (
        "kolom kejadian berbeda dari isinya, atau milik berkas lain",
        "an event's columns differ from its body, or it is of another bundle",
    ),
    "event_backdated": (
        "kejadian ditulis lebih belakangan daripada waktu yang disebutnya",
        "an event was written later than it says",
    ),
    "bundle_unknown": ("ada kejadian tanpa berkas", "there are events of no bundle"),
    "bundle_empty": ("semua kejadian berkas hilang", "all events of a bundle are missing"),
    "bundle_gone": (
        "berkas yang ada pada ringkasan harian telah hilang",
        "a bundle that a daily head holds is gone",
    ),
    "chain_end": (
        "rangkaian tidak berakhir pada ujung yang tercatat",
        "a chain does not end where its bundle says",
    ),
    "chain_cut": (
        "rangkaian lebih pendek daripada pada ringkasan harian",
        "a chain is shorter than on the day of a head",
    ),
    "chain_remade": (
        "rangkaian disusun ulang setelah ringkasan harian",
        "a chain was made anew after a head",
    ),
    "leaf_order": (
        "catatan ujung rangkaian tidak berurutan",
        "the recorded ends of a chain are out of order",
    ),
    "leaf_day": (
        "ada catatan ujung rangkaian tanpa ringkasan harian",
        "there are recorded ends without a head",
    ),
    "head_form": ("ringkasan harian tidak terbaca", "a head cannot be read"),
    "head_other": ("ringkasan harian milik kantor lain", "a head is of another office"),
    "head_previous": (
        "ringkasan harian tidak menyambung pada yang sebelumnya",
        "a head does not follow from the one before",
    ),
    "head_order": ("urutan ringkasan harian salah", "heads are out of order"),
    "head_breaks": (
        "saat dibuat, ringkasan ini sudah mencatat rangkaian yang rusak",
        "when it was made, this head already told of broken chains",
    ),
    "head_root": (
        "akar ringkasan harian tidak cocok dengan isinya",
        "the root of a head does not fit its leaves",
    ),
    "head_counts": ("jumlah pada ringkasan harian tidak cocok", "the counts of a head do not fit its leaves"),
    "certificates": (
        "daftar sertifikat tidak sama dengan yang dipakai",
        "the certificates are not those used",
    ),
    "signature": ("tanda tangan tidak cocok dengan ringkasan", "a signature does not fit its head"),
    "signature_form": ("tanda tangan rusak", "a signature is damaged"),
    "signature_issuer": (
        "sertifikat penanda tangan tidak diterbitkan oleh otoritasnya",
        "the signer's certificate was not issued by its authority",
    ),
    "signature_other": ("ditandatangani oleh kantor lain", "signed by another office"),
    "signature_expired": (
        "sertifikat tidak berlaku saat ringkasan dibuat",
        "a certificate was not in force when the head was made",
    ),
    "signature_untrusted": (
        "penanda tangan bukan yang dipercaya pemeriksa",
        "signed by nobody whom the auditor trusts",
    ),
    "stamp_form": ("cap waktu rusak", "a time-stamp is damaged"),
    "stamp_other": ("cap waktu bukan untuk ringkasan ini", "a time-stamp is of something else"),
    "stamp_early": (
        "cap waktu lebih awal daripada ringkasannya",
        "a time-stamp is earlier than its head",
    ),
    "stamp_signature": ("tanda tangan cap waktu tidak cocok", "the signature of a time-stamp does not hold"),
    "stamp_usage": ("pembuat cap waktu tidak berwenang", "whoever stamped may not stamp time"),
    "stamp_algorithm": ("algoritma cap waktu tidak dikenal", "the algorithm of a time-stamp is not known"),
    "stamp_untrusted": (
        "cap waktu bukan dari otoritas yang dipercaya, sedangkan yang lain dari sana",
        "a time-stamp is from nobody trusted, while others are",
    ),
    "held_missing": (
        "ringkasan ini ada pada pemegang kedua, tetapi tidak ada dalam ekspor",
        "the second holder has this head, and the export does not",
    ),
    "held_differs": (
        "salinan pemegang kedua berbeda dari ekspor",
        "the second holder's copy differs from the export",
    ),
    "no_trust": (
        "siapa penanda tangannya: tidak ada sertifikat tepercaya yang diberikan (--trust). Sidik jari otoritas",
        "who has signed: no trusted certificate was given (--trust). Fingerprint of the authority",
    ),
    "no_stamp": ("ringkasan tanpa cap waktu", "heads without a time-stamp"),
    "no_stamp_trust": (
        "siapa pembuat cap waktunya: sertifikatnya tidak diberikan (--trust)",
        "who has stamped: its certificate was not given (--trust)",
    ),
    "stamp_late": (
        "apa yang terjadi sebelum cap waktu yang datang lebih dari sehari kemudian",
        "what happened before a time-stamp that came more than a day later",
    ),
    "stamp_strange": (
        "cap waktu memuat sertifikat yang tidak dapat diperiksa dan tidak dipakai",
        "time-stamps hold certificates that cannot be checked, and are not used",
    ),
    "no_holder": (
        "salinan pemegang kedua (--heads), satu-satunya bukti bila ringkasan dibuat ulang atau dihapus dari akhir",
        "the second holder's copy (--heads), which alone shows heads that were made anew, or removed at the end",
    ),
    "not_held": (
        "ringkasan yang tidak ada pada pemegang kedua",
        "heads that the second holder does not have",
    ),
    "held_unreadable": ("salinan yang tidak terbaca", "a copy that cannot be read"),
    "no_heads": ("ringkasan harian: tidak ada satu pun", "daily heads: there is none"),
    "no_day": ("hari tanpa ringkasan", "days without a head"),
}

HEADING = (
    "Catatan kejadian {tenant}, diekspor {at}: {bundles} berkas, {events} kejadian.",
    "Ledger of {tenant}, exported {at}: {bundles} bundles, {events} events.",
)
HEADS = (
    "Ringkasan harian: {heads}; bercap waktu tepercaya: {stamped}; cocok dengan pemegang kedua: {held}.",
    "Daily heads: {heads}; time-stamped by somebody trusted: {stamped}; the same at the second holder: {held}.",
)
HOLDS = ("Semua yang dapat diperiksa: BENAR.", "All that could be checked HOLDS.")
BROKEN = ("TIDAK BENAR, {n} hal:", "DOES NOT HOLD, {n} findings:")
UNCHECKED = ("Yang tidak dapat diperiksa:", "What could not be checked:")
MORE = ("dan {n} lagi", "and {n} more")
WINDOWS = (
    ("since_head_s", "ringkasan terakhir", "the last head"),
    (
        "since_stamp_s",
        "ringkasan terakhir dengan cap waktu tepercaya",
        "the last head with a trusted time-stamp",
    ),
    ("since_held_s", "ringkasan terakhir pada pemegang kedua", "the last head at the second holder"),
)
WINDOW = (
    "Pemotongan di akhir tidak dapat ditemukan untuk yang terjadi setelah:",
    "What was cut off at the end cannot be found where it happened after:",
)
AFTER = (
    "Setelah ringkasan terakhir: {events} kejadian, {bundles} berkas baru. Waktu ekspor menurut berkas itu sendiri.",
    "After the last head: {events} events, {bundles} new bundles. When it was exported is the file's own word.",
)
HOURS = ("{h} jam sebelum ekspor", "{h} hours before the export")
POINTS = (",", ".")
NEVER = ("tidak ada, jadi seluruh catatan", "there is none, so the whole ledger")


def written(report: Report, language: str) -> str:
    """The whole report as text, lines at their ends."""
    n = LANGUAGES.index(language)
    counts = {"bundles": report.bundles, "events": report.events, "heads": report.heads}
    lines = [
        HEADING[n].format(tenant=report.tenant, at=report.exported_at, **counts),
        HEADS[n].format(stamped=report.stamped, held=report.held, **counts),
    ]
    if report.faults:
        lines += [BROKEN[n].format(n=len(report.faults)), *_listed(report.faults, n)]
    else:
        lines.append(HOLDS[n])
    if report.not_checked:
        lines += [UNCHECKED[n], *_listed(report.not_checked, n)]
    lines += [WINDOW[n], *_windows(report, n)]
    after = report.window
    lines.append(AFTER[n].format(events=after.events_after, bundles=after.bundles_after))
    return "\n".join(lines) + "\n"


def _listed(findings: Sequence[Finding], n: int) -> list[str]:
    lines = [
        f"- {WORDS[one.code][n]}{f': {one.place}' if one.place else ''} [{one.code}]"
        for one in findings[:MOST]
    ]
    left = len(findings) - MOST
    return lines if left <= 0 else [*lines, f"- {MORE[n].format(n=left)}"]


def _windows(report: Report, n: int) -> list[str]:
    lines = []
    for name, *what in WINDOWS:
        seconds = getattr(report.window, name)
        hours = f"{(seconds or 0) / 3600:.1f}".replace(".", POINTS[n])
        said = NEVER[n] if seconds is None else HOURS[n].format(h=hours)
        lines.append(f"- {what[n]}: {said}")
    return lines
