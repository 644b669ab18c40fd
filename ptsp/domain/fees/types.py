"""What a service costs this applicant, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ptsp.kernel.specs import Text


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a fee notice, in whole rupiah, to be booked on `account`.

    `receipt` is ready for JSON and enough to work the amount out again by hand: the receipt of the amount
    as `ptsp.kernel.formulas.as_json` gives it, and beside it `parts` [{name, receipt}], the named parts
    the line rests on, in order, and `rule` {service, standard (its version), line, legal_basis, basis,
    source}. `ptsp.kernel.formulas.explain` tells all of it in words.
    """

    code: str
    label: Text
    account: str
    amount: int
    receipt: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bill:
    """All lines of one service. No lines: the service is free."""

    lines: tuple[BillLine, ...]
    total: int
