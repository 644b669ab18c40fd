"""Two pretend offices: one like Sidoarjo's with linked services, one that has published nothing yet."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import (
    AgencySpec,
    Basis,
    CalendarSpec,
    Choice,
    ClockSpec,
    CorrectionSpec,
    DeemedSpec,
    ExtensionSpec,
    FeeLineSpec,
    FeeSpec,
    FieldSpec,
    Figure,
    Gate,
    ObjectionSpec,
    Outcome,
    Pattern,
    RequirementSpec,
    ServiceSpec,
    StandardSpec,
    StepKind,
    StepSpec,
    StopReason,
    TableSpec,
    TenantPack,
    Text,
)

PAPER = ("application/pdf", "image/jpeg", "image/png")


def two(indonesian: str, english: str) -> Text:
    return {"id": indonesian, "en": english}


AGENCIES = {
    code: AgencySpec(code, two(indonesian, english), connector, {}, connector is None)
    for code, indonesian, english, connector in (
        ("front_office", "Loket pendaftaran", "Front office", None),
        ("population", "Dinas Kependudukan dan Pencatatan Sipil", "Population and Civil Registration", "ktp"),
        ("public_works", "Dinas Pekerjaan Umum dan Bina Marga", "Public Works Agency", "permits"),
        ("spatial", "Dinas Perumahan, Permukiman dan Tata Ruang", "Housing and Spatial Planning", "permits"),
        ("land", "Kantor Pertanahan (BPN)", "Land Office (BPN)", "permits"),
        ("environment", "Dinas Lingkungan Hidup", "Environment Agency", "permits"),
        ("ho", "Tim Teknis Izin Gangguan (Satuan Polisi Pamong Praja)", "Nuisance Technical Team", "ho"),
        ("trade", "Dinas Perindustrian dan Perdagangan", "Industry and Trade Agency", "permits"),
        ("treasurer", "Bendahara penerimaan", "Treasurer", None),
        ("head", "Kepala Dinas Penanaman Modal dan PTSP", "Head of the Office", None),
    )
}
INTERNAL = {
    key: two(f"Keterangan tentang {key}.", f"What is said of {key}.")
    for key in (
        "legal_basis",
        "facilities",
        "competence",
        "supervision",
        "staff",
        "service_guarantee",
        "safety_guarantee",
        "evaluation",
    )
}


def standard(days: int) -> StandardSpec:
    return StandardSpec(
        version=1,
        valid_from=date(2026, 1, 1),
        valid_to=None,
        time_limit=Figure(Limit(days), Basis.ASSUMED, "Batas umum Permendagri 24/2006"),
        procedure=two(
            "Berkas dan data pemohon diperiksa, lokasi ditinjau, rencana dinilai, lalu izin ditandatangani.",
            "The file and the identity are checked, the site is visited, then the permit is signed.",
        ),
        product=two("Dokumen bertanda tangan digital.", "A digitally signed document."),
        complaints=two(
            "Pengaduan dijawab dalam 10 hari kerja.", "Complaints are answered in 10 working days."
        ),
        internal=INTERNAL,
    )


def step(code: str, name: Text, agency: str, days: int, *after: str, **more: object) -> StepSpec:
    kind = StepKind.ASK if AGENCIES[agency].connector else StepKind.DESK
    return StepSpec(code, name, kind, agency, Limit(days), after, **more)  # type: ignore[arg-type]


CHECK = (
    step(
        "file_check",
        two("Pemeriksaan kelengkapan berkas", "Completeness check"),
        "front_office",
        1,
        shared="file_check",
    ),
    step(
        "identity",
        two("Pencocokan data kependudukan", "Identity check"),
        "population",
        1,
        "file_check",
        shared="identity",
    ),
)
AREA = FieldSpec(
    "floor_area",
    two("Luas lantai bangunan", "Floor area"),
    "number",
    "m2",
    Decimal(1),
    Decimal(100000),
    2,
    help=two("Luas teras dihitung separuh.", "Count half of a terrace."),
)
FLOORS = FieldSpec("floors", two("Jumlah lantai", "Number of floors"), "number", "", Decimal(1), Decimal(60))
FUNCTION = FieldSpec(
    "function",
    two("Fungsi bangunan", "Function"),
    "choice",
    choices=(
        Choice("housing", two("Hunian", "Housing")),
        Choice("business", two("Usaha", "Business")),
        Choice("mixed", two("Campuran", "Mixed")),
    ),
)
KTP = RequirementSpec("ktp", two("KTP pemohon", "Identity card"), PAPER, 5)
FEE = FeeSpec(
    legal_basis="Peraturan Daerah tentang Retribusi Izin Mendirikan Bangunan (belum dikonfirmasi)",
    basis=Basis.ASSUMED,
    source="Bentuk rumus: Perda Kabupaten Sragen 15/2011",
    lines=(
        FeeLineSpec(
            "building",
            two("Bangunan gedung", "Building"),
            "4.1.2.03.01",
            "round(floor_area * integrated_index * 4500, 0)",
        ),
        FeeLineSpec("form", two("Formulir", "Form"), "4.1.2.03.01", "5000"),
    ),
    lets={"integrated_index": "choose(function_index, function) * band(height, floors)"},
    tables={
        "function_index": TableSpec(
            "function_index",
            "choices",
            (("housing", Decimal("0.5")), ("business", Decimal(3)), ("mixed", Decimal(4))),
            Basis.CONFIRMED,
            "PUPR 05/2016 lampiran V",
        ),
        "height": TableSpec(
            "height",
            "bands",
            ((Decimal(4), Decimal("0.625")), (None, Decimal(1))),
            Basis.ASSUMED,
            "Batas 4 lantai anggapan",
        ),
    },
)
FREE = FeeSpec("Peraturan Menteri Perdagangan: tanpa biaya", Basis.CONFIRMED, "Teks peraturan")


def service(code: str, name: Text, **more: object) -> ServiceSpec:
    given: dict[str, object] = {
        "outcome": Outcome.PERMIT,
        "series": code.upper(),
        "pattern": Pattern.ONE_DOOR,
        "gate": Gate.NONE,
        "signer": "head",
        "sign_limit": Limit(1),
        "offered_from": date(2026, 1, 1),
        "offered_until": None,
        "standard": standard(15),
        "fields": (),
        "requirements": (KTP,),
        "route": CHECK,
        "fee": FREE,
    }
    return ServiceSpec(code=code, name=name, **(given | more))  # type: ignore[arg-type]


SITE = step(
    "site_visit", two("Peninjauan lapangan", "Site visit"), "public_works", 2, "identity", shared="site_visit"
)
SPATIAL = step(
    "spatial_check",
    two("Penilaian kesesuaian pemanfaatan ruang", "Spatial conformity"),
    "spatial",
    3,
    "identity",
    shared="spatial_check",
)
LOCATION = service(
    "rekomendasi_lokasi",
    two("Rekomendasi lokasi", "Location recommendation"),
    outcome=Outcome.RECOMMENDATION,
    route=(
        *CHECK,
        SITE,
        SPATIAL,
        step("land", two("Pertimbangan teknis pertanahan", "Land opinion"), "land", 4, "identity"),
    ),
)
TIMED = replace(
    standard(15),
    clock=ClockSpec(
        starts_after="file_check",
        stops=frozenset({StopReason.PAYMENT, StopReason.OUTAGE}),
        after_correction_anew=True,
        extension=ExtensionSpec(Limit(5), "Perda contoh 1/2020"),
    ),
    corrections=CorrectionSpec(1, Limit(8, Unit.WORKING_HOURS, counts_first_day=True)),
    deemed=DeemedSpec("Perda contoh 2/2020"),
    objection=ObjectionSpec(
        Limit(1, Unit.MONTHS), two("kepala dinas", "head of the office"), Limit(10), "UU 30/2014"
    ),
)
IMB = service(
    "imb",
    two("Izin Mendirikan Bangunan (IMB)", "Building permit (IMB)"),
    standard=TIMED,
    gate=Gate.BEFORE_SIGNATURE,
    fields=(
        AREA,
        FLOORS,
        FUNCTION,
        FieldSpec("basement", two("Ada lantai bawah tanah", "Has a basement"), "yes_no", when="floors > 2"),
    ),
    requirements=(
        KTP,
        RequirementSpec(
            "location",
            two("Rekomendasi lokasi", "Location recommendation"),
            PAPER[:1],
            5,
            permit="rekomendasi_lokasi",
        ),
        RequirementSpec("drawings", two("Gambar rencana bangunan", "Building drawings"), PAPER[:1], 20),
        RequirementSpec(
            "structure",
            two("Perhitungan struktur", "Structural calculation"),
            PAPER[:1],
            20,
            when="floors > 2",
        ),
    ),
    route=(
        *CHECK,
        SITE,
        SPATIAL,
        step(
            "structure",
            two("Penilaian perhitungan struktur", "Structural review"),
            "public_works",
            3,
            "site_visit",
            when='floors > 2 and function == "business"',
        ),
        step(
            "technical",
            two("Penilaian teknis rencana bangunan", "Technical review"),
            "public_works",
            3,
            "site_visit",
            "spatial_check",
            "structure",
            needs=("location",),
        ),
    ),
    fee=FEE,
    note=two("Layanan lama: IMB telah diganti PBG (PP 16/2021).", "Legacy: replaced by PBG (PP 16/2021)."),
    valid_months=12,
)
HO = service(
    "ho",
    two("Izin gangguan (HO)", "Nuisance permit (HO)"),
    gate=Gate.BEFORE_SIGNATURE,
    fields=(AREA, FieldSpec("business_name", two("Nama usaha", "Business name"), "text")),
    requirements=(
        KTP,
        RequirementSpec("imb", two("Salinan IMB", "Copy of the building permit"), PAPER, 5, permit="imb"),
    ),
    route=(
        *CHECK,
        SITE,
        step(
            "nuisance",
            two("Penilaian gangguan lingkungan sekitar", "Nuisance review"),
            "ho",
            4,
            "site_visit",
            needs=("imb",),
        ),
    ),
    fee=replace(
        FEE,
        lets={},
        tables={},
        lines=(
            FeeLineSpec(
                "ho", two("Retribusi izin gangguan", "Nuisance fee"), "4.1.2.03.03", "floor_area * 1800"
            ),
        ),
    ),
)
SIUP = service(
    "siup",
    two("Surat Izin Usaha Perdagangan (SIUP)", "Trading licence (SIUP)"),
    fields=(FieldSpec("business_name", two("Nama usaha", "Business name"), "text"),),
    route=(
        *CHECK,
        step("trade", two("Pemeriksaan data perusahaan", "Company check"), "trade", 1, "identity"),
    ),
)
SERVICES = {one.code: one for one in (LOCATION, IMB, HO, SIUP)}


def pack(
    code: str, name: Text, region: str, region_code: str, services: Mapping[str, ServiceSpec]
) -> TenantPack:
    return TenantPack(
        code=code,
        name=name,
        region=region,
        region_code=region_code,
        time_zone="Asia/Jakarta",
        pattern=Pattern.ONE_DOOR if services else Pattern.ONE_ROOF,
        prefix=code[:3].upper(),
        agencies=AGENCIES,
        services=services,
        calendar=CalendarSpec(
            frozenset(range(5)),
            collective_leave=True,
            days_off=(),
            basis=Basis.ASSUMED,
            source="Senin sampai Jumat",
        ),
        texts={
            "office.about": two("Satu pintu untuk perizinan.", "One door to permits."),
            "office.hours": two("Pada hari kerja.", "On working days."),
        },
        templates={},
        digest="0" * 64,
    )


PACKS = {
    one.code: one
    for one in (
        pack(
            "sidoarjo",
            two(
                "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu Kabupaten Sidoarjo",
                "Sidoarjo Regency One-Stop Licensing Office",
            ),
            "Kabupaten Sidoarjo",
            "35.15",
            SERVICES,
        ),
        pack(
            "bontang",
            two("Dinas Penanaman Modal dan PTSP Kota Bontang", "Bontang City One-Stop Licensing Office"),
            "Kota Bontang",
            "64.74",
            {},
        ),
    )
}
