"""Lists of cases: a page of an agency's own list, held against what was asked for before anybody believes it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ptsp.sdk import strict_json
from ptsp.sdk.contract import Listed, Listing, Verdict
from ptsp.sdk.errors import TryLater, Why

MOST = 500  # cases of one page
LONGEST_AFTER = 200
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_TICK = timedelta(microseconds=1)

Row = tuple[str, Mapping[str, object]]  # where it stands, such as `cases[3]`, and its fields


@dataclass(frozen=True, slots=True)
class Names:
    """What an agency calls the fields of a listed case."""

    key: str = "key"
    number: str = "number"
    opened_at: str = "opened_at"
    state: str = "state"


OURS = Names()


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` up to, and without, `until`."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, since: str, until: str) -> "Window":
        """ValueError for times without their offset, or in the wrong order."""
        window = cls(moment(since), moment(until))
        if window.since >= window.until:
            raise ValueError("a window ends after it begins")
        return window

    def days(self) -> list[date]:
        """The days it touches, in the zone of `since`."""
        first, last = self.since.date(), (self.until - _TICK).astimezone(self.since.tzinfo).date()
        return [first + timedelta(days=at) for at in range((last - first).days + 1)]

    def __contains__(self, at: datetime) -> bool:
        return self.since <= at < self.until


def moment(written: str) -> datetime:
    """ISO 8601 with an offset, to the second or finer. Malformed for anything else."""
    try:
        if _MOMENT.fullmatch(written):
            return datetime.fromisoformat(written)
    except ValueError:  # the thirtieth of February
        pass
    raise strict_json.Malformed("must be a time with its offset, such as 2026-11-23T09:15:00+07:00")


@contextmanager
def readable() -> Iterator[None]:
    """Nonsense in a list becomes TryLater. Nothing was sent that could have had an effect."""
    try:
        yield
    except strict_json.Malformed as error:
        raise TryLater(f"the agency's list makes no sense: {error}", why=Why.NONSENSE) from error


def rows(told: Mapping[str, object], field: str) -> list[Row]:
    """The objects of a list, and where they stand; a missing list is Malformed."""
    found = told.get(field)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise strict_json.Malformed(f"{field}: must be a list of objects")
    return [(f"{field}[{at}]", one) for at, one in enumerate(found)]


def opened_at(row: Row, names: Names = OURS) -> datetime:
    """When the case of a row was opened. Malformed, with its place, if it does not say so."""
    where, fields = row
    try:
        return moment(strict_json.text(fields, names.opened_at, longest=40))
    except strict_json.Malformed as error:
        told = str(error).removeprefix(f"{names.opened_at}: ")
        raise strict_json.Malformed(f"{where}.{names.opened_at}: {told}") from error


def page(
    cases: Iterable[Row],
    states: Mapping[str, Verdict | None],
    window: Window,
    *,
    names: Names = OURS,
    was: str | None,
    after: object,
) -> Listing:
    """The page that an agency gave for a window; `was` is the cursor that was sent, `after` the one that came.

    A key or a case that stands there twice is passed on: that is a double, and it is to be found. Malformed, with its
    place, for what nobody asked for, a state we do not know, more than `MOST` cases, or pages without end.
    """
    listed = tuple(_listed(row, states, window, names) for row in cases)
    if len(listed) > MOST:
        raise strict_json.Malformed(f"a page holds more than {MOST} cases")
    if after is None or after == "":
        return Listing(listed)
    further = strict_json.text({"after": after}, "after", longest=LONGEST_AFTER)
    if further == was or not listed:
        raise strict_json.Malformed("after: leads nowhere; the last page has none")
    return Listing(listed, further)


def _listed(row: Row, states: Mapping[str, Verdict | None], window: Window, names: Names) -> Listed:
    where, fields = row
    at = opened_at(row, names)
    if at not in window:
        raise strict_json.Malformed(f"{where}.{names.opened_at}: lies outside of what was asked for")
    try:
        key = strict_json.text(fields, names.key, longest=100) if fields.get(names.key) else ""
        number = strict_json.text(fields, names.number, longest=100)
        return Listed(key, number, at.isoformat(), strict_json.one_of(fields, names.state, states))
    except strict_json.Malformed as error:
        raise strict_json.Malformed(f"{where}.{error}") from error
