"""What a tenant may declare of fees: by-law, tables, lines, who signs, and how what is not paid is collected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

Text = Mapping[str, str]

TREASURER = "treasurer"  # the agency that makes fee notices and takes money, in every pack that charges
BANK = "bank"  # the agency through which money comes in, in every pack that has one


class Basis(StrEnum):
    """How sure we are of a figure."""

    CONFIRMED = "confirmed"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of a by-law. Bands and slices: (upper bound or None, value); choices: (key, value)."""

    code: str
    kind: str  # bands | slices | choices
    rows: tuple[tuple[Decimal | str | None, Decimal], ...]
    basis: Basis
    source: str


@dataclass(frozen=True, slots=True)
class FeeLineSpec:
    """One line of a fee notice; `amount` is an expression giving whole rupiah.

    The money is booked on the revenue account `account` of the agency `agency`.
    """

    code: str
    label: Text
    account: str
    amount: str
    agency: str = TREASURER


@dataclass(frozen=True, slots=True)
class InterestSpec:
    """What paying late costs: an expression of `unpaid` (whole rupiah) and `months`, begun months count as whole.

    A flat fine does not mention `months`, a cap is a `min`, rounding stands at its node. Booked on `account`.
    """

    label: Text
    account: str
    amount: str
    lets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """How a by-law has a fee collected: when it is due, what follows if it is not paid, when the claim lapses.

    Days are calendar days. A warning letter goes out `warn_after_days` after the due date and gives
    `pay_within_days`; a demand (STRD) with interest follows. The claim lapses `claim_years` after the due date,
    or after the last warning or admission of the debt, which interrupt it.
    """

    due_days: int = 15
    warn_after_days: int = 7
    pay_within_days: int = 7
    claim_years: int = 3
    deposit_days: int = 1  # within which cash taken at a counter reaches the treasury's account
    interest: InterestSpec | None = None
    legal_basis: str = ""
    basis: Basis = Basis.ASSUMED
    source: str = ""


@dataclass(frozen=True, slots=True)
class SignerSpec:
    """Which agency signs each paper of money, by code."""

    notice: str = TREASURER  # SKRD, SKRDKBT, SKRDLB
    receipt: str = TREASURER  # SSRD
    demand: str = TREASURER  # STRD, warning letter


@dataclass(frozen=True, slots=True)
class FeeSpec:
    """A by-law fee. No lines means free; `legal_basis` says by what right either way.

    `by_law` names the by-law of the library it was taken from; the by-law is in force from `in_force_from`, where
    that day is known, until `in_force_until`.
    """

    legal_basis: str
    basis: Basis
    source: str
    lines: tuple[FeeLineSpec, ...] = ()
    lets: Mapping[str, str] = field(default_factory=dict)  # named parts, in order
    tables: Mapping[str, TableSpec] = field(default_factory=dict)
    collection: CollectionSpec = CollectionSpec()
    signers: SignerSpec = SignerSpec()
    by_law: str | None = None
    in_force_from: date | None = None
    in_force_until: date | None = None
