"""Questions in the air: a worker's threads ask, while the worker itself goes on round the offices.

Bulkheads keep a slow agency to itself: it has at most `OF_AGENCY` threads, and an office never more threads than
it leaves to the others. What waits for a thread is bounded by what can be asked within a lease. Threads touch no
database: results are handed back to the worker, which records them.
"""

import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Condition
from uuid import UUID

import structlog

from ptsp.domain import budgets, deliveries, routes

log = structlog.get_logger()

AT_ONCE = 24  # threads: they wait for lines, and cost next to nothing
OF_AGENCY = 6  # questions at once to one agency of one office
MOST_WAITING = 200  # of one agency, however fast it answers
EXPECTED_S = 0.25  # of an agency that was not asked yet
SMOOTH = 0.2

Ask = Callable[[routes.Claimed], routes.Result]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a task. `sought`: under what its verdict is to be kept."""

    task: routes.Claimed
    result: routes.Result
    sought: budgets.Sought | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One question. `ask` never raises for what an agency does."""

    task: routes.Claimed
    ask: Ask
    sought: budgets.Sought | None = None

    def came_to(self, result: routes.Result) -> Answer:
        return Answer(self.task, result, self.sought)


@dataclass(frozen=True, slots=True)
class Room:
    """Agencies that take nothing more now, and how many tasks all others have room for."""

    full: Sequence[str]
    tasks: int


@dataclass(slots=True)
class Lane:
    """What goes to one agency of one office."""

    waiting: deque[Call] = field(default_factory=deque)
    running: int = 0
    failures: int = 0  # in a row
    takes_s: float = EXPECTED_S  # an answer, of late
    paused_until: float = 0.0  # monotonic: so long its budget allows nothing

    def most(self, within_s: float) -> int:
        """How many can be asked in so many seconds; at least as many as are asked at once."""
        return max(OF_AGENCY, min(MOST_WAITING, int(OF_AGENCY * within_s / self.takes_s)))

    def room(self, within_s: float) -> int:
        """How many more."""
        return max(0, self.most(within_s) - self.running - len(self.waiting))


def may_start(*, of_agency: int, of_tenant: int, free: int) -> bool:
    """May one more question go out? The numbers are of threads. The last free one is for an office without any."""
    return of_agency < OF_AGENCY and of_tenant < free


