"""What is wrong with an expression, and exactly where in the pack it stands."""

from dataclasses import dataclass

from ptsp.kernel.errors import Fault, Invalid


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in an expression: `where` is the path in the pack; line and column count from 1."""

    where: str
    line: int
    column: int


LONGEST_QUOTED = 60


def quoted(text: str) -> str:
    """A piece of an expression as a fault shows it, no longer than a line."""
    return f"`{text}`" if len(text) <= LONGEST_QUOTED else f"`{text[: LONGEST_QUOTED - 3]}...`"


class FormulaFault(Invalid):
    """An expression cannot be read, or has no value for these inputs. Written for a pack author."""

    code = "bad_formula"

    def __init__(self, spot: Spot, reason: str) -> None:
        self.spot = spot
        self.where = spot.where
        self.line = spot.line
        self.column = spot.column
        self.reason = reason
        super().__init__([Fault(spot.where, f"line {spot.line}, column {spot.column}: {reason}")])
