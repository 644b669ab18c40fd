"""What the signed papers say, put together from the pinned standard, the answers and the decision. Indonesian."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ptsp.domain import applications, permits
from ptsp.flows._names import agency_name
from ptsp.flows.deemed_evidence import DeemedApproval
from ptsp.infra.pdf import Fact, Letterhead, PermitSheet, Proof, RefusalSheet, Signature
from ptsp.infra.pdf.words import long_date
from ptsp.infra.tenants import Tenant, local_date
from ptsp.kernel.formulas import Value
from ptsp.kernel.identity import mask_nik
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import FieldSpec, ServiceSpec

TEST_NOTE = (
    "Ditandatangani secara elektronik dengan sertifikat uji; keasliannya diperiksa pada alamat di atas."
)
SERVICE_NOTE = (
    "Ditandatangani secara elektronik dengan sertifikat elektronik penanda tangan; keasliannya diperiksa pada alamat "
    "di atas."
)
REMEDIES = ("Perbaiki hal-hal di atas, lalu ajukan permohonan baru.",)
UNITS = {
    Unit.WORKING_DAYS: "hari kerja",
    Unit.WORKING_HOURS: "jam kerja",
    Unit.CALENDAR_DAYS: "hari kalender",
    Unit.MONTHS: "bulan",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """All a document is written from; nothing here is read from the database any more."""

    tenant: Tenant
    service: ServiceSpec
    bundle: applications.BundleRow
    application: applications.ApplicationRow
    applicant: Mapping[str, str]
    decision: permits.Decision
    issued_on: date
    public_url: str
    appeal_until: date | None = None  # the last day for an objection to a refusal
    deemed: DeemedApproval | None = None  # nobody decided in time, and the law did
    note: str = TEST_NOTE  # how it is signed

    @property
    def is_refusal(self) -> bool:
        return self.decision.kind == "refusal"


def permit_sheet(paper: Paper) -> PermitSheet:
    service = paper.service
    return PermitSheet(
        letterhead=letterhead(paper.tenant),
        title=service.name["id"],
        number=paper.decision.number,
        holder=holder(paper.applicant),
        subject=f"Diberikan {service.name['id']} kepada pemohon tersebut di atas, dengan data sebagai berikut.",
        answers=_answers(paper),
        legal_basis=(service.standard.internal["legal_basis"]["id"],),
        conditions=(),
        issued_on=paper.issued_on,
        valid_until=paper.decision.valid_until,
        signature=signature(paper.tenant, paper.service.signer),
        proof=proof(paper.decision.code, paper.public_url),
        note=paper.note,
        deemed=_deemed(paper),
    )


def refusal_sheet(paper: Paper) -> RefusalSheet:
    service = paper.service
    return RefusalSheet(
        letterhead=letterhead(paper.tenant),
        title="Surat Penolakan",
        number=paper.decision.number,
        holder=holder(paper.applicant),
        service=service.name["id"],
        reference=paper.bundle.reference,
        lodged_on=local_date(paper.bundle.lodged_at, paper.tenant.pack),
        reasons=paper.decision.reasons,
        legal_basis=(service.standard.internal["legal_basis"]["id"],),
        remedies=REMEDIES,
        appeal=_appeal(paper),
        issued_on=paper.issued_on,
        signature=signature(paper.tenant, paper.service.signer),
        proof=proof(paper.decision.code, paper.public_url),
        note=paper.note,
    )


def _deemed(paper: Paper) -> tuple[Fact, ...]:
    """That silence made it an approval: by which law, and from when to when nobody decided."""
    if paper.deemed is None:
        return ()
    by_law = paper.deemed
    facts = [
        Fact("Dasar hukum", by_law.legal_basis),
        Fact("Dihitung sejak", long_date(by_law.started_on)),
        Fact("Batas waktu", long_date(by_law.due_on)),
        Fact("Dianggap disetujui", long_date(local_date(by_law.at, paper.tenant.pack))),
    ]
    if by_law.ground:
        facts.append(Fact("Pertimbangan", by_law.ground))
    return tuple(facts)


def _appeal(paper: Paper) -> str:
    """The way of appeal, as the standard has it; empty where it has none."""
    objection = paper.service.standard.objection
    if objection is None or paper.appeal_until is None:
        return ""
    return (
        f"Terhadap keputusan ini Saudara dapat mengajukan keberatan secara tertulis kepada {objection.to['id']} "
        f"paling lambat tanggal {long_date(paper.appeal_until)} ({_limit(objection.within)} sejak surat ini terbit), "
        "melalui halaman pemantauan permohonan atau di loket kantor ini. Keberatan diputus paling lama "
        f"{_limit(objection.decided_within)} sejak diterima. Dasar hukum: {objection.legal_basis}."
    )


def _limit(limit: Limit) -> str:
    return f"{limit.amount} {UNITS[limit.unit]}"


def shown_answer(field: FieldSpec, value: Value) -> str:
    """An answer as Indonesians write it: 1.250,5 m2; Ya; the label of a choice."""
    if isinstance(value, bool):
        return "Ya" if value else "Tidak"
    if isinstance(value, Decimal):
        whole, _, part = format(value, "f").partition(".")
        number = f"{int(whole):,}".replace(",", ".") + (f",{part}" if part else "")
        return f"{number} {field.unit}".strip()
    labels = {choice.code: choice.label["id"] for choice in field.choices}
    return labels.get(value, value)


def letterhead(tenant: Tenant) -> Letterhead:
    government = tenant.pack.government or f"Pemerintah {tenant.pack.region}"
    return Letterhead(government=government, office=tenant.pack.name["id"])


def holder(person: Mapping[str, str]) -> tuple[Fact, ...]:
    """Who it is about, the NIK masked."""
    return (
        Fact("Nama", person["name"]),
        Fact("NIK", mask_nik(person["nik"])),
        Fact("Alamat", person["address"]),
        Fact(
            "Tempat, tanggal lahir",
            f"{person['birth_place']}, {long_date(date.fromisoformat(person['birth_on']))}",
        ),
    )


def _answers(paper: Paper) -> tuple[Fact, ...]:
    given = applications.answers_from_text(paper.application.answers)
    return tuple(
        Fact(field.label["id"], shown_answer(field, given[field.code]))
        for field in paper.service.fields
        if field.code in given
    )


def signature(tenant: Tenant, agency: str) -> Signature:
    """Who signs. An agency that the pack no longer has goes by its code."""
    place = tenant.pack.region.removeprefix("Kabupaten ").removeprefix("Kota ")
    return Signature(place=place, position=agency_name(tenant, agency)["id"])


def proof(code: str, public_url: str) -> Proof:
    return Proof(code=code, verify_url=f"{public_url}/verify/{code}")
