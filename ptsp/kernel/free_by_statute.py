"""Services that no office may charge for, whatever its by-law says, with where that comes from."""

from dataclasses import dataclass

from ptsp.kernel.specs import Basis


@dataclass(frozen=True, slots=True)
class Statute:
    """By what right something is free."""

    why: str
    basis: Basis
    source: str


_CLOSED_LIST = Statute(
    why="it is not in the closed list of fees for certain permits",
    basis=Basis.ASSUMED,
    source="UU 28/2009, as commonly cited; its text was not read",
)
_POPULATION = Statute(
    why="population documents are free of charge",
    basis=Basis.ASSUMED,
    source="UU 24/2013, as commonly cited; its text was not read",
)

# Known by the code of the service or by its number series, whichever an office keeps.
_FREE = {
    "siup": _CLOSED_LIST,
    "tdp": _CLOSED_LIST,
    "ktp": _POPULATION,
    "kk": _POPULATION,
    "capil": _POPULATION,
    "akta": _POPULATION,
    "catatan_sipil": _POPULATION,
    "civil_registration": _POPULATION,
}


def free_by_statute(code: str, series: str) -> Statute | None:
    """The rule that makes this service free, or None if an office may charge for it."""
    return _FREE.get(code) or _FREE.get(series.lower().replace("-", "_"))
