"""When this process next goes round all offices for what no row says is due."""

import time

EVERY_S = 30.0  # for each office and verb one look into an index, in a transaction of its own

_next_round = [0.0]  # monotonic


def is_time_for_a_round() -> bool:
    """True once every `EVERY_S`, and after `go_round_again`."""
    if time.monotonic() < _next_round[0]:
        return False
    _next_round[0] = time.monotonic() + EVERY_S
    return True


def go_round_again() -> None:
    """There is more to do: the next round comes at once."""
    _next_round[0] = 0.0
