"""What operators do with running cases, as short verbs for the tests of moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ptsp.domain import deadlines
from ptsp.domain.routes import Result, TaskState
from ptsp.flows.move_cases import begin_move, move_case, moved_cases, open_cases, plan_moves, undo_case
from ptsp.flows.record_results import record_results
from ptsp.flows.refold import recompute
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.infra.ledger import check_chains
from ptsp.infra.work import begin
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import StepKind, StepSpec
from tests.flows.acts import apply, now_in_force, with_service

MONDAY = datetime(2026, 3, 2, 3, tzinfo=UTC)  # 10.00 WIB
TEXT = {"id": "Uji", "en": "Test"}
NOISE = StepSpec(
    "noise",
    {"id": "Uji kebisingan", "en": "Noise test"},
    StepKind.ASK,
    "environment",
    Limit(30),
    ("identity",),
)


def at(office, days=0):
    """The office on another day."""
    return begin(office.tools.engine, office.tenant, actor="test", now=MONDAY + timedelta(days=days))


def lodged(office, wanted, days=0):
    order = office.order(wanted)
    with at(office, days) as work:
        return submit_bundle(work, order)


def finish(office, code, days, *, state=TaskState.APPROVED, reference=None):
    """This task ends, so many days after the first Monday."""
    one = next(
        row
        for row in office.rows(
            """SELECT t.id, t.bundle_id, b.reference FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id
                WHERE code = :code AND t.state <> 'cut'""",
            code=code,
        )
        if reference in (None, row.reference)
    )
    reasons = () if state is TaskState.APPROVED else ("Tidak memenuhi syarat.",)
    with at(office, days) as work:
        assert record_results(work, [one.bundle_id], [Result(one.id, state, reasons=reasons)])


def in_force(office, pack, code="ho", *, version=2, **changes):
    """The same office, with another version of one service."""
    applied = apply(office, with_service(pack, code, version=version, digest=f"v{version}", **changes))
    assert applied.new_standards == (code,)
    return now_in_force(office)


def with_noise(pack):
    return (*pack.services["ho"].route, NOISE)


def without(pack, code, step):
    """The route with one step less; what came after it comes after what it came after."""
    route = pack.services[code].route
    gone = next(one for one in route if one.code == step)
    return tuple(
        replace(
            one, after=tuple(dict.fromkeys(b for a in one.after for b in (gone.after if a == step else (a,))))
        )
        for one in route
        if one.code != step
    )


def plan(office, service="ho", number=2, days=1):
    with at(office, days) as work:
        return plan_moves(work, office.tools.book, service, number)


def move(office, service="ho", number=2, days=1):
    """Every open case, each in its own transaction, as the command does it."""
    with at(office, days) as work:
        ident = begin_move(work, office.tools.book, service, number)
        references = open_cases(work, office.tools.book, service, number)
    return ident, [one_move(office, ident, reference, days) for reference in references]


def one_move(office, ident, reference, days=1):
    with at(office, days) as work:
        return move_case(work, office.tools.book, ident, reference)


def undo(office, ident, days=1):
    with at(office, days) as work:
        references = moved_cases(work, ident)
    done = []
    for reference in references:
        with at(office, days) as work:
            done.append(undo_case(work, office.tools.book, ident, reference))
    return done


def tasks(office):
    """What belongs to somebody, by code."""
    rows = office.rows(
        """SELECT t.seq, t.code, t.state, t.due_at, b.shape
             FROM app.task t JOIN app.bundle b ON b.id = t.bundle_id"""
    )
    return {row.code: row for row in rows if deadlines.shape_from_text(row.shape).steps[row.seq].members}


def stored(office):
    """Everything that moving might touch."""
    names = ("bundle", "application", "task", "event", "case_move", "moved_case")
    return [office.rows(f"SELECT t::text FROM app.{name} t ORDER BY 1") for name in names]


def permit(office):
    (row,) = office.rows("SELECT * FROM app.application WHERE service = 'ho'")
    return row


def check(office):
    with office.work() as work:
        assert recompute(work.connection, office.tenant).differences == ()
        assert check_chains(work.connection, office.tenant.id).broken == ()


def codes(planned):
    return [one.code for one in planned.reasons]
