"""Sheets to render in tests: ordinary ones, a long one, and one with awkward words."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from ptsp.infra.pdf import (
    Fact,
    Letterhead,
    LetterSheet,
    NoticeLine,
    NoticeSheet,
    PermitSheet,
    Proof,
    ReceiptSheet,
    RefusalSheet,
    Sheet,
    Signature,
)

FOLDER = Path(__file__).parents[3] / "tenants" / "_base" / "templates"
HEAD = Letterhead(
    government="Pemerintah Kabupaten Sidoarjo",
    office="Kantor Pelayanan Perizinan Terpadu",
    contact=("Jalan Contoh Nomor 1, Sidoarjo", "Pelayanan: Senin sampai dengan Jumat, 08.00-15.00 WIB"),
)
PROOF = Proof(
    code="sidoarjo.K7QF-2M9D-XW4T-8HRC",
    verify_url="http://127.0.0.1:8080/verify/sidoarjo.K7QF-2M9D-XW4T-8HRC",
)
SIGNATURE = Signature(
    place="Sidoarjo",
    position="Kepala Kantor Pelayanan Perizinan Terpadu",
    name="Pejabat Penanda Tangan",
    capacity="a.n. Bupati Sidoarjo",
)
HOLDER = (
    Fact("Nama", "Pemohon Uji Coba"),
    Fact("NIK", "351508******9990"),
    Fact("Alamat", "Desa Contoh RT 01 RW 02, Kecamatan Contoh, Kabupaten Sidoarjo"),
)
NOTE = "Dokumen ini ditandatangani dengan sertifikat uji dan tidak mempunyai kekuatan hukum."

PERMIT = PermitSheet(
    letterhead=HEAD,
    title="Izin Mendirikan Bangunan (IMB)",
    number="503/000123/IMB/2026",
    holder=HOLDER,
    subject="Mendirikan bangunan gedung dengan fungsi hunian sebagaimana diuraikan di bawah ini.",
    answers=(
        Fact("Luas lantai", "120,00 m²"),
        Fact("Jumlah lantai", "2"),
        Fact("Fungsi bangunan", "Hunian"),
        Fact("Lokasi bangunan", "Desa Contoh, Kecamatan Contoh"),
    ),
    legal_basis=(
        "Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik.",
        "Peraturan Daerah Kabupaten Sidoarjo tentang Izin Mendirikan Bangunan.",
    ),
    conditions=(
        "Pembangunan dilaksanakan sesuai dengan gambar rencana yang telah disahkan.",
        "Izin ini wajib diperlihatkan kepada petugas pengawas bila diminta.",
        "Perubahan atas keterangan di atas wajib diajukan kembali.",
    ),
    issued_on=date(2026, 11, 22),
    valid_until=date(2027, 11, 22),
    signature=SIGNATURE,
    proof=PROOF,
    note=NOTE,
)
REFUSAL = RefusalSheet(
    letterhead=HEAD,
    title="Surat Penolakan Permohonan",
    number="503/000124/TOLAK/2026",
    holder=HOLDER,
    service="Izin Gangguan (HO)",
    reference="SDA-2026-000042",
    lodged_on=date(2026, 10, 5),
    reasons=(
        "Lokasi usaha berada di dalam kawasan permukiman yang tidak diperuntukkan bagi kegiatan industri.",
        "Persetujuan tetangga sebelah timur tidak dilampirkan.",
    ),
    legal_basis=("Peraturan Daerah Kabupaten Sidoarjo tentang Izin Gangguan.",),
    remedies=(
        "Mengajukan permohonan baru setelah alasan penolakan dipenuhi, tanpa batas waktu.",
        "Menyampaikan pengaduan melalui loket atau laman pelayanan kantor ini.",
    ),
    issued_on=date(2026, 11, 22),
    signature=SIGNATURE,
    proof=PROOF,
    note=NOTE,
    appeal=(
        "Terhadap keputusan ini Saudara dapat mengajukan keberatan secara tertulis kepada pejabat yang menetapkan "
        "keputusan paling lambat tanggal 21 Desember 2026. Dasar hukum: UU 30/2014."
    ),
)
NOTICE = NoticeSheet(
    letterhead=HEAD,
    title="Surat Ketetapan Retribusi Daerah (SKRD)",
    number="SKRD/000077/2026",
    payer=HOLDER,
    service="Izin Mendirikan Bangunan (IMB)",
    reference="SDA-2026-000042",
    account="8808 0126 0000 0042",
    lines=(
        NoticeLine(
            "Bangunan gedung", "4.1.2.03.01", 162_625, "120 m² x indeks terintegrasi 0,3012 x 1,00 x Rp4.500"
        ),
        NoticeLine(
            "Prasarana bangunan: pagar", "4.1.2.03.01", 25_000, "10 m x Rp2.500", "Bendahara Penerimaan"
        ),
    ),
    legal_basis=("Peraturan Daerah Kabupaten Sidoarjo tentang Retribusi Perizinan Tertentu.",),
    how_to_pay=(
        "Bayar di loket bank yang ditunjuk atau melalui transfer dengan menyebutkan kode bayar.",
        "Simpan bukti pembayaran; permohonan diproses lanjut setelah pembayaran diterima.",
    ),
    late="Keterlambatan membayar dikenai bunga sesuai dengan peraturan daerah.",
    issued_on=date(2026, 11, 22),
    due_on=date(2026, 12, 7),
    signature=SIGNATURE,
    proof=PROOF,
    note=NOTE,
)
RECEIPT = ReceiptSheet(
    letterhead=HEAD,
    title="Surat Setoran Retribusi Daerah (SSRD)",
    number="SSRD/000021/SDA/2026",
    payer=HOLDER,
    facts=(
        Fact("Diterima pada", "22 November 2026, 09.30 WIB"),
        Fact("Cara membayar", "Virtual account"),
        Fact("Nomor referensi", "BANK-0001"),
    ),
    lines=(
        NoticeLine("Bangunan gedung", "4.1.2.03.01", 162_625, "SKRD/00077/SDA/2026", "Bendahara Penerimaan"),
        NoticeLine("Dikembalikan kepada pembayar", "", 1_000, "SKRDLB/00003/SDA/2026"),
    ),
    issued_on=date(2026, 11, 22),
    signature=SIGNATURE,
    proof=PROOF,
    note=NOTE,
)
LETTER = LetterSheet(
    letterhead=HEAD,
    title="Surat Ketetapan Retribusi Daerah Lebih Bayar (SKRDLB)",
    number="SKRDLB/00003/SDA/2026",
    payer=HOLDER,
    facts=(Fact("Pembayaran", "SSRD/000021/SDA/2026, 22 November 2026, Rp163.625"),),
    why="Jumlah yang dibayar lebih besar daripada tagihannya.",
    amount_label="Jumlah yang dikembalikan",
    amount=1_000,
    then=("Sampaikan rekening tujuan pengembalian kepada kantor ini.",),
    legal_basis=("Peraturan Daerah Kabupaten Sidoarjo tentang Retribusi Perizinan Tertentu.",),
    issued_on=date(2026, 11, 22),
    signature=SIGNATURE,
    proof=PROOF,
    note=NOTE,
)
LONG_WORD = "pertanggungjawabanketidakberketerbatasan" * 4
AWKWARD = '#read("/etc/passwd") *tebal* $x^2$ <a> \\ "kutip" // [b] @c `d` = judul'
LONG_PERMIT = replace(
    PERMIT,
    title="Izin Pembuangan Limbah Cair dan Pengambilan Air Tanah untuk Kegiatan Industri Pengolahan",
    answers=tuple(
        Fact(f"Keterangan teknis nomor {i} tentang instalasi pengolahan", f"{i * 37},50 liter per detik")
        for i in range(1, 29)
    ),
    valid_until=None,
)
WIDE_PERMIT = replace(
    PERMIT,
    number="503/" + "9" * 60,
    holder=(Fact("Nama", LONG_WORD), Fact("NIK", "351508******9990"), Fact("Alamat", LONG_WORD)),
    subject=AWKWARD,
    answers=(Fact(LONG_WORD, LONG_WORD), Fact(AWKWARD, AWKWARD)),
    conditions=(LONG_WORD, AWKWARD),
    proof=Proof(code="k" * 80, verify_url="https://" + "kabupaten" * 20 + "/verify"),
    signature=Signature(place=LONG_WORD[:40], position=LONG_WORD, name=LONG_WORD),
)
LONG_NOTICE = replace(
    NOTICE,
    lines=tuple(
        NoticeLine(f"Prasarana nomor {i}", "4.1.2.03.01", 1_000_000 * i, "dasar perhitungan")
        for i in range(1, 31)
    ),
)
SAMPLES: dict[str, Sheet] = {
    "permit": PERMIT,
    "refusal": REFUSAL,
    "notice": NOTICE,
    "receipt": RECEIPT,
    "letter": LETTER,
    "closed_notice": replace(
        NOTICE, closed="Surat ini dibatalkan pada 1 Desember 2026: permohonan ditarik kembali."
    ),
    "wide_letter": replace(
        LETTER, why=f"{LONG_WORD} {AWKWARD}", facts=(Fact(LONG_WORD, AWKWARD),), then=(LONG_WORD,)
    ),
    "long_permit": LONG_PERMIT,
    "wide_permit": WIDE_PERMIT,
    "long_notice": LONG_NOTICE,
}


def templates() -> dict[str, str]:
    """The base pack's templates, as a loaded pack holds them."""
    return {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.typ"))}
