"""A claim as whoever collects it sees it, and what collecting leaves behind, as rows."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Act(StrEnum):
    """What is to be done with a claim."""

    WAIT = "wait"
    WARN = "warn"  # a warning letter
    DEMAND = "demand"  # interest (STRD)
    LAPSE = "lapse"


class Debt(NamedTuple):
    """A claim that is not paid; `admitted_on` is the day of the last admission."""

    due_on: date
    warned_on: date | None = None
    admitted_on: date | None = None


class Step(NamedTuple):
    """What is to be done today. `months` have begun since the due date; None for `look_on`: never again."""

    act: Act
    months: int = 0
    look_on: date | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning letter (surat teguran): to be paid until `pay_by`, before interest is demanded.

    `signer` is the agency that signs it, `code` what its QR code carries.
    """

    notice_id: UUID
    number: str
    code: str
    signer: str
    issued_on: date
    pay_by: date


@dataclass(frozen=True, slots=True)
class Admission:
    """That whoever owes a claim admitted it, as an officer put it on record."""

    notice_id: UUID
    admitted_on: date
    note: str
    by: str
    at: datetime
