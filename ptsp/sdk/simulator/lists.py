"""A fake agency's list of its cases: a window of its books by pages, and what a script makes wrong in it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ptsp.sdk.contract import Listed, Listing, Verdict
from ptsp.sdk.listings import Window
from ptsp.sdk.simulator.books import Case
from ptsp.sdk.simulator.desk import Desk
from ptsp.sdk.simulator.script import Rule

UNASKED = "00000000-0000-4000-8000-00000000ffff"  # a key that nobody ever sent
OPPOSITE = {Verdict.APPROVED: Verdict.REJECTED, Verdict.REJECTED: Verdict.APPROVED}

Judge = Callable[[Case], Verdict | None]


def listed(
    desk: Desk,
    office: str,
    asked: tuple[str, str, str],
    judge: Judge,
    fault: Rule | None = None,
    *,
    at_once: bool = False,
) -> Listing:
    """What an office's books hold between two times, (since, until, after), by pages of the script, or all at once.

    `judge` says what a case came to, once the agency has thought. ValueError for what cannot be listed.
    """
    since, until, after = asked
    start = int(after or "0")
    window = Window.of(since, until)
    do = fault.do if fault else ""
    cases = _spoilt(desk.books.opened_between(office, window.since, window.until), do)
    end = len(cases) if at_once else start + desk.faults.script.page
    shown = [_shown(case, desk, judge) for case in cases[start:end]]
    if do == "other_verdict":
        shown = _turned(shown)
    return Listing(tuple(shown), str(end) if end < len(cases) else None)


def _shown(case: Case, desk: Desk, judge: Judge) -> Listed:
    is_open = desk.clock() < case.opened_at + desk.faults.script.delay_s
    return Listed(case.key, case.number, case.opened.isoformat(), None if is_open else judge(case))


def _spoilt(cases: Sequence[Case], do: str) -> list[Case]:
    """The oldest case is the one that it goes wrong with."""
    if not cases:
        return []
    first, *rest = cases
    wrong = {
        "forgets": [],
        "lists_twice": [first, replace(first, number=f"{first.number}-2")],
        "lists_unasked": [replace(first, key=UNASKED, number=f"{first.number}-X"), first],
    }
    return [*wrong.get(do, [first]), *rest]


def _turned(shown: Sequence[Listed]) -> list[Listed]:
    at = next((at for at, one in enumerate(shown) if one.verdict is not None), None)
    return [
        replace(one, verdict=OPPOSITE[one.verdict]) if count == at and one.verdict else one
        for count, one in enumerate(shown)
    ]
