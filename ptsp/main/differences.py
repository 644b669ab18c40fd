"""How a command that works something out again says what it found."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

import click

MOST_SHOWN = 20


def tell(total: Mapping[str, int], found: Mapping[str, Sequence[str]], *, as_json: bool) -> NoReturn:
    """Print the sums and each office's differences, and end: with status 1 where there is any."""
    total = {**total, "differences": sum(map(len, found.values()))}
    if as_json:
        click.echo(json.dumps(total))
    else:
        click.echo(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in total.items()))
    for code, differences in found.items():
        for difference in differences[:MOST_SHOWN]:
            click.echo(f"{code}: {difference}", err=True)
        if len(differences) > MOST_SHOWN:
            click.echo(f"{code}: and {len(differences) - MOST_SHOWN} more", err=True)
    sys.exit(1 if total["differences"] else 0)
