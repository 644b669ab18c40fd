"""Cases of the pretend desk in every state that its pages can show."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from ptsp.flows.case_views import (
    Allowed,
    AnswerView,
    CaseApplication,
    CaseView,
    ClockView,
    Extendable,
    GrantView,
    OpenStep,
    OwnTask,
    PaperView,
    PartyView,
    PromiseMove,
    Returnable,
    StopView,
)
from ptsp.flows.views import CorrectionItem, CorrectionView
from ptsp.kernel.limits import Limit, Unit
from tests.web.packs import AGENCIES, CHECK, PACKS, SERVICES, SITE, two

NOW = datetime(2026, 11, 10, 3, tzinfo=UTC)  # a Tuesday, 10.00 WIB
DAY = timedelta(days=1)
DEEDS = two("Bukti penguasaan tempat usaha", "Proof of the right to use the place")
LONG = two(
    "Pertimbangan teknis penyelenggaraan pengendalian pemanfaatan ruang dan pertanggungjawaban",
    "Technical opinion on spatial conformity",
)


def ident(number: int) -> UUID:
    return UUID(int=number)


def clock(**changes: object) -> ClockView:
    """A clock of three working days that began on Monday and has two days left."""
    made = ClockView(
        limit=Limit(3),
        whole=3,
        used=1,
        left=2,
        is_over=False,
        over_days=0,
        started_at=NOW - DAY,
        ended_at=None,
        due_at=datetime(2026, 11, 12, 16, 59, 59, tzinfo=UTC),
        expected_at=datetime(2026, 11, 12, 16, 59, 59, tzinfo=UTC),
        stops=(),
        grants=(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


LATE = clock(used=5, left=0, is_over=True, over_days=2, due_at=NOW - 4 * DAY, started_at=NOW - 8 * DAY)
WAITS = clock(started_at=None, due_at=None, expected_at=None, used=0, left=30, whole=30, limit=Limit(30))
STOOD = (
    StopView(ident(71), "clarification", NOW - 9 * DAY, NOW - 7 * DAY),
    StopView(ident(72), "missed_visit", NOW - DAY, None),
)
HELD = clock(due_at=None, left=1, used=2, stops=STOOD)
HOURS = clock(limit=Limit(8, Unit.WORKING_HOURS), whole=480, used=445, left=35, due_at=NOW + DAY / 24)
LEGAL = clock(
    limit=Limit(30),
    whole=32,
    used=7,
    left=25,
    grants=(GrantView(NOW - DAY, Limit(2), "Perda 1/2026 pasal 5"),),
)


def answers(position: int) -> tuple[AnswerView, ...]:
    return (
        AnswerView(
            f"{position}.floor_area", two("Luas lantai", "Floor area"), "number", "1250.5", None, "m2"
        ),
        AnswerView(
            f"{position}.function",
            two("Fungsi", "Function"),
            "choice",
            "housing",
            two("Hunian", "Housing"),
            "",
        ),
        AnswerView(f"{position}.pond", two("Ada kolam?", "A pond?"), "yes_no", "no", None, ""),
        AnswerView(
            f"{position}.name",
            two("Nama usaha", "Name"),
            "text",
            "Toko <b>Pertanggungjawaban</b>",
            None,
            "",
        ),
    )


PAPERS = (
    PaperView(
        ident(50),
        "ktp-pemohon-hasil-pindai.pdf",
        two("KTP pemohon", "Identity card"),
        "application/pdf",
        345678,
        NOW - 8 * DAY,
        ("imb", "ho"),
    ),
    PaperView(ident(60), "bukti.jpg", DEEDS, "image/jpeg", 900, NOW - DAY, ("imb",)),
)


def application(position: int, code: str, **changes: object) -> CaseApplication:
    made = CaseApplication(
        position=position,
        service=code,
        name=SERVICES[code].name,
        state="open",
        is_mine=True,
        answers=answers(position),
        legal=LEGAL,
        legal_basis="Peraturan Bupati 1/2026, lampiran II",
        starts_after=CHECK[0].name,
        elapsed_days=8,
        elapsed_working_days=6,
        promised_on=date(2026, 11, 24),
        first_promised_on=date(2026, 11, 20),
        held_by=(),
        late_days=0,
        parties=(
            party("front_office", 1, 3, 0),
            party("public_works", 28, 2, 0),
            PartyView("applicant", "applicant", two("Pemohon", "Applicant"), None, 2, 0),
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def party(agency: str, share: int, used: int, late: int) -> PartyView:
    return PartyView(agency, "agency", AGENCIES[agency].name, share, used, late)


def step(seq: int, agency: str, slack: int, **changes: object) -> OpenStep:
    made = OpenStep(
        seq=seq,
        name=SITE.name,
        agency=agency,
        agency_name=AGENCIES[agency].name,
        services=("imb",),
        state="blocked",
        is_mine=False,
        is_critical=slack <= 0,
        slack=slack,
        expected_on=date(2026, 11, 18),
        due_at=None,
        over_days=0,
        held_by=(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


STEPS = (
    step(1, "front_office", 0, name=CHECK[0].name, state="asked", is_mine=True),
    step(2, "population", 4, name=CHECK[1].name),
    step(3, "public_works", -2, state="asked", over_days=3),
    step(4, "spatial", 6, name=LONG, state="asked", held_by=("outage",)),
    step(5, "head", 0, name=two("Penandatanganan IMB", "Signature: IMB")),
)


def item(name: str, code: str, label: dict[str, str]) -> CorrectionItem:
    return CorrectionItem(name, code, SERVICES[code].name, label)


def returnable(why_not: str = "", *services: str) -> Returnable:
    asked = services or ("imb",)
    return Returnable(
        why_not=why_not,
        fields=tuple(
            item(f"{at}.floor_area", code, two("Luas lantai", "Floor area")) for at, code in enumerate(asked)
        ),
        documents=tuple(item(f"{at}.place_proof", code, DEEDS) for at, code in enumerate(asked)),
        services=asked,
        rounds_left=(2, 1, 3, 3)[: len(asked)],
        answer_within=(Limit(14, Unit.CALENDAR_DAYS),) * len(asked),
        lapses=(True, False, True, True)[: len(asked)],
    )


ALLOWED = Allowed(
    verdict=True,
    returnable=returnable(),
    take_back=False,
    stops=("clarification", "missed_visit", "force_majeure"),
    resumable=(),
    extendable=Extendable(Limit(5), "Peraturan Daerah 1/2026 pasal 5 ayat (2)"),
)
NOTHING = Allowed(
    verdict=False, returnable=returnable("ended"), take_back=False, stops=(), resumable=(), extendable=None
)
CORRECTION = CorrectionView(
    id=ident(81),
    step=CHECK[0].name,
    message="Luas lantai tidak cocok dengan gambar <i>rencana</i>.",
    asked_at=NOW - DAY,
    due_on=date(2026, 11, 23),
    round=1,
    rounds_left=2,
    lapses=True,
    fields=(item("0.floor_area", "imb", two("Luas lantai", "Floor area")),),
    documents=(),
    state="open",
    answered_at=None,
)
MOVES = (
    PromiseMove(
        NOW - 2 * DAY,
        date(2026, 11, 20),
        date(2026, 11, 24),
        (),
        two("Pemeriksaan berkas selesai terlambat", "the check ended late"),
    ),
    PromiseMove(NOW - DAY, date(2026, 11, 24), date(2026, 11, 24), ("missed_visit",), two("", "")),
)


def case(
    number: int,
    *,
    state: str = "asked",
    officer: str | None = None,
    own: ClockView | None = None,
    **changes: object,
) -> CaseView:
    made = CaseView(
        tenant="sidoarjo",
        tenant_name=PACKS["sidoarjo"].name,
        time_zone="Asia/Jakarta",
        now=NOW,
        reference=f"SDA-2026-{number:06}",
        lodged_at=NOW - 8 * DAY,
        applicant_name="Pemohon <script>alert(1)</script>",
        applicant_nik="3515**********91",
        state="open",
        outcome=None,
        promised_on=date(2026, 11, 24),
        first_promised_on=date(2026, 11, 20),
        held_by=(),
        is_provisional=False,
        moves=MOVES,
        task=OwnTask(
            id=ident(number),
            seq=1,
            code="file_check",
            name=CHECK[0].name,
            agency="front_office",
            agency_name=AGENCIES["front_office"].name,
            state=state,
            reasons=(),
            officer=officer,
            clock=own or clock(),
        ),
        applications=(application(0, "imb"),),
        papers=PAPERS,
        steps=STEPS,
        corrections=(),
        may=ALLOWED,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


BLAMED = (party("front_office", 1, 3, 0), party("public_works", 28, 31, 3), party("head", 2, 2, 1))
CASES = {
    one.task.id: one
    for one in (
        case(1),
        case(
            2,
            own=LATE,
            officer="loket-2",
            applications=tuple(
                application(
                    at,
                    code,
                    is_mine=at < 2,
                    late_days=4 * (at == 0),
                    parties=BLAMED if at == 0 else (),
                    legal=LATE if at == 0 else WAITS,
                )
                for at, code in enumerate(SERVICES)
            ),
            may=replace(ALLOWED, returnable=returnable("", "rekomendasi_lokasi", "imb")),
        ),
        case(
            3,
            own=HELD,
            held_by=("missed_visit",),
            may=replace(ALLOWED, resumable=(STOOD[1], StopView(ident(73), "force_majeure", NOW, None))),
        ),
        case(
            4,
            own=replace(HELD, stops=(StopView(ident(74), "clarification", NOW - DAY, None),)),
            corrections=(CORRECTION, replace(CORRECTION, id=ident(82), state="answered", answered_at=NOW)),
            may=replace(ALLOWED, verdict=False, take_back=True, returnable=returnable("waiting")),
        ),
        case(5, state="approved", own=clock(ended_at=NOW), steps=(), moves=(), may=NOTHING),
        case(
            6,
            own=HOURS,
            officer="loket-9",
            may=replace(ALLOWED, returnable=returnable("no_rounds"), extendable=None),
        ),
    )
}
