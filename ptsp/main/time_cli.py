"""Hold the platform's arithmetic of time against other people's."""

import json
import sys
from pathlib import Path

import click

from ptsp.kernel.errors import Invalid
from ptsp.main.due_dates import COLUMNS, LEAVE, Compared, Difference, compare, read_due_dates
from ptsp.main.national_days import SOURCE
from ptsp.main.year.command import year

MOST_SHOWN = 10
NOT_OF_THAT_SHAPE = 2


@click.group("time")
def time() -> None:
    """Hold the platform's arithmetic of time against other people's, and play a year of it."""


time.add_command(year)


@time.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="one JSON object, with every difference")
def verify(file: Path, *, as_json: bool) -> None:
    """Work out the due dates of FILE again, and compare.

    FILE is a CSV with the columns start_date, working_days, due_excluding_weekends_and_national_holidays,
    due_excluding_also_collective_leave and due_calendar_days, of any years. Needs no database. Ends with
    status 1 where a date differs, with 2 for a file of another shape.
    """
    try:
        compared = compare(read_due_dates(file))
    except Invalid as wrong:
        refusal = click.ClickException("\n  ".join([f"{file.name} is wrong:", *map(str, wrong.faults)]))
        refusal.exit_code = NOT_OF_THAT_SHAPE
        raise refusal from wrong
    if as_json:
        click.echo(json.dumps(_as_json(compared)))
    else:
        _show(compared)
    sys.exit(1 if compared.differences else 0)


def _show(compared: Compared) -> None:
    for column in COLUMNS:
        click.echo(f"{column}: {compared.equal[column]:,} of {compared.rows:,} equal")
    if compared.years_open:
        years = ", ".join(map(str, compared.years_open))
        click.echo(
            f"{compared.provisional[LEAVE]:,} dates are provisional: no collective leave is known for {years}"
        )
    for difference in compared.differences[:MOST_SHOWN]:
        click.echo(_told(difference))
    if len(compared.differences) > MOST_SHOWN:
        click.echo(f"and {len(compared.differences) - MOST_SHOWN:,} more; --json lists them all")


def _told(difference: Difference) -> str:
    row = difference.row
    off = [f"{day} {name}" for day, name in difference.skipped]
    provisional = " provisionally" if difference.is_provisional else ""
    skipped = "; ".join([f"{difference.weekends} days of weekends", *off])
    return (
        f"line {row.line}: {row.start} + {row.days}: expected {row.due[difference.column]}, computed"
        f" {difference.computed}{provisional} ({difference.column}); skipped: {skipped}"
    )


def _as_json(compared: Compared) -> dict[str, object]:
    return {
        "rows": compared.rows,
        "equal": {column: compared.equal[column] for column in COLUMNS},
        "provisional": compared.provisional[LEAVE],
        "years_without_collective_leave": list(compared.years_open),
        "source": SOURCE,
        "differences": [
            {
                "line": one.row.line,
                "start_date": one.row.start.isoformat(),
                "working_days": one.row.days,
                "column": one.column,
                "expected": one.row.due[one.column].isoformat(),
                "computed": one.computed.isoformat(),
                "provisional": one.is_provisional,
                "weekend_days": one.weekends,
                "skipped": [[day.isoformat(), name] for day, name in one.skipped],
            }
            for one in compared.differences
        ],
    }
