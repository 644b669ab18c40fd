"""Deadlines as officers say them: due tomorrow, two working days late, five of eight days used."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from flask import g

from ptsp.flows.case_views import AnswerView, CaseView, ClockView, OpenStep, WaitingTask
from ptsp.kernel.limits import Unit
from ptsp.web import format as shown
from ptsp.web.pages import count, read, say

HOUR = 60
SOON_DAYS = 1
UNITS = {"m2": "m²", "m3": "m³"}
UNDER_WAY = ("ready", "running", "asked", "stuck")


def due_words(task: WaitingTask, now: datetime, zone: str) -> str:
    """When a task is due, or by how much it is late."""
    if task.due_at is None:
        return say("desk.due.none")
    late = -(task.left_days or 0) if task.is_over else 0
    return _due(task.due_at, now, zone, late=late, is_over=task.is_over)


def clock_words(clock: ClockView, now: datetime, zone: str) -> str:
    """The same of a clock, also of one that has not begun, stands, or has ended."""
    if clock.started_at is None:
        return say("desk.due.not_begun")
    if clock.ended_at:
        if not clock.is_over:
            return say("desk.due.in_time", used=ticks(clock, clock.used))
        return say("desk.due.ended_late", late=count("working_days", clock.over_days))
    if clock.due_at is None:
        return say("desk.due.stands", left=ticks(clock, clock.left))
    return _due(clock.due_at, now, zone, late=clock.over_days, is_over=clock.is_over)


def _due(due_at: datetime, now: datetime, zone: str, *, late: int, is_over: bool) -> str:
    day, today = shown.local_day(due_at, zone), shown.local_day(now, zone)
    if is_over and late > 0:
        return say("desk.due.late", late=count("working_days", late))
    if is_over:
        return say("desk.due.over", at=shown.moment(due_at, zone, g.lang))
    if day == today:
        return say("desk.due.today")
    if day == today + timedelta(days=1):
        return say("desk.due.tomorrow")
    return say("desk.due.on", day=shown.long_date(day, g.lang))


def tone(task: WaitingTask) -> str:
    """How urgent it looks: bad when late, warn when due at once, rest while it stands, else good."""
    if task.is_over:
        return "bad"
    if task.due_at is None:
        return "rest"
    return "warn" if (task.left_days or 0) <= SOON_DAYS else "good"


def ticks(clock: ClockView, amount: int) -> str:
    """Ticks of a clock's limit in its own unit; less than an hour in minutes."""
    if clock.limit.unit is Unit.WORKING_DAYS:
        return count("working_days", amount)
    if clock.limit.unit is not Unit.WORKING_HOURS:
        return count("calendar_days", amount)
    if 0 < amount < HOUR:
        return count("desk.minutes", amount)
    return count("working_hours", amount // HOUR)


def held_words(reasons: Sequence[str]) -> str:
    """`menunggu pemohon memperbaiki, keadaan kahar`."""
    return ", ".join(say(f"desk.held.{reason}") for reason in reasons)


def slack_words(step: OpenStep) -> str:
    """How many working days a step may still lose, or by how many the promise is lost already."""
    if step.slack < 0:
        return say("desk.steps.lost", days=count("working_days", -step.slack))
    return count("working_days", step.slack)


def critical_words(case: CaseView) -> str:
    """The sentence that names whom the promised date waits for now."""
    critical = [step for step in case.steps if step.is_critical]
    busy = [step for step in critical if step.state in UNDER_WAY] or critical[:1]
    if not busy:
        return say("desk.steps.none")
    who = "; ".join(f"{read(step.agency_name)} ({read(step.name)})" for step in busy)
    return say("desk.steps.critical_now", who=who)


def answer_words(answer: AnswerView) -> str:
    """An answer as the reader writes it."""
    if answer.choice is not None:
        return read(answer.choice)
    if answer.type == "yes_no":
        return say(f"submit.{answer.value}")
    if answer.type != "number":
        return answer.value
    number = shown.number(Decimal(answer.value), g.lang)
    return f"{number} {UNITS.get(answer.unit, answer.unit)}".strip()
