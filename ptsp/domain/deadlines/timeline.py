"""What has happened to the clocks of one bundle, as it happens. Events go in, `Times` come out."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from ptsp.domain.deadlines.types import Mark, Running, Shape, Times


@dataclass(slots=True)
class Timeline:
    """The clocks of one bundle. Filled from stored rows or from the ledger, and carried on by events.

    `steps[seq]` and `permits[position]`. A permit's clock starts when the task its standard names is approved.
    """

    shape: Shape
    lodged_at: datetime
    steps: list[Running]
    permits: list[Running]

    @classmethod
    def at_lodging(cls, shape: Shape, lodged_at: datetime) -> "Timeline":
        """Tasks that wait for nothing begin, and so do legal clocks that no task has to start."""
        return cls(
            shape,
            lodged_at,
            [Running(None if step.after else lodged_at) for step in shape.steps],
            [Running(lodged_at if permit.starts_after is None else None) for permit in shape.permits],
        )

    def times(self) -> Times:
        return Times(self.lodged_at, tuple(self.steps), tuple(self.permits))

    def begin(self, seq: int, at: datetime) -> None:
        """A task has become owed to whoever does it."""
        before = self.steps[seq]  # written out: `replace` costs more than the rest of the step
        self.steps[seq] = Running(at, before.ended_at, before.marks, before.is_gone)

    def end(self, seq: int, at: datetime) -> None:
        """A task has ended with a verdict."""
        before = self.steps[seq]
        self.steps[seq] = Running(before.started_at, at, before.marks, before.is_gone)

    def cut(self, seq: int, at: datetime) -> None:
        """A task has ended without one: nobody waits for it any more."""
        self.steps[seq] = replace(self.steps[seq], ended_at=at, is_gone=True)

    def found_complete(self, seq: int, at: datetime) -> tuple[int, ...]:
        """This task was approved: the legal clocks that waited for it start. Returns their positions."""
        started = tuple(
            position
            for position, permit in enumerate(self.shape.permits)
            if permit.starts_after == seq and self.permits[position].started_at is None
        )
        for position in started:
            self.permits[position] = replace(self.permits[position], started_at=at)
        return started

    def reshape(
        self, shape: Shape, at: datetime, *, cut: Collection[int], passed: Collection[int]
    ) -> tuple[int, ...]:
        """The bundle goes another way from now: tasks and applications were added, and `cut` are gone.

        Legal clocks start that by the new shape wait for nothing, or for a task that is in `passed` already.
        Returns their positions.
        """
        self.shape = shape
        self.steps += [Running()] * (len(shape.steps) - len(self.steps))
        self.permits += [Running()] * (len(shape.permits) - len(self.permits))
        for seq in cut:
            self.cut(seq, at)
        started = tuple(
            position
            for position, (permit, running) in enumerate(zip(shape.permits, self.permits, strict=True))
            if running.started_at is None
            and running.ended_at is None
            and (permit.starts_after is None or permit.starts_after in passed)
        )
        for position in started:
            self.permits[position] = replace(self.permits[position], started_at=at)
        return started

    def end_permit(self, position: int, at: datetime) -> None:
        """An application has ended, however it did."""
        self.permits[position] = replace(self.permits[position], ended_at=at)

    def mark_step(self, seq: int, mark: Mark) -> None:
        step = self.steps[seq]
        self.steps[seq] = replace(step, marks=(*step.marks, mark))

    def mark_permit(self, position: int, mark: Mark) -> None:
        permit = self.permits[position]
        self.permits[position] = replace(permit, marks=(*permit.marks, mark))
