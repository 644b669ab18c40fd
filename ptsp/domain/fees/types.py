"""What a service costs this applicant, line by line."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ptsp.kernel.specs import Text


class BillLine(NamedTuple):
    """One line of a fee notice, in whole rupiah, to be booked on `account` of `agency`.

    `receipt` is ready for JSON and enough to work the amount out again by hand: the receipt of the amount
    as `ptsp.kernel.formulas.as_json` gives it, and beside it `parts` [{name, receipt}], the named parts
    the line rests on, in order, and `rule` {service, standard (its version), line, legal_basis, basis,
    source}. `ptsp.kernel.formulas.explain` tells all of it in words.
    """

    code: str
    label: Text
    account: str
    agency: str
    amount: int
    receipt: Mapping[str, Any]


class Bill(NamedTuple):
    """All lines of one service. No lines: the service is free."""

    lines: tuple[BillLine, ...]
    total: int
