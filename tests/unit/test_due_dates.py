"""`ptsp time verify`: other people's due dates against ours, and files that hold none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ptsp.main.cli import cli
from tests.checks import shared_data

HEADER = (
    "start_date,working_days,due_excluding_weekends_and_national_holidays,"
    "due_excluding_also_collective_leave,due_calendar_days"
)
# The five limits of 2026 that were worked out by hand, without national days and without collective leave.
OF_2026 = (
    "2026-02-13,1,2026-02-16,2026-02-18,2026-02-14",
    "2026-03-13,5,2026-03-23,2026-03-27,2026-03-18",
    "2026-03-13,14,2026-04-06,2026-04-10,2026-03-27",
    "2026-05-08,15,2026-06-03,2026-06-05,2026-05-23",
    "2026-12-21,5,2026-12-29,2026-12-30,2026-12-26",
)

Verify = Callable[..., Result]


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    def run(*lines: str, json_wanted: bool = False, encoding: str = "utf-8") -> Result:
        file = tmp_path / "due.csv"
        file.write_bytes("\n".join(lines).encode(encoding))
        return CliRunner().invoke(cli, ["time", "verify", str(file), *(["--json"] if json_wanted else [])])

    return run


def test_all_due_dates_of_2024_and_2025_are_equal(tell: Callable[[str], None]) -> None:
    file = shared_data("indonesia", "working_day_due_dates_2024_2025.csv")
    done = CliRunner().invoke(cli, ["time", "verify", str(file), "--json"])
    found = json.loads(done.output)
    tell(f"{found['equal']} of {found['rows']}")
    assert done.exit_code == 0
    assert found["rows"] == 1178
    assert set(found["equal"].values()) == {1178}
    assert (found["differences"], found["provisional"]) == ([], 0)
    shown = CliRunner().invoke(cli, ["time", "verify", str(file)])
    assert shown.output.count("1,178 of 1,178 equal") == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_limits_of_another_year_are_equal_too(verify: Verify, encoding: str) -> None:
    done = verify(HEADER, *OF_2026, encoding=encoding)
    assert done.exit_code == 0, done.output
    assert done.output.count("5 of 5 equal") == 3


def test_a_difference_is_told_with_the_days_that_were_skipped(verify: Verify) -> None:
    done = verify(HEADER, *OF_2026, "2026-12-21,5,2026-12-29,2026-12-29,2026-12-27")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[1:3] == [
        "due_excluding_also_collective_leave: 5 of 6 equal",
        "due_calendar_days: 5 of 6 equal",
    ]
    assert lines[3] == (
        "line 7: 2026-12-21 + 5: expected 2026-12-29, computed 2026-12-30 (due_excluding_also_collective_leave);"
        " skipped: 2 days of weekends; 2026-12-24 Cuti Bersama Hari Raya Natal; 2026-12-25 Hari Raya Natal"
    )
    (first, _) = json.loads(
        verify(
            HEADER, OF_2026[4].replace("12-30", "12-31").replace("12-26", "12-27"), json_wanted=True
        ).output
    )["differences"]
    assert (first["line"], first["expected"], first["computed"]) == (2, "2026-12-31", "2026-12-30")
    assert first["skipped"][0] == ["2026-12-24", "Cuti Bersama Hari Raya Natal"]


def test_a_year_without_collective_leave_is_provisional(verify: Verify) -> None:
    row = "2050-03-01,1,2050-03-02,2050-03-02,2050-03-02"
    done = verify(HEADER, row)
    assert done.exit_code == 0, done.output
    assert "1 dates are provisional: no collective leave is known for 2050" in done.output
    wrong = verify(HEADER, row.replace("03-02,2050-03-02,2050-03-02", "03-02,2050-03-03,2050-03-02"))
    assert "computed 2050-03-02 provisionally" in wrong.output
    found = json.loads(verify(HEADER, *OF_2026, row, json_wanted=True).output)
    assert (found["provisional"], found["years_without_collective_leave"]) == (1, [2050])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param(("",), ["line 1, column start_date: is not there"], id="empty"),
        pytest.param((HEADER,), ["line 2: there is no row to compare"], id="no rows"),
        pytest.param(
            ("start_date,working_days",),
            ["line 1, column due_calendar_days: is not there"],
            id="a column is missing",
        ),
        pytest.param((HEADER + ",start_date",), ["line 1, column start_date: is there twice"], id="twice"),
        pytest.param((HEADER, "2026-02-13,1"), ["line 2: has 2 columns, not 5"], id="a short row"),
        pytest.param(
            (HEADER, OF_2026[0], "2026-02-30,x,,2026-02-18,20260214"),
            [
                "line 3, column start_date: '2026-02-30' is no date",
                "line 3, column working_days: 'x' is no number",
                "line 3, column due_excluding_weekends_and_national_holidays: '' is no date",
                "line 3, column due_calendar_days: '20260214' is no date",
            ],
            id="everything at once",
        ),
        pytest.param(
            (HEADER, OF_2026[0].replace(",1,", ",-1,")), ["'-1' is no number"], id="less than nothing"
        ),
        pytest.param((HEADER, OF_2026[0].replace(",1,", ",1001,")), ["'1001' is no number"], id="too long"),
        pytest.param((HEADER, OF_2026[0].replace(",1,", ",²,")), ["'²' is no number"], id="a strange digit"),
        pytest.param(
            (HEADER, OF_2026[0].replace("2026-02-13", "9999-12-31")), ["is no date"], id="the end of time"
        ),
        pytest.param((HEADER, '"2026-02-13'), ["is not a CSV file in UTF-8"], id="an open quote"),
    ],
)
def test_a_file_of_another_shape_is_refused_by_line_and_column(
    verify: Verify, lines: tuple[str, ...], told: list[str]
) -> None:
    done = verify(*lines)
    assert done.exit_code == 2
    for words in told:
        assert words in done.output


def test_a_file_that_is_no_text_is_refused(verify: Verify) -> None:
    done = verify(HEADER, OF_2026[0] + "é", encoding="latin-1")
    assert done.exit_code == 2
    assert "is not a CSV file in UTF-8" in done.output


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert CliRunner().invoke(cli, ["time", "verify", str(tmp_path / "none.csv")]).exit_code == 2
