"""Which line of a statement shows what of ours, and what remains different; pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from ptsp.domain.treasury.types import BankLine, Difference, Expected, Gap, Kind, Match

LONGEST_PREFIX = 8  # of a virtual account number, before the customer number

Period = tuple[date, date]  # first and last day that a statement speaks of


def match(lines: Sequence[BankLine], expected: Sequence[Expected]) -> list[Match]:
    """Find what the lines show, whatever their order: by reference first, then by customer number, amount and day.

    Under one reference, the one line of the right amount is it, or all lines together where they come to it (a
    payment that the bank books in parts). Where neither fits, all of them show it with another amount, which is a
    difference. What is shown in full already takes no further line.
    """
    left = _Left(lines)
    still = sorted((one for one in expected if one.shown != one.amount), key=_expected_order)
    found = [hit for one in still for hit in left.by_reference(one)]
    seen = {hit.target for hit in found}
    for one in still:
        if one.kind is Kind.PAYMENT and one.customer_no and not one.lines and one.id not in seen:
            found += left.by_customer(one)
    return found


def differences(
    lines: Sequence[BankLine], expected: Sequence[Expected], periods: Sequence[Period]
) -> list[Difference]:
    """What the bank's books and ours do not say alike, the oldest first. `lines` are those that show nothing of ours.

    What no line shows is missing only from a day that a statement speaks of.
    """
    found = [
        Difference(
            Gap.UNKNOWN,
            Kind.LINE,
            line.id,
            line.booked_on,
            line.references[0],
            line.customer_no,
            0,
            line.amount,
            line.description,
        )
        for line in lines
    ]
    for one in expected:
        if one.shown != one.amount and (one.lines or _is_covered(one.on, periods)):
            gap = Gap.AMOUNT if one.lines else Gap.MISSING
            of_ours = (one.kind, one.id, one.on, one.reference, one.customer_no, one.amount, one.shown)
            found.append(Difference(gap, *of_ours))
    return sorted(found, key=lambda one: (one.on, one.reference, str(one.subject)))


class _Left:
    """Lines that show nothing yet, found by reference and by amount and day."""

    def __init__(self, lines: Iterable[BankLine]) -> None:
        self._free: set[UUID] = set()
        self._by_reference: dict[str, list[BankLine]] = {}
        self._by_day: dict[tuple[int, date], list[BankLine]] = {}
        for line in sorted(lines, key=_order):
            self._free.add(line.id)
            for reference in dict.fromkeys(line.references):
                self._by_reference.setdefault(reference, []).append(line)
            self._by_day.setdefault((line.amount, line.booked_on), []).append(line)

    def by_reference(self, one: Expected) -> list[Match]:
        """Take the lines that carry its reference and go its way."""
        same = [
            line for line in self._open(self._by_reference.get(one.reference)) if line.amount * one.amount > 0
        ]
        whole = [line for line in same if line.amount == one.amount - one.shown][:1]
        return [self._taken(line, one) for line in whole or same]

    def by_customer(self, one: Expected) -> list[Match]:
        """Take the first line of its amount and day under its customer number."""
        same = self._open(self._by_day.get((one.amount, one.on)))
        whole = [line for line in same if _names(line, one.customer_no)][:1]
        return [self._taken(line, one) for line in whole]

    def _open(self, lines: list[BankLine] | None) -> list[BankLine]:
        return [line for line in lines or () if line.id in self._free]

    def _taken(self, line: BankLine, one: Expected) -> Match:
        self._free.remove(line.id)
        return Match(line.id, one.kind, one.id)


def _names(line: BankLine, customer_no: str) -> bool:
    """Whether the line is under this customer number, with or without the bank's prefix."""
    prefix = len(line.customer_no) - len(customer_no)
    return 0 <= prefix <= LONGEST_PREFIX and line.customer_no.endswith(customer_no)


def _is_covered(day: date, periods: Sequence[Period]) -> bool:
    return any(first <= day <= last for first, last in periods)


def _order(line: BankLine) -> tuple[date, str, int, int, str]:
    return (line.booked_on, line.entry, line.amount, line.occurrence, line.customer_no)


def _expected_order(one: Expected) -> tuple[date, str, str]:
    return (one.on, one.reference, str(one.id))
