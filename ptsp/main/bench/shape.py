"""The work every side does: eight trivial tasks in one graph, and what it costs to have finished it.

Two roots run in parallel; four tasks follow, each after both roots; one joins them; the last signs and its
row in PostgreSQL says that the bundle is done.
"""

ROOTS = ("root_1", "root_2")
MIDDLE = ("check_1", "check_2", "check_3", "check_4")
JOIN = "join"
SIGN = "sign"
AFTER: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ROOTS, ()),
    **dict.fromkeys(MIDDLE, ROOTS),
    JOIN: MIDDLE,
    SIGN: (JOIN,),
}


def task(bundle: int, step: str) -> str:
    """The trivial work of one task; what is measured is everything around it."""
    return f"{bundle}:{step}"
