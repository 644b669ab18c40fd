"""Play the year, day by day, with the office's own flows: only the clock and the people are simulated."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import reduce
from threading import Lock
from typing import TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from ptsp.domain import deadlines
from ptsp.domain.applications import Applicant, Order, Wanted
from ptsp.flows._retiming import Happened, change_clocks, joined
from ptsp.flows.change_calendar import change_calendar
from ptsp.flows.declare_outage import declare_outage
from ptsp.flows.deem_approved import deem_approved
from ptsp.flows.end_outage import end_outage
from ptsp.flows.follow_calendar import follow_calendar
from ptsp.flows.follow_outages import follow_outages
from ptsp.flows.move_clock import put_mark
from ptsp.flows.submit_bundle import submit_bundles
from ptsp.infra.calendars import OFFICE, DecreedDay
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work, begin
from ptsp.main.year.chance import Chance, Fate
from ptsp.main.year.endings import Ending, end_tasks

YEAR = 2026
FIRST, LAST = date(YEAR, 1, 2), date(YEAR, 12, 30)
HOURS = (time(9), time(12), time(15))
AT_ONCE = 100  # bundles a transaction, at most
LANES = 2  # transactions at a time, of different bundles
NAMES = UUID("8f7c0a52-8c1d-4a53-9a44-7a2d1f3f9d10")  # stops get the same names in every run of a seed

# In the order of lodging, so that chance decides alike in every run of a seed; ids are random.
BEGUN = text("""
    SELECT t.id, t.bundle_id, t.seq, t.kind,
           (SELECT b.client_key FROM app.bundle b WHERE b.tenant_id = t.tenant_id AND b.id = t.bundle_id) AS place,
           (SELECT b.shape FROM app.bundle b WHERE b.tenant_id = t.tenant_id AND b.id = t.bundle_id) AS shape
      FROM app.task t
     WHERE t.tenant_id = :tenant AND t.state = 'ready' AND t.started_at >= :since AND t.started_at <= :now
     ORDER BY place, t.seq""")


@dataclass(frozen=True, slots=True)
class Open:
    """A task under way, with what chance decided of it."""

    id: UUID
    bundle_id: UUID
    seq: int
    kind: str
    fate: Fate


@dataclass(slots=True)
class Played:
    """What happened in the year."""

    bundles: int = 0
    events: Counter[str] = field(default_factory=Counter)


class Year:
    """One office's year. `engine` enters as ptsp_worker, `owner` as ptsp_owner."""

    def __init__(self, engine: Engine, owner: Engine, book: TenantBook, tenant_id: int, seed: int) -> None:
        self._engine, self._owner, self._book, self._tenant_id = engine, owner, book, tenant_id
        self._tenant = book.by_id(tenant_id)
        self._zone = ZoneInfo(self._tenant.pack.time_zone)
        self._chance = Chance(seed)
        self._ends: dict[date, list[Open]] = defaultdict(list)
        self._marks: dict[date, list[tuple[Open, deadlines.Mark, int]]] = defaultdict(list)
        self._down: dict[str, UUID] = {}  # agency -> its outage
        self._stands: dict[UUID, date] = {}  # task -> the day on which it goes on
        self._seen = datetime.min.replace(tzinfo=self._zone)
        self._orders = 0
        self._counting = Lock()
        self.played = Played()

    def play(self, bundles: int, progress: Callable[[date], None]) -> Played:
        """Lodge so many bundles over the year and let everything happen to them."""
        days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
        worked = [day for day in days if self._tenant.calendar.is_working(day)]
        lodged = self._chance.share_out(bundles, worked)
        decrees = self._chance.decrees(worked[:-20])
        agencies = [OFFICE, *sorted(self._tenant.pack.agencies)]
        outages: dict[date, list[tuple[str, bool]]] = defaultdict(list)
        for begins, agency, length in self._chance.outages(worked[:-20], agencies):
            outages[begins].append((agency, True))
            outages[begins + timedelta(days=length)].append((agency, False))
        with ThreadPoolExecutor(LANES) as pool:
            for day in days:
                self._morning(day, decrees.get(day), outages[day])
                self._lodge(pool, day, lodged.get(day, 0))
                for hour in HOURS:
                    self._round(pool, day, hour)
                progress(day)
        return self.played

    @contextmanager
    def _at(self, day: date, hour: time) -> Iterator[Work]:
        now = datetime.combine(day, hour, self._zone)
        with begin(self._engine, self._tenant, actor="year", now=now) as work:
            yield work

    def _morning(self, day: date, decreed: date | None, outages: Sequence[tuple[str, bool]]) -> None:
        """Decrees, outages, and what the law has approved since yesterday."""
        if decreed is not None:
            self._decree(day, decreed)
        for agency, begins in outages:
            self._outage(day, agency, begins=begins)
        self._until_done(day, time(8), lambda work: follow_outages(work, limit=AT_ONCE))
        after = None
        while True:
            with self._at(day, time(8)) as work:
                after = deem_approved(work, self._book, after=after, limit=AT_ONCE).last
            if after is None:
                break

    def _decree(self, day: date, decreed: date) -> None:
        named = DecreedDay(OFFICE, decreed, "off", f"Libur daerah {decreed:%d-%m-%Y}")
        decree = f"Keputusan {day:%d-%m-%Y}"
        changed = change_calendar(self._owner, self._tenant_id, named, decree=decree, by="year")
        self._count("decrees", int(changed.is_new))
        with self._at(day, time(7)) as work:
            calendars = self._tenant.calendars_at(work.connection, changed.version)
        self._tenant = replace(self._tenant, calendars=calendars)
        self._until_done(day, time(7), lambda work: follow_calendar(work, limit=AT_ONCE).bundles)

    def _outage(self, day: date, agency: str, *, begins: bool) -> None:
        with self._at(day, time(8)) as work:
            if not begins:
                if declared := self._down.pop(agency, None):
                    end_outage(work, declared)
            elif agency not in self._down:
                self._down[agency] = declare_outage(work, agency, "Sistem tidak dapat dihubungi.")
                self._count("outages")

    def _until_done(self, day: date, hour: time, verb: Callable[[Work], int]) -> int:
        """A verb that does a part at a time, each in its own transaction."""
        done = 0
        while True:
            with self._at(day, hour) as work:
                count = verb(work)
            if not count:
                return done
            done += count

    def _lodge(self, pool: ThreadPoolExecutor, day: date, count: int) -> None:
        orders = [self._order() for _ in range(count)]

        def lodge(part: Sequence[Order]) -> None:
            with self._at(day, time(8, 30)) as work:
                submit_bundles(work, part)

        _all(pool.map(lodge, _batches(orders, lambda one: one.client_key)))
        self.played.bundles += count

    def _order(self) -> Order:
        self._orders += 1
        number = self._orders
        person = Applicant(
            nik=f"351508{1 + number % 28:02d}0390{9990 + number % 10}",
            name="Pemohon Contoh",
            birth_place="Sidoarjo",
            birth_on=date(1990, 3, 12),
            gender="male",
            address="Jl. Contoh Raya 12, Sidoarjo",
        )
        wanted = tuple(Wanted(code, answers, {}) for code, answers in self._chance.wanted().items())
        return Order(person, wanted, f"year:{number:07d}", hashlib.sha256(str(number).encode()).digest())

    def _round(self, pool: ThreadPoolExecutor, day: date, hour: time) -> None:
        """What began gets its fate; what is to be stopped, extended or ended today is."""
        with self._at(day, hour) as work:
            self._begin(work, day)

        def mark(part: Sequence[tuple[Open, deadlines.Mark, int]]) -> None:
            with self._at(day, hour) as work:
                self._mark(work, part)

        def end(part: Sequence[Open]) -> None:
            with self._at(day, hour) as work:
                ended = end_tasks(work, self._book, list(map(_ending, part)))
            self._count("tasks_ended", ended)

        marked = self._marks.pop(day, []) if hour == HOURS[0] else []
        _all(pool.map(mark, _batches(marked, lambda one: one[0].bundle_id)))
        _all(pool.map(end, _batches(self._due(day), lambda one: one.bundle_id)))

    def _count(self, what: str, times: int = 1) -> None:
        with self._counting:
            self.played.events[what] += times

    def _begin(self, work: Work, day: date) -> None:
        values = {"tenant": self._tenant_id, "since": self._seen, "now": work.now}
        for row in work.connection.execute(BEGUN, values):
            step = deadlines.shape_from_text(row.shape).steps[row.seq]
            one = Open(
                row.id, row.bundle_id, row.seq, row.kind, self._chance.fate(row.kind, step.limit.amount)
            )
            self._ends[day + timedelta(days=one.fate.days)].append(one)
            self._plan_marks(one, day)
        self._seen = work.now

    def _plan_marks(self, one: Open, day: date) -> None:
        name = uuid5(NAMES, f"{one.bundle_id}{one.seq}")
        moment = datetime.combine(day, HOURS[0], self._zone)
        if one.fate.stop:
            after, reason, how, length = one.fate.stop
            begins, ends = (day + timedelta(days=1 + after), day + timedelta(days=1 + after + length))
            goes_on = deadlines.MarkKind.RESUME
            if how is deadlines.MarkKind.RESET:
                goes_on = deadlines.MarkKind.RESTART
            self._marks[begins].append((one, deadlines.Mark(how, moment, name, reason), length))
            self._marks[ends].append((one, deadlines.Mark(goes_on, moment, name), 0))
        if one.fate.extension:
            after, by = one.fate.extension
            mark = deadlines.Mark(deadlines.MarkKind.EXTEND, moment, by=by, legal_basis="simulasi")
            self._marks[day + timedelta(days=1 + after)].append((one, mark, 0))

    def _mark(self, work: Work, marks: Sequence[tuple[Open, deadlines.Mark, int]]) -> None:
        by_bundle: dict[UUID, list[tuple[Open, deadlines.Mark, int]]] = defaultdict(list)
        for entry in marks:
            by_bundle[entry[0].bundle_id].append(entry)

        def happen(clocks: deadlines.Clocks) -> Happened | None:
            done = [
                put
                for one, mark, length in by_bundle[clocks.bundle_id]
                if (put := self._put(work, clocks, one, replace(mark, at=work.now), length))
            ]
            return reduce(joined, done) if done else None

        change_clocks(work, sorted(by_bundle), happen)

    def _put(
        self, work: Work, clocks: deadlines.Clocks, one: Open, mark: deadlines.Mark, length: int
    ) -> Happened | None:
        """Only on a task that is still under way, and only what can happen to its clock."""
        running = clocks.line.steps[one.seq]
        if running.ended_at is not None:
            return None
        if mark.kind in (deadlines.MarkKind.RESUME, deadlines.MarkKind.RESTART):
            if one.id not in self._stands:
                return None
            del self._stands[one.id]
        elif mark.kind is not deadlines.MarkKind.EXTEND:
            self._stands[one.id] = work.today + timedelta(days=length)
        positions = [
            position
            for position in clocks.line.shape.steps[one.seq].members
            if clocks.outcomes[position] == "open" and _can(clocks, position, mark)
        ]
        self._count(f"clock_{mark.kind.value}")
        return put_mark(work, clocks, [one.seq], positions, mark)

    def _due(self, day: date) -> list[Open]:
        """What ends today; what stands is looked at again the day after it goes on."""
        ready = []
        for one in self._ends.pop(day, []):
            until = self._stands.get(one.id)
            if until is None:
                ready.append(one)
            else:
                self._ends[max(until, day) + timedelta(days=1)].append(one)
        return ready


