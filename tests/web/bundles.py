"""Bundles of the pretend office in every state that a page can show."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from ptsp.flows.money_views import BillView, PaymentView
from ptsp.flows.views import (
    ApplicationView,
    BundleView,
    CorrectionItem,
    CorrectionView,
    DocumentView,
    EventView,
    NoticeView,
    TaskView,
)
from ptsp.kernel.limits import Limit
from tests.web.bills import INTEREST, LODGED, QR, SETTLED, WARNING, bill, notice
from tests.web.packs import AGENCIES, CHECK, IMB, PACKS, SERVICES, SITE, SPATIAL, two

TASKS = (  # seq, code, name, kind, agency, services, after, days, planned
    (1, "file_check", CHECK[0].name, "desk", "front_office", "rihs", (), 1, 3),
    (2, "identity", CHECK[1].name, "ask", "population", "rihs", (1,), 1, 4),
    (3, "site_visit", SITE.name, "ask", "public_works", "rih", (2,), 2, 6),
    (4, "spatial_check", SPATIAL.name, "ask", "spatial", "ri", (2,), 3, 9),
    (5, "land", two("Pertimbangan teknis pertanahan", "Land opinion"), "ask", "land", "r", (2,), 4, 10),
    (6, "trade", two("Pemeriksaan data perusahaan", "Company check"), "ask", "trade", "s", (2,), 1, 5),
    (
        7,
        "decide",
        two("Penandatanganan rekomendasi lokasi", "Signature: location"),
        "decide",
        "head",
        "r",
        (3, 4, 5),
        1,
        11,
    ),
    (
        8,
        "technical",
        two("Penilaian teknis rencana bangunan", "Technical review"),
        "ask",
        "public_works",
        "i",
        (3, 4, 7),
        3,
        16,
    ),
    (
        9,
        "nuisance",
        two("Penilaian gangguan lingkungan sekitar", "Nuisance review"),
        "ask",
        "ho",
        "h",
        (3, 13),
        4,
        23,
    ),
    (10, "decide", two("Penandatanganan SIUP", "Signature: SIUP"), "decide", "head", "s", (6,), 1, 6),
    (
        11,
        "charge",
        two("Penetapan retribusi IMB", "Fee notice: IMB"),
        "charge",
        "treasurer",
        "i",
        (8,),
        0,
        16,
    ),
    (
        12,
        "payment",
        two("Pembayaran retribusi IMB", "Payment: IMB"),
        "payment",
        "treasurer",
        "i",
        (11,),
        0,
        16,
    ),
    (13, "decide", two("Penandatanganan IMB", "Signature: IMB"), "decide", "head", "i", (12,), 1, 17),
    (14, "charge", two("Penetapan retribusi HO", "Fee notice: HO"), "charge", "treasurer", "h", (9,), 0, 23),
    (15, "payment", two("Pembayaran retribusi HO", "Payment: HO"), "payment", "treasurer", "h", (14,), 0, 23),
    (
        16,
        "decide",
        two("Penandatanganan izin gangguan", "Signature: HO"),
        "decide",
        "head",
        "h",
        (15,),
        1,
        24,
    ),
)
LETTERS = {"r": "rekomendasi_lokasi", "i": "imb", "h": "ho", "s": "siup"}


def tasks(states: Mapping[int, str]) -> tuple[TaskView, ...]:
    """The tasks of the main bundle; those not named are blocked."""
    return tuple(
        TaskView(
            seq=seq,
            code=code,
            name=name,
            kind=kind,
            agency=agency,
            agency_name=AGENCIES[agency].name,
            services=tuple(LETTERS[letter] for letter in letters),
            after=after,
            state=states.get(seq, "blocked"),
            limit=Limit(days),
            planned_on=date(2026, 11, planned),
            expected_on=date(2026, 11, planned),
            due_at=None,
            started_at=None,
            ended_at=LODGED + timedelta(days=seq / 2)
            if states.get(seq) in ("approved", "rejected")
            else None,
            reasons=("Luas bangunan melebihi koefisien dasar bangunan.",)
            if states.get(seq) == "rejected"
            else (),
        )
        for seq, code, name, kind, agency, letters, after, days, planned in TASKS
    )


def application(code: str, state: str, *reasons: str) -> ApplicationView:
    paper = None
    if state != "open":
        kind = "refusal" if state == "rejected" else "permit"
        paper = DocumentView(
            f"503/{code.upper()}/0001/2026", kind, f"sidoarjo.{code}-7QF2", LODGED, collectable=True
        )
    ended = None if state == "open" else LODGED + timedelta(days=9)
    return ApplicationView(
        service=code,
        name=SERVICES[code].name,
        state=state,
        promised_on=date(2026, 11, 24),
        first_promised_on=date(2026, 11, 20),
        clock_started_at=LODGED + timedelta(days=1),
        due_at=LODGED + timedelta(days=30) if state == "open" else None,
        held_by=(),
        deemed_on=None,
        ended_at=ended,
        reasons=reasons,
        document=paper,
    )


EVENTS = (
    EventView(
        1,
        LODGED,
        "bundle.submitted",
        two("Permohonan diterima lengkap.", "The application was received."),
    ),
    EventView(
        2,
        LODGED + timedelta(hours=3),
        "task.approved",
        two("Pemeriksaan kelengkapan berkas selesai.", "The file is complete."),
    ),
    EventView(
        3,
        LODGED + timedelta(days=1),
        "task.approved",
        two("Data kependudukan cocok.", "The identity data match."),
    ),
)


def bundle(
    reference: str,
    states: Mapping[int, str],
    applications: Sequence[ApplicationView],
    outcome: str | None,
    notices: tuple[NoticeView, ...] = (),
    *,
    bills: tuple[BillView, ...] = (),
    payments: tuple[PaymentView, ...] = (),
) -> BundleView:
    return BundleView(
        tenant="sidoarjo",
        tenant_name=PACKS["sidoarjo"].name,
        time_zone="Asia/Jakarta",
        reference=reference,
        lodged_at=LODGED,
        promised_on=date(2026, 11, 24),
        first_promised_on=date(2026, 11, 20),
        held_by=(),
        is_provisional=False,
        elapsed_days=8,
        elapsed_working_days=6,
        state="open" if outcome is None else "closed",
        outcome=outcome,
        applicant_name="Pemohon <script>alert(1)</script>",
        applicant_nik="3515**********91",
        tasks_before_merging=25,
        tasks=tasks(states),
        applications=tuple(applications),
        notices=notices,
        fee=230000 if notices else 0,
        events=EVENTS,
        bills=bills,
        payments=payments,
    )


DRAWINGS = next(spec for spec in IMB.requirements if spec.code == "drawings")
CORRECTION = CorrectionView(
    id=UUID(int=8),
    step=CHECK[0].name,
    message="Luas <b>tidak cocok</b> dengan gambar.",
    asked_at=LODGED + timedelta(days=1),
    due_on=date(2026, 11, 17),
    round=2,
    rounds_left=1,
    lapses=True,
    fields=tuple(
        CorrectionItem(f"0.{spec.code}", "imb", IMB.name, spec.label)
        for spec in IMB.fields
        if spec.code in ("floor_area", "function")
    ),
    documents=(CorrectionItem("0.drawings", "imb", IMB.name, DRAWINGS.label),),
    state="open",
    answered_at=None,
)


def returned(one: BundleView) -> BundleView:
    """With an open correction; what is open may be withdrawn, what was refused objected to."""
    return replace(
        one,
        corrections=(CORRECTION, replace(CORRECTION, id=UUID(int=7), state="answered")),
        applications=tuple(
            replace(each, may_withdraw=True)
            if each.state == "open"
            else replace(each, may_object_until=date(2026, 12, 8))
            for each in one.applications
        ),
    )


def done(*numbers: int) -> dict[int, str]:
    return dict.fromkeys(numbers, "approved")


BUNDLES = {
    one.reference: one
    for one in (
        bundle(
            "SDA-2026-000001",
            done(1, 2, 3, 6, 10) | {4: "asked", 5: "asked"},
            [
                application("rekomendasi_lokasi", "open"),
                application("imb", "open"),
                application("ho", "open"),
                application("siup", "approved"),
            ],
            None,
            (notice("open"),),
            bills=(bill("open", owed=230000, qr=QR),),
        ),
        bundle(
            "SDA-2026-000002",
            done(*range(1, 17)),
            [application(code, "approved") for code in SERVICES],
            "approved",
            (notice("settled"),),
            bills=(bill("paid"),),
            payments=SETTLED,
        ),
        bundle(
            "SDA-2026-000003",
            done(1, 2, 3, 4, 5, 6, 7, 10)
            | {8: "rejected"}
            | dict.fromkeys((9, 11, 12, 14, 15), "cut")
            | done(13, 16),
            [
                application("rekomendasi_lokasi", "approved"),
                application("imb", "rejected", "Luas bangunan melebihi koefisien dasar bangunan."),
                application("siup", "approved"),
            ],
            "partly_approved",
            (
                notice("cancelled"),
                notice(
                    "lapsed", number="SKRD/00018/SDA/2026", kind="additional", about="SKRD/00017/SDA/2026"
                ),
            ),
            bills=(bill("closed"),),
        ),
        bundle(
            "SDA-2026-000004",
            {1: "approved", 2: "rejected"} | dict.fromkeys(range(3, 17), "cut"),
            [application("imb", "rejected", "NIK tidak sesuai.")],
            "refused",
        ),
        bundle(
            "SDA-2026-000005",
            done(*range(1, 12)) | {12: "asked"},
            [application("imb", "open")],
            None,
            (
                notice("open", warning=WARNING),
                notice(
                    "open",
                    number="STRD/00003/SDA/2026",
                    kind="demand",
                    about="SKRD/00017/SDA/2026",
                    months_late=2,
                    lines=(INTEREST,),
                    total=9200,
                    reason="Pembetulan luas <bangunan>",
                ),
            ),
            bills=(bill("open", owed=239200),),
        ),
        bundle("SDA-2026-000006", {}, [application("imb", "open")], None),
        returned(
            bundle(
                "SDA-2026-000008",
                {1: "asked"},
                [application("imb", "open"), application("siup", "rejected", "Modal belum disetor.")],
                None,
            )
        ),
        bundle("SDA-2026-000007", done(1) | {2: "stuck"}, [application("imb", "open")], None),
    )
}
