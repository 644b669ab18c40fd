"""What came in, day by day, on which account of which agency and by which way; and what was given back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ptsp.domain import treasury
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import Text

CHANNELS = ("cash", "va", "qris")
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class RevenueLine:
    """Whole rupiah of one day, or of a whole period, by channel; below 0 where more was taken back than came in."""

    day: date | None
    account: str
    agency: str
    agency_name: Text
    cash: int
    va: int
    qris: int

    @property
    def total(self) -> int:
        return self.cash + self.va + self.qris


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """Revenue from `first` to `last`, both in it. `accounts` adds the days up for each account and agency."""

    tenant: str
    name: Text
    region: str
    first: date
    last: date
    days: tuple[RevenueLine, ...]
    accounts: tuple[RevenueLine, ...]
    refunds: tuple[treasury.GivenBack, ...]

    @property
    def total(self) -> int:
        return sum(line.total for line in self.accounts)

    def channel(self, code: str) -> int:
        """What came in by cash, va or qris."""
        return sum(getattr(line, code) for line in self.accounts)

    def as_json(self) -> dict[str, object]:
        """Ready for JSON; amounts are whole numbers."""
        return {
            "tenant": self.tenant,
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "days": [{"day": str(line.day), **_amounts(line)} for line in self.days],
            "accounts": [_amounts(line) for line in self.accounts],
            "refunds": [
                {"day": one.day.isoformat(), "owed": one.owed, "paid": one.paid} for one in self.refunds
            ],
            **{code: self.channel(code) for code in CHANNELS},
            "total": self.total,
        }


def revenue_report(work: Work, first: date | None, last: date | None) -> RevenueReport:
    """What was settled in a period less what was taken back in it. Raises Invalid for one over 366 days.

    Without a last day up to today, without a first from the first of that month.
    """
    last = last or work.today
    first = first or last.replace(day=1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Invalid([fault("period", "period", most=MOST_DAYS)])
    pack = work.tenant.pack
    found = treasury.revenue(work.connection, work.tenant.id, pack.time_zone, first, last)
    by_day: dict[tuple[date, str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(CHANNELS, 0))
    by_account: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(CHANNELS, 0))
    for one in found:
        by_day[one.day, one.account, one.agency][one.channel] += one.amount
        by_account[one.account, one.agency][one.channel] += one.amount
    names = {code: agency.name for code, agency in pack.agencies.items()}
    return RevenueReport(
        work.tenant.code,
        pack.name,
        pack.region,
        first,
        last,
        tuple(_line(names, day, place, sums) for (day, *place), sums in sorted(by_day.items())),
        tuple(_line(names, None, place, sums) for place, sums in sorted(by_account.items())),
        tuple(treasury.given_back(work.connection, work.tenant.id, pack.time_zone, first, last)),
    )


def _line(
    names: Mapping[str, Text], day: date | None, place: Sequence[str], sums: Mapping[str, int]
) -> RevenueLine:
    account, agency = place
    name = names.get(agency, {"id": agency, "en": agency})  # an agency that a newer pack has no more
    return RevenueLine(day, account, agency, name, sums["cash"], sums["va"], sums["qris"])


def _amounts(line: RevenueLine) -> dict[str, object]:
    return {
        "account": line.account,
        "agency": line.agency,
        **{code: getattr(line, code) for code in CHANNELS},
        "total": line.total,
    }
