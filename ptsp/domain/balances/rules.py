"""How what we asked compares with what an agency lists, and what follows from it. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from uuid import NAMESPACE_URL, UUID, uuid5

from ptsp.domain.balances.types import Act, Asked, Comparison, Item, Kind
from ptsp.sdk.contract import Listed
from ptsp.sdk.listings import Window, moment

MARGIN = timedelta(hours=1)  # clocks that differ, and what was asked in the last second of a day
LOOK_BACK = timedelta(days=7)  # so long a day with gaps is made again by itself
SOON, LATER = timedelta(hours=1), timedelta(hours=24)  # after something was done about a gap, and otherwise
UNHAD = timedelta(minutes=30)  # until a list that could not be had is asked for again
MOST_TRIES = 3  # then what did not help is for a person
OPEN = "open"
UNDER_WAY = ("ready", "running")
IN_DOUBT = (
    "needs_check",
    "too_old",
)  # causes of a stuck question that a list settles; others are no question of it


def day_window(day: date, zone: tzinfo) -> Window:
    """A day of the office, from its midnight up to the next."""
    start, end = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    return Window(start, end)


def last_day(now: datetime, zone: tzinfo) -> date:
    """The last day whose balance can be made: it is over, and so is the margin after it."""
    return (now - MARGIN).astimezone(zone).date() - timedelta(days=1)


def days_owed(newest: date | None, last: date) -> list[date]:
    """The days up to `last` that have no balance yet; without any before, only the last one."""
    if newest is None:
        return [last]
    return [newest + timedelta(days=at) for at in range(1, (last - newest).days + 1)]


def list_window(day: Window, asked: Iterable[Asked], now: datetime) -> Window:
    """What is asked for to compare a day: wide enough for whatever was asked on it.

    A question may have arrived as soon as a worker took it in hand, and one that is sent again may arrive days after
    the first try. In the zone of the day.
    """
    since = min([day.since, *(one.tried_at for one in asked)]) - MARGIN
    since = max(since, day.since - LOOK_BACK)
    until = max(day.until, min(now, day.until + LOOK_BACK))
    return Window(since.astimezone(day.since.tzinfo), until.astimezone(day.since.tzinfo))


def key_of(listed: Listed) -> str:
    """The key of a case as we write it; whatever is none of ours stays as it is."""
    try:
        return str(UUID(listed.key))
    except ValueError:
        return listed.key


def compare(
    ours: Sequence[Asked], theirs: Sequence[Listed], *, day: Window, known: Collection[str] = ()
) -> Comparison:
    """Each of `ours` once, in their order, and each case of the day that nobody asked for.

    `ours` is what was first asked on that day: the day owns it, whenever its case was opened. `known` are keys that
    were asked on other days, whose cases belong there. A case without a question belongs to the day on which it was
    opened. The same case twice is one: a list by pages may repeat itself.
    """
    cases = _by_key(theirs)
    items = [_compared(one, cases.get(one.key, ())) for one in ours]
    asked = {one.key for one in ours} | set(known)
    strange = [
        Item(Kind.MISSING_HERE, key, (case.number,), "", case.verdict or OPEN, cases=1)
        for key, found in cases.items()
        if key not in asked
        for case in found
        if moment(case.opened_at) in day
    ]
    return Comparison((*items, *sorted(strange, key=lambda item: item.mark)))


def _by_key(theirs: Iterable[Listed]) -> dict[str, list[Listed]]:
    """Each case once, decided where one of its copies is; what has no key stands under ""."""
    found: dict[str, dict[str, Listed]] = {}
    for case in theirs:
        same = found.setdefault(key_of(case), {})
        if case.number not in same or case.verdict is not None:
            same[case.number] = case
    return {key: [same[number] for number in sorted(same)] for key, same in found.items()}


def _compared(one: Asked, cases: Sequence[Listed]) -> Item:
    numbers = sorted({case.number for case in cases} | ({one.number} if one.number else set()))
    said = [case.verdict.value if case.verdict else OPEN for case in cases]
    kind = _kind(one, cases, len(numbers))
    return Item(kind, one.key, tuple(numbers), one.state, ", ".join(said), one, len(cases))


def _kind(one: Asked, cases: Sequence[Listed], numbers: int) -> Kind:
    if not cases:
        return Kind.LET_GO if one.is_let_go and not one.number else Kind.MISSING_THERE
    if numbers > 1:
        return Kind.DOUBLED
    verdict = cases[0].verdict
    if one.verdict and verdict and one.verdict is not verdict:
        return Kind.DIFFERENT
    if verdict and one.verdict is None and not one.is_let_go:
        return Kind.UNANSWERED
    return Kind.MATCHED  # also what they call open, and have answered: a list may be older than the answer


def act_on(item: Item, *, remembers: bool, tries: int) -> Act:
    """What follows from a gap that was acted on `tries` times before.

    `remembers`: the agency knows a question by its key, or can be asked what it has, so that sending it again has no
    second effect. A verdict is never taken from a list: we look.
    """
    one = item.asked
    if one is None or one.verdict or one.is_let_go or tries >= MOST_TRIES:
        return Act.PERSON
    if one.state in UNDER_WAY:
        return Act.WAIT
    if one.state == "stuck" and one.cause not in IN_DOUBT:
        return Act.PERSON
    if item.kind is Kind.UNANSWERED:
        return Act.LOOK
    if item.kind is Kind.MISSING_THERE:
        return Act.SEND_AGAIN if remembers else Act.STICK
    return Act.PERSON


def again_at(day: Window, now: datetime, acts: Collection[Act]) -> datetime | None:
    """When a day with these open gaps is made again, None for never: it has none, or a person ends what is left."""
    if not acts or now >= day.until + LOOK_BACK:
        return None
    return now + (LATER if set(acts) <= {Act.PERSON, Act.STICK} else SOON)


def asked_again_at(day: Window, now: datetime) -> datetime:
    """When a list that could not be had is asked for again: it is not given up, only less often in time."""
    return now + (LATER if now >= day.until + LOOK_BACK else UNHAD)


def digest(items: Iterable[Item]) -> str:
    """SHA-256, as hexadecimals, of what both have: a line `key number` each, sorted, each ended by a line feed.

    An agency can work it out from its own books, less the gaps that a statement names.
    """
    lines = sorted(f"{item.key} {item.numbers[0]}\n" for item in items if item.kind is Kind.MATCHED)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def gap_id(tenant_id: int, agency: str, day: date, item: Item) -> UUID:
    """The same for the same gap, however often it is found."""
    return uuid5(NAMESPACE_URL, "/".join((str(tenant_id), agency, day.isoformat(), *item.mark)))