class Asking:
    """The threads of one worker, and what they are at. `put` and `answered` are called by its main thread."""

    def __init__(self, *, threads: int = AT_ONCE) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="ask")
        self._changed = Condition()
        self._lanes: dict[tuple[int, str], Lane] = {}
        self._running: Counter[int] = Counter()  # by tenant
        self._answered: dict[int, list[Answer]] = {}
        self._suspects = 0
        self.is_closing = False

    @property
    def is_idle(self) -> bool:
        """Nothing is asked, and nothing waits to be asked or recorded."""
        with self._changed:
            return not (self._answered or any(lane.running or lane.waiting for lane in self._lanes.values()))

    @property
    def has_suspect(self) -> bool:
        """Is a question in the air that was in a worker's hands when it died?"""
        return self._suspects > 0

    def room(self, tenant_id: int, within_s: float) -> Room:
        """What can be claimed for an office now. An agency takes more once half of what it had is answered."""
        full, tasks = [], MOST_WAITING
        with self._changed:
            for (office, agency), lane in self._lanes.items():
                if office != tenant_id:
                    continue
                room = lane.room(within_s)
                if room < lane.most(within_s) / 2 or time.monotonic() < lane.paused_until:
                    full.append(agency)
                else:
                    tasks = min(tasks, room)
        return Room(full, tasks)

    def pause(self, tenant_id: int, agency: str, seconds: float) -> None:
        """Nothing of this agency is to be claimed for a while."""
        with self._changed:
            lane = self._lanes.setdefault((tenant_id, agency), Lane())
            lane.paused_until = time.monotonic() + seconds

    def put(
        self,
        tenant_id: int,
        tasks: Sequence[routes.Claimed],
        ask: Ask,
        *,
        within_s: float,
        sought: Mapping[UUID, budgets.Sought],
    ) -> None:
        """Ask these as soon as there are threads. What cannot be tried in time is handed back."""
        with self._changed:
            for task in tasks:
                call = Call(task, ask, sought.get(task.id))
                self._suspects += task.crashes > 0
                lane = self._lanes.setdefault((tenant_id, task.agency), Lane())
                if lane.room(within_s) and not self.is_closing:
                    lane.waiting.append(call)
                else:
                    self._tell(tenant_id, [call.came_to(routes.untried(task, cause=None, again_s=0.0))])
            self._start()

    def answered(self, most: int = MOST_WAITING) -> dict[int, list[Answer]]:
        """What came of questions, by tenant: up to so many of each, the first ones first."""
        with self._changed:
            answered, self._answered = self._answered, {}
            for tenant_id, answers in answered.items():
                if answers[most:]:
                    self._answered[tenant_id] = answers[most:]
        return {tenant_id: answers[:most] for tenant_id, answers in answered.items()}

    def keep(self, answered: Mapping[int, Sequence[Answer]]) -> None:
        """Answers that could not be recorded: the first ones that `answered` gives next."""
        with self._changed:
            for tenant_id, answers in answered.items():
                self._answered[tenant_id] = [*answers, *self._answered.get(tenant_id, ())]

    def wait(self, longest_s: float) -> None:
        """Until something is answered."""
        with self._changed:
            if not self._answered:
                self._changed.wait(longest_s)

    def stop(self) -> None:
        """Nothing more is to be claimed or asked. Only a mark, which may be set in the midst of anything."""
        self.is_closing = True

    def close(self) -> None:
        """Nothing new is asked; what waits is handed back, and what is in the air comes home."""
        self.stop()
        with self._changed:
            for (tenant_id, _), lane in self._lanes.items():
                self._hand_back(tenant_id, lane, lambda: 0.0, None)
            self._changed.notify_all()

    def _start(self) -> None:
        """Put to threads what may go; who has the fewest threads first. With the lock held."""
        while free := self._threads - self._running.total():
            ready = [
                (self._running[tenant_id], lane.running, tenant_id, agency)
                for (tenant_id, agency), lane in self._lanes.items()
                if lane.waiting
                and may_start(of_agency=lane.running, of_tenant=self._running[tenant_id], free=free)
            ]
            if not ready:
                return
            _, _, tenant_id, agency = min(ready)
            lane = self._lanes[tenant_id, agency]
            lane.running += 1
            self._running[tenant_id] += 1
            self._pool.submit(self._ask, tenant_id, lane, lane.waiting.popleft())

    def _ask(self, tenant_id: int, lane: Lane, call: Call) -> None:
        """In a thread. A fault of ours leaves the task to the end of its lease; a suspect then."""
        started = time.monotonic()
        result = None
        try:
            result = call.ask(call.task)
        except Exception as error:
            log.error("asking_failed", task=str(call.task.id), reason=type(error).__name__, exc_info=error)
        with self._changed:
            lane.running -= 1
            self._running[tenant_id] -= 1
            lane.takes_s += SMOOTH * (max(time.monotonic() - started, 0.001) - lane.takes_s)
            if result is not None:
                self._note(tenant_id, lane, call.came_to(result))
            else:
                self._suspects -= call.task.crashes > 0
            self._start()
            self._changed.notify_all()

    def _note(self, tenant_id: int, lane: Lane, answer: Answer) -> None:
        self._tell(tenant_id, [answer])
        lane.failures = lane.failures + 1 if answer.result.cause in routes.DOWN else 0
        if lane.failures >= deliveries.OPENS_AFTER:  # spreads load, guards nothing
            self._hand_back(
                tenant_id, lane, lambda: random.uniform(1, deliveries.FIRST_WAIT_S), routes.Cause.CIRCUIT
            )

    def _hand_back(
        self, tenant_id: int, lane: Lane, again_s: Callable[[], float], cause: routes.Cause | None
    ) -> None:
        back = [
            call.came_to(routes.untried(call.task, cause=cause, again_s=again_s())) for call in lane.waiting
        ]
        lane.waiting.clear()
        self._tell(tenant_id, back)

    def _tell(self, tenant_id: int, what: Iterable[Answer]) -> None:
        for answer in what:
            self._suspects -= answer.task.crashes > 0
            self._answered.setdefault(tenant_id, []).append(answer)
