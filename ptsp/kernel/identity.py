"""The number on an Indonesian identity card (NIK): what its form alone can tell, and how it is shown.

Sixteen digits: region of first registration (PPKK) and district (CC), birth date DDMMYY with 40 added to
the day for women, serial from 0001. There is no check digit and no century, so a NIK cannot prove an age.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault

# Provinces in force by Kepmendagri 300.2.2-2138/2025; 54 was Timor Timur, whose numbers are still carried.
PROVINCES = frozenset(
    f"{island}{number}"
    for island, numbers in {
        "1": "123456789",
        "2": "1",
        "3": "123456",
        "5": "1234",
        "6": "12345",
        "7": "123456",
        "8": "12",
        "9": "123456",
    }.items()
    for number in numbers
)
_LENGTH = 16
_FOR_WOMEN = 40


class NikProblem(StrEnum):
    """Why a NIK cannot be one; the code of the fault is the same with `nik_` before it."""

    LENGTH = "length"
    DIGITS = "digits"
    REGION = "region"
    BIRTH_DATE = "birth_date"
    SERIAL = "serial"


class BadNik(Invalid):
    """This cannot be a NIK. The number itself is never repeated: it is personal data."""

    code = "bad_nik"

    def __init__(self, field: str, problem: NikProblem) -> None:
        self.problem = problem
        super().__init__([fault(field, f"nik_{problem}")])


@dataclass(frozen=True, slots=True)
class NikFacts:
    """What a well-formed NIK says. `region` is PPKK, `district` PPKKCC, Kemendagri's; `year` is 0 to 99."""

    region: str
    district: str
    day: int
    month: int
    year: int
    gender: str  # male | female

    def agrees_with(self, born_on: date) -> bool:
        """Could somebody born on this day have this NIK?"""
        return (self.day, self.month, self.year) == (born_on.day, born_on.month, born_on.year % 100)


def check_nik(text: str, regions: frozenset[str] | None, *, field: str = "nik") -> NikFacts:
    """Read a NIK. `regions` are the known PPKK codes without point, or None to take any of a known province.

    Raises BadNik at the first thing that is wrong.
    """
    if len(text) != _LENGTH:
        raise BadNik(field, NikProblem.LENGTH)
    if re.fullmatch(r"[0-9]{16}", text) is None:
        raise BadNik(field, NikProblem.DIGITS)
    region = text[:4]
    if text[:2] not in PROVINCES or text[2:4] == "00" or (regions is not None and region not in regions):
        raise BadNik(field, NikProblem.REGION)
    written, month, year = int(text[6:8]), int(text[8:10]), int(text[10:12])
    woman = written > _FOR_WOMEN
    day = written - _FOR_WOMEN if woman else written
    if not (_is_date(1900 + year, month, day) or _is_date(2000 + year, month, day)):
        raise BadNik(field, NikProblem.BIRTH_DATE)
    if text[12:] == "0000":
        raise BadNik(field, NikProblem.SERIAL)
    return NikFacts(region, text[:6], day, month, year, "female" if woman else "male")


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def mask_nik(text: str) -> str:
    """For pages: region and the end of the serial, `3515**********01`; anything else is hidden wholly.

    The birth date, which says more about a person, is what is hidden.
    """
    if re.fullmatch(r"[0-9]{16}", text) is None:
        return "*" * _LENGTH
    return f"{text[:4]}{'*' * 10}{text[-2:]}"


def mask_name(name: str) -> str:
    """A name as a bank's screen shows it to whoever typed the number: `Siti Aminah` -> `S*** A*****`."""
    return " ".join(f"{word[0]}{'*' * (len(word) - 1)}" for word in name.split())
