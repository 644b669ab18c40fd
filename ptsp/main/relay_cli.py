"""`ptsp relay`: looks what is due, and rings the doorbell. It knows nothing of how work is done."""

from itertools import count

import click

from ptsp.domain import messages, routes, tellings
from ptsp.infra.absence import Absence
from ptsp.infra.database import platform_transaction
from ptsp.main.connections import doorbell_of, engine_for
from ptsp.main.standing import standing, stop_on_signal

EVERY_S = 0.25  # how often it looks
LOOKS_A_ROUND = 120  # then it rings though nothing is due: what time alone brings about has no such moment


@click.command()
def relay() -> None:
    """Ring the doorbell for whatever is due: what was just lodged, what is to be tried again, what a crash left.

    It keeps nothing itself, so any number of relays may run, or none for a while. While PostgreSQL is away it waits.
    """
    with standing() as settings:
        bell, stop = doorbell_of(settings), stop_on_signal()
        absence = Absence(stop.wait)
        sweeper = engine_for(settings, "ptsp_sweeper", pool_size=1)
        click.echo("relay: ready")
        for look in count():
            if stop.wait(EVERY_S):
                break
            is_due = False
            with absence.outlasted(), platform_transaction(sweeper) as connection:
                is_due = any(room.due_tenants(connection) for room in (routes, messages, tellings))
            if is_due or look % LOOKS_A_ROUND == 0:
                bell.ring()
