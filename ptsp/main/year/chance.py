"""What chance decides in the simulated year: how long things take, who is stopped, when decrees and outages come."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ptsp.domain.deadlines import MarkKind
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import StopReason
from ptsp.main.demo.orders import FOUR_PERMITS

APPLIED = ("siup", "ho", "imb", "rekomendasi_lokasi")
LATE, SILENT, STOPPED, EXTENDED, REJECTED = 0.12, 0.03, 0.10, 0.03, 0.02  # shares of the tasks
SILENCE = 60  # calendar days: longer than any limit
RESET = 0.3  # of the stops
DECREES, OUTAGES = 6, 8  # a year
LONGEST_STOP, LONGEST_OUTAGE = 15, 10  # calendar days
STOPS = (StopReason.CLARIFICATION, StopReason.MISSED_VISIT, StopReason.FORCE_MAJEURE)

Answers = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a task: after so many calendar days it ends, unless its clock stands then."""

    days: int
    is_approved: bool = True
    stop: tuple[int, StopReason, MarkKind, int] | None = None  # after so many days, why, how, for so long
    extension: tuple[int, Limit] | None = None


class Chance:
    """One stream of random decisions, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def wanted(self) -> dict[str, Answers]:
        """One to four services of a bundle; most ask for one or two."""
        count = self._random.choices((1, 2, 3, 4), (50, 28, 14, 8))[0]
        chosen = self._random.sample(APPLIED, count)
        if "ho" in chosen and "imb" not in chosen:
            chosen.append("imb")  # the nuisance permit needs the building permit or a document
        if "imb" in chosen and "rekomendasi_lokasi" not in chosen:
            chosen.append("rekomendasi_lokasi")
        return {code: FOUR_PERMITS[code][0] for code in APPLIED if code in chosen}

    def fate(self, kind: str, days: int) -> Fate:
        """`days` are about what the task's limit allows."""
        if kind == "charge":
            return Fate(0)
        if kind == "payment":
            return Fate(self._random.choice((0, 0, 1, 2, 3, 5, 8, 12)))
        took = self._random.randint(0, max(days, 1))
        if self._random.random() < LATE:
            took = days + self._random.randint(1, 3 * max(days, 1))
        if self._random.random() < SILENT:
            took += SILENCE
        stop = extension = None
        if self._random.random() < STOPPED:
            how = MarkKind.RESET if self._random.random() < RESET else MarkKind.STOP
            begins = self._random.randint(0, took)
            stop = (begins, self._random.choice(STOPS), how, self._random.randint(1, LONGEST_STOP))
        if self._random.random() < EXTENDED:
            extension = (self._random.randint(0, took), Limit(self._random.randint(1, 5)))
        return Fate(took, self._random.random() >= REJECTED, stop, extension)

    def share_out(self, total: int, days: Sequence[date]) -> dict[date, int]:
        """So many bundles over these days."""
        counts = dict.fromkeys(days, 0)
        for day in self._random.choices(days, k=total):
            counts[day] += 1
        return counts

    def decrees(self, days: Sequence[date]) -> dict[date, date]:
        """The day on which a decree comes -> the day that it makes a day off, within two months."""
        return {
            day: day + timedelta(days=self._random.randint(1, 60))
            for day in self._random.sample(days, DECREES)
        }

    def outages(self, days: Sequence[date], agencies: Sequence[str]) -> list[tuple[date, str, int]]:
        """When, where ('' is a central system), and for how many calendar days."""
        return [
            (day, self._random.choice(agencies), self._random.randint(1, LONGEST_OUTAGE))
            for day in self._random.sample(days, OUTAGES)
        ]