def _can(clocks: deadlines.Clocks, position: int, mark: deadlines.Mark) -> bool:
    """A resumption goes to the clocks that bear its stop."""
    if mark.kind in (deadlines.MarkKind.RESUME, deadlines.MarkKind.RESTART):
        return any(one.stop == mark.stop for one in clocks.line.permits[position].marks)
    return mark.reason is None or mark.reason in clocks.line.shape.permits[position].stops


def _ending(one: Open) -> Ending:
    return Ending(one.id, one.bundle_id, one.seq, one.kind, one.fate.is_approved)


def _all(done: Iterable[None]) -> None:
    """Wait for every transaction, and raise what one of them raised."""
    for _ in done:
        pass


Item = TypeVar("Item")


def _batches(items: Iterable[Item], bundle_of: Callable[[Item], object]) -> Iterator[list[Item]]:
    """So many bundles a transaction, and enough transactions for every lane; none of them share a bundle."""
    by_bundle: dict[object, list[Item]] = defaultdict(list)
    for item in items:
        by_bundle[bundle_of(item)].append(item)
    groups = list(by_bundle.values())
    size = max(1, min(AT_ONCE, -(-len(groups) // LANES)))
    for first in range(0, len(groups), size):
        yield [item for group in groups[first : first + size] for item in group]
