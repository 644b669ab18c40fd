"""Deadlines, ends and figures of past cases."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain.history import CaseRow, Figures, Naming, Throughput
from ptsp.domain.history.rules import (
    archive_code,
    figures,
    moments_of,
    percentile,
    source_of,
    standing,
    throughput,
)
from ptsp.domain.history.types import Standing
from ptsp.kernel.errors import Invalid

DAY = datetime(2024, 3, 1, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("file", "source", "code"),
    [
        ("receipt.xes.gz", "receipt", "receipt"),
        ("BPIC15_1.xes.gz", "BPIC15_1", "bpic15_1"),
        ("14_Billing_1t_per_variant.xes", "14_Billing_1t_per_variant", "log_14_billing_1t_per_variant"),
        ("Izin Usaha.2019.XES.GZ", "Izin Usaha.2019", "izin_usaha_2019"),
        ("a.xes", "a", "log_a"),
        ("_x.xes", "_x", "log__x"),
        ("n" * 40 + ".xes", "n" * 40, "n" * 31),
    ],
)
def test_an_archive_is_named_after_its_file(file: str, source: str, code: str) -> None:
    assert (source_of(file), archive_code(source_of(file))) == (source, code)


@given(st.text(max_size=50))
def test_every_name_comes_to_a_code_the_table_takes(name: str) -> None:
    code = archive_code(name)
    assert 2 <= len(code) <= 31
    assert "a" <= code[0] <= "z"
    assert all(sign in "abcdefghijklmnopqrstuvwxyz0123456789_" for sign in code)


@pytest.mark.parametrize(
    ("dates", "deadline", "end"),
    [
        ({"deadline": DAY, "enddate": NEXT}, DAY, NEXT),
        ({"enddate_planned": NEXT, "deadline": DAY}, DAY, None),
        ({"enddate_planned": DAY, "endDatePlanned": NEXT}, NEXT, None),
        ({"enddate_planned": DAY}, DAY, None),
        ({"DEADLINE": DAY, "endDate": NEXT}, DAY, NEXT),
        ({"startDate": DAY}, None, None),
    ],
)
def test_the_first_name_that_is_there_counts(
    dates: dict[str, datetime], deadline: datetime | None, end: datetime | None
) -> None:
    found = moments_of("1", dates, dates, Naming())
    assert (found.deadline_at, found.ended_at) == (deadline, end)


def test_names_can_be_given() -> None:
    dates = {"Due": DAY, "deadline": NEXT, "closed": NEXT, "enddate": DAY}
    found = moments_of("1", dates, dates, Naming(deadline=("due",), end=("Closed",)))
    assert (found.deadline_at, found.ended_at) == (DAY, NEXT)


def test_a_deadline_that_is_no_date_is_refused() -> None:
    with pytest.raises(Invalid, match="log, case 7, Deadline: must be a date"):
        moments_of("log, case 7", {"Deadline": "UNKNOWN"}, {}, Naming())


@pytest.mark.parametrize(
    ("deadline", "end", "expected"),
    [
        (DAY, None, Standing.OPEN),
        (None, None, Standing.OPEN),
        (None, DAY, Standing.WITHOUT_DEADLINE),
        (DAY, DAY - TICK, Standing.ON_TIME),
        (DAY, DAY, Standing.ON_TIME),
        (DAY, DAY + TICK, Standing.LATE),
    ],
)
def test_standing(deadline: datetime | None, end: datetime | None, expected: Standing) -> None:
    assert standing(deadline, end) is expected


MOMENTS = st.none() | st.integers(0, 3).map(lambda days: DAY + timedelta(days=days))


@given(st.lists(st.builds(CaseRow, MOMENTS, MOMENTS, st.integers(0, 5), st.none() | st.integers(0, 10**12))))
def test_figures_add_up(rows: list[CaseRow]) -> None:
    seen = figures(rows)
    ended = [row for row in rows if row.ended_at is not None]
    assert (seen.cases, seen.events) == (len(rows), sum(row.events for row in rows))
    parts = (seen.on_time, seen.late, seen.without_deadline)
    if ended:
        assert seen.completed == len(ended) == sum(part or 0 for part in parts)
    else:
        assert (seen.completed, *parts) == (None,) * 4


def test_figures_of_a_log_that_says_of_no_case_when_it_ended() -> None:
    rows = [CaseRow(DAY, None, 2, 86_400_000_000), CaseRow(None, None, 1, 0)]
    assert figures(rows) == Figures(2, 3, None, None, None, None, Throughput(0.5, 0.5, 0.9))
    assert figures([]) == Figures(0, 0, None, None, None, None, None)


@pytest.mark.parametrize(
    ("ranked", "share", "value"),
    [
        ([7], Fraction(9, 10), Fraction(7)),
        ([0, 10], Fraction(1, 2), Fraction(5)),
        ([0, 10], Fraction(9, 10), Fraction(9)),
        ([1, 2, 3, 4], Fraction(9, 10), Fraction(37, 10)),  # numpy.percentile([1, 2, 3, 4], 90) is 3.7
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], Fraction(9, 10), Fraction(9)),
    ],
)
def test_a_percentile_lies_on_the_line_between_neighbours(
    ranked: list[int], share: Fraction, value: Fraction
) -> None:
    assert percentile(ranked, share) == value


@given(st.lists(st.integers(0, 10**14), min_size=1))
def test_throughput_has_the_usual_median_and_mean(lasted: list[int]) -> None:
    seen = throughput(lasted)
    assert seen is not None
    day = 86_400_000_000
    middle = Fraction(median([Fraction(value) for value in lasted]))
    assert seen.median == float(middle / day)
    assert seen.mean == float(Fraction(sum(lasted), len(lasted)) / day)
    assert min(lasted) / day <= seen.p90 <= max(lasted) / day
