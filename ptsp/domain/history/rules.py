"""What counts as a past case's deadline and end, and the figures of a log."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from ptsp.domain.history.types import CaseRow, Figures, Moments, Naming, Standing, Throughput
from ptsp.kernel.errors import Fault, Invalid

DAY = 24 * 60 * 60 * 1_000_000  # in microseconds
LOG_ENDINGS = (".gz", ".xes")  # in the order in which they are taken off
LONGEST_CODE = 31


def source_of(file_name: str) -> str:
    """The name of a log: that of its file, without the endings."""
    for ending in LOG_ENDINGS:
        file_name = file_name[: -len(ending)] if file_name.lower().endswith(ending) else file_name
    return file_name


def archive_code(source: str) -> str:
    """The code of the tenant that a log is kept in where nobody names one, such as `bpic15_1`."""
    code = re.sub("[^a-z0-9_]", "_", source.lower())
    if len(code) < 2 or not "a" <= code[0] <= "z":
        code = f"log_{code}"
    return code[:LONGEST_CODE]


def moments_of(where: str, names: Collection[str], dates: Mapping[str, datetime], naming: Naming) -> Moments:
    """A case's moments by the names of its attributes, capitals and small letters alike.

    `names` are all its attributes, `dates` those that are dates. Raises Invalid, which says `where`, for one that
    is asked for and is no date.
    """
    folded = {name.casefold(): name for name in reversed(list(names))}

    def first(wanted: Sequence[str]) -> datetime | None:
        found = next((folded[name.casefold()] for name in wanted if name.casefold() in folded), None)
        if found is None:
            return None
        if found not in dates:
            raise Invalid([Fault(f"{where}, {found}", "must be a date")])
        return dates[found]

    return Moments(first(naming.opening), first(naming.deadline), first(naming.end))


def standing(deadline_at: datetime | None, ended_at: datetime | None) -> Standing:
    """On time up to and with the moment of the deadline."""
    if ended_at is None:
        return Standing.OPEN
    if deadline_at is None:
        return Standing.WITHOUT_DEADLINE
    return Standing.ON_TIME if ended_at <= deadline_at else Standing.LATE


def figures(rows: Iterable[CaseRow]) -> Figures:
    """The figures of one log."""
    cases = events = 0
    counted: Counter[Standing] = Counter()
    lasted: list[int] = []
    for row in rows:
        cases += 1
        events += row.events
        counted[standing(row.deadline_at, row.ended_at)] += 1
        lasted += [] if row.lasted is None else [row.lasted]
    completed = cases - counted[Standing.OPEN]
    if not completed:
        return Figures(cases, events, None, None, None, None, throughput(lasted))
    return Figures(
        cases,
        events,
        completed,
        counted[Standing.ON_TIME],
        counted[Standing.LATE],
        counted[Standing.WITHOUT_DEADLINE],
        throughput(lasted),
    )


def throughput(lasted: Sequence[int]) -> Throughput | None:
    """Microseconds to days, rounded once, in the end. None of nothing."""
    if not lasted:
        return None
    ranked = sorted(lasted)
    mean = Fraction(sum(ranked), len(ranked))
    median, p90 = (percentile(ranked, share) for share in (Fraction(1, 2), Fraction(9, 10)))
    return Throughput(*(float(value / DAY) for value in (median, mean, p90)))


def percentile(ranked: Sequence[int], share: Fraction) -> Fraction:
    """The value below which that share of sorted values lies, on a straight line between its neighbours.

    The same as `linear` in numpy, and as PostgreSQL's `percentile_cont`, but exact.
    """
    place = share * (len(ranked) - 1)
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (place - below) * (ranked[above] - ranked[below])
