"""How money is split over what is owed; pure."""

from collections.abc import Sequence

from ptsp.domain.payments.types import Allocation, Claim, FreeMoney
from ptsp.kernel.errors import PtspError


class NotEnough(PtspError):
    """There is less money than the claims come to."""

    code = "not_enough"


def split(claims: Sequence[Claim], money: Sequence[FreeMoney]) -> list[Allocation]:
    """Pay every line of the claims in their order from the money in its order, to the rupiah.

    Money that is left over stays free. Raises NotEnough when the claims come to more; nothing is split then.
    """
    owed, there = sum(claim.total for claim in claims), sum(one.amount for one in money)
    if owed > there:
        raise NotEnough(f"{there} rupiah cannot pay {owed}")
    allocations: list[Allocation] = []
    sources = iter(money)
    payment_id, left = None, 0
    for claim in claims:
        for line in claim.lines:
            open_amount = line.amount
            while open_amount:
                if not left:
                    source = next(sources)
                    payment_id, left = source.payment_id, source.amount
                    continue
                part = min(open_amount, left)
                assert payment_id is not None
                allocations.append(
                    Allocation(payment_id, claim.notice_id, line.code, line.account, line.agency, part)
                )
                open_amount, left = open_amount - part, left - part
    return allocations


def customer_no(serial: int, year: int) -> str:
    """What a payer types at the bank after the bank's prefix: ten digits, the year before the serial."""
    return f"{year % 100:02d}{serial:08d}"
