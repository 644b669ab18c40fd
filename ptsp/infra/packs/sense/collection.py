"""Mistakes of sense in how a fee is collected: interest that has no value or is no whole rupiah."""

from decimal import Decimal
from typing import Any

from ptsp.infra.packs.build import by_law_service
from ptsp.infra.packs.places import Loan, Part
from ptsp.infra.packs.sense.expressions import expression_faults
from ptsp.infra.packs.sense.scene import Sheet
from ptsp.infra.packs.sense.trial import trial_faults
from ptsp.kernel.errors import Fault

_LABEL = {"id": "-", "en": "-"}
INTEREST_INPUTS: list[dict[str, Any]] = [  # an odd sum in the end, for a share of it to be no whole rupiah
    {"code": "unpaid", "label": _LABEL, "type": "number", "minimum": 1, "maximum": Decimal(999_999_999_999)},
    {"code": "months", "label": _LABEL, "type": "number", "minimum": 1, "maximum": 600},
]


def collection_faults(part: Part) -> list[Fault]:
    """Everything wrong with the interest of a `collection`, wherever that stands."""
    raw = part.raw.get("interest")
    if raw is None:
        return []
    sheet = _sheet(Part(part.document, f"{part.path}.interest", raw))
    formulas, found = expression_faults(sheet)
    return [*sheet.part.faults([*found, *trial_faults(sheet.spec, formulas)])]


def _sheet(interest: Part) -> Sheet:
    """Interest as a fee of one line over `unpaid` and `months`."""
    line = {"code": "interest", **{key: interest.raw[key] for key in ("label", "account", "amount")}}
    fee = {"lets": interest.raw.get("lets", []), "lines": [line]}
    raw = {"code": "interest", "inputs": INTEREST_INPUTS, **fee}
    part = Part(
        interest.document,
        interest.path,
        {"fields": INTEREST_INPUTS, "fee": fee},
        {".fee.lines[0]": Loan(interest), ".fee": Loan(interest)},
    )
    return Sheet(part, by_law_service(raw))
