"""A stop on a legal clock lives only as long as a task that bears it is under way."""

from uuid import UUID

from ptsp.domain import deadlines
from ptsp.flows._retiming import NOTHING, Happened, joined
from ptsp.flows.move_clock import put_mark, resume
from ptsp.infra.work import Work


def release(work: Work, clocks: deadlines.Clocks) -> Happened:
    """Let legal clocks go on that stand for a stop which no task under way bears any more.

    A task may end though its clock stood: the agency answered all the same, or it was cut off. Call it with
    everything else that happened on the clocks already.
    """
    line = clocks.line
    borne = {
        stop
        for running in line.steps
        if running.marks and running.started_at is not None and running.ended_at is None
        for stop in deadlines.standing(running.marks)
    }
    free: dict[UUID, list[int]] = {}
    for position, running in enumerate(line.permits):
        if running.marks and running.ended_at is None:
            for stop in deadlines.standing(running.marks):
                if stop is not None and stop not in borne:
                    free.setdefault(stop, []).append(position)
    found = NOTHING
    for stop, positions in free.items():
        found = joined(found, put_mark(work, clocks, [], positions, resume(work, stop)))
    return found
