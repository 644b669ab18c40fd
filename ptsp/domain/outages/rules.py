"""Which tasks an outage holds up, and which outages keep the law from approving an application."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from ptsp.domain.outages.types import CENTRAL, Hold, Outage, Spell
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.specs import StepKind

TECHNICAL = frozenset({StepKind.ASK, StepKind.DESK})


def concerns(outage: Outage, agency: str, kind: StepKind) -> bool:
    """Does the outage hold up a task of this kind at this agency? An applicant's payment is held up by none."""
    if outage.agency == CENTRAL:
        return kind in TECHNICAL
    return outage.agency == agency and kind is not StepKind.PAYMENT


def in_the_way(
    outages: Sequence[Outage],
    spells: Sequence[Spell],
    holds: Sequence[Hold],
    *,
    started_at: datetime,
    counted: Collection[UUID],
    now: datetime,
) -> tuple[Outage, ...]:
    """Outages for which a person has to decide before the law approves an application.

    Those that last and touch anything it still needs; and those that fell into the time its clock ran without
    stopping it. `spells` are all its tasks, `counted` the stops on its legal clock, `holds` what persons
    decided of it before: an outage that had ended by then needs no second decision.
    """
    settled = {one: hold.decided_at for hold in holds if hold.decided_at for one in hold.outages}
    return tuple(
        one
        for one in outages
        if _lasts_for(one, spells)
        or (
            one.id not in counted
            and not _is_decided(one, settled.get(one.id))
            and _fell_into(one, spells, started_at, now)
        )
    )


def working_days_lost(
    outages: Sequence[Outage],
    holds: Sequence[Hold],
    calendar: Calendar,
    *,
    started_at: datetime,
    now: datetime,
) -> int:
    """Working days of the office that these outages touched while the clock ran, each once; at least one.

    Days for which the clock was extended by an earlier decision do not count again.
    """
    before = {one: hold.decided_at for hold in holds if hold.decided_at for one in hold.outages}
    days: set[date] = set()
    for outage in outages:
        begins = _local(max(outage.began_at, started_at), calendar)
        if decided_at := before.get(outage.id):
            begins = max(begins, _local(decided_at, calendar) + timedelta(days=1))
        ends = _local(outage.ended_at or now, calendar)
        days.update(begins + timedelta(days=n) for n in range((ends - begins).days + 1))
    return max(1, sum(map(calendar.is_working, days)))


def _lasts_for(outage: Outage, spells: Sequence[Spell]) -> bool:
    needed = {spell.agency for spell in spells if spell.ended_at is None}
    return outage.ended_at is None and (outage.agency == CENTRAL or outage.agency in needed)


def _is_decided(outage: Outage, decided_at: datetime | None) -> bool:
    return decided_at is not None and outage.ended_at is not None and outage.ended_at <= decided_at


def _fell_into(outage: Outage, spells: Sequence[Spell], started_at: datetime, now: datetime) -> bool:
    """Did it hold up a task that was under way while the clock ran?"""
    over = outage.ended_at or now
    return started_at < over and any(
        spell.began_at is not None and spell.began_at < over and outage.began_at < (spell.ended_at or now)
        for spell in spells
        if outage.agency in (CENTRAL, spell.agency)
    )


def _local(moment: datetime, calendar: Calendar) -> date:
    return moment.astimezone(calendar.zone).date()
