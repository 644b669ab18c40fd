"""An outage's stop on the clocks of one locked bundle: put on, and taken off."""

from collections.abc import Iterable, Sequence

from ptsp.domain import deadlines, outages
from ptsp.flows._retiming import NOTHING, Happened, joined
from ptsp.flows.move_clock import put_mark, resume, stop
from ptsp.infra.work import Work
from ptsp.kernel.specs import StopReason


def hold_up(
    work: Work, clocks: deadlines.Clocks, begun: Iterable[int], down: Sequence[outages.Outage]
) -> Happened:
    """Tasks of a bundle that begin at an agency that is down are stopped as they begin."""
    found = NOTHING
    for outage in down:
        found = joined(found, stopped(work, clocks, outage, begun))
    return found


def stopped(
    work: Work, clocks: deadlines.Clocks, outage: outages.Outage, seqs: Iterable[int]
) -> Happened | None:
    """Stop those of these tasks that are under way and held up, and the legal clocks that may stand for it."""
    line = clocks.line
    held = [
        seq
        for seq in seqs
        if _is_under_way(line.steps[seq])
        and outages.concerns(outage, line.shape.steps[seq].agency, line.shape.steps[seq].kind)
        and outage.id not in deadlines.standing(line.steps[seq].marks)
    ]
    if not held:
        return None
    positions = {
        position
        for seq in held
        for position in line.shape.steps[seq].members
        if StopReason.OUTAGE in line.shape.permits[position].stops
        and line.permits[position].ended_at is None
        and outage.id not in deadlines.standing(line.permits[position].marks)
    }
    return put_mark(work, clocks, held, sorted(positions), stop(work, StopReason.OUTAGE, outage.id))


def resumed(work: Work, clocks: deadlines.Clocks, outage: outages.Outage) -> Happened | None:
    """The outage is over: whatever it holds goes on."""
    line = clocks.line
    seqs = [
        seq
        for seq, running in enumerate(line.steps)
        if _is_under_way(running) and outage.id in deadlines.standing(running.marks)
    ]
    positions = [
        position
        for position, running in enumerate(line.permits)
        if running.ended_at is None and outage.id in deadlines.standing(running.marks)
    ]
    if not seqs and not positions:
        return None
    return put_mark(work, clocks, seqs, positions, resume(work, outage.id))


def _is_under_way(running: deadlines.Running) -> bool:
    return running.started_at is not None and running.ended_at is None
