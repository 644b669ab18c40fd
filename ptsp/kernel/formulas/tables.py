"""The tables of a by-law made ready for look-ups: checked once, keys in a dict, bounds to search by halves."""

from bisect import bisect_left
from collections.abc import Mapping
from decimal import Decimal, DecimalException

from ptsp.kernel.formulas.numbers import EXACT, Value, plain, plain_number, too_big
from ptsp.kernel.formulas.receipts import Receipt
from ptsp.kernel.specs import TableSpec

MOST_ROWS = {"bands": 1_000, "slices": 100, "choices": 1_000}  # a receipt of slices tells each row it used

Found = tuple[Decimal, str]  # the value, and which row gave it, in words


class NoRow(Exception):
    """A table has no value for this number or key; says why, for a pack author."""


class Tables:
    """The tables of one by-law, by code. Made once, read as often as wanted, from any thread.

    It keeps what parts of expressions that rest on the tables alone have come to (`fixed`), by the part as
    written, and those that rest on one key as well (`settled`), no more than the tables have rows.
    """

    __slots__ = ("_ready", "_specs", "fixed", "settled")

    def __init__(self, specs: Mapping[str, TableSpec]) -> None:
        self._specs = specs
        self._ready: dict[str, Table] = {}
        self.fixed: dict[str, tuple[Value, Receipt]] = {}
        self.settled: dict[str, dict[str, tuple[Value, Receipt]]] = {}

    def find(self, code: str) -> "Table | None":
        ready = self._ready.get(code)
        if ready is None and (spec := self._specs.get(code)) is not None:
            ready = self._ready[code] = _made_ready(spec, code)
        return ready


class Table:
    """One table of the kind `kind`. This class is one whose rows make no sense; the kinds that do follow."""

    def __init__(self, kind: str, wrong: str) -> None:
        self.kind = kind
        self._wrong = wrong

    def find(self, key: Value) -> Found:
        """Raises NoRow, and for sums that grow too large DecimalException."""
        raise NoRow(self._wrong)


class Choices(Table):
    """The value of the row with exactly this key."""

    def __init__(self, spec: TableSpec, code: str) -> None:
        self.kind = spec.kind
        self._code = code
        self._rows: dict[object, Found | None] = {}  # None: more than one row
        for key, value in spec.rows:
            found = EXACT.plus(value), f"row {plain(key)} of {code}" if key is not None else ""
            self._rows[key] = None if key in self._rows else found

    def find(self, key: Value) -> Found:
        found = self._rows.get(key)
        if found is None:
            rows = "more than one row" if key in self._rows else "no row"
            raise NoRow(f"table `{self._code}` has {rows} for {plain(key)[:42]}")
        return found


class _Bounded(Table):
    """A table whose rows have upper bounds that rise; only the last may be open."""

    def __init__(self, spec: TableSpec, code: str) -> None:
        self.kind = spec.kind
        self._code = code
        self._bounds = [bound for bound, _ in spec.rows if isinstance(bound, Decimal)]
        self._values = [EXACT.plus(value) for _, value in spec.rows]

    def _outside(self, number: Value) -> NoRow:
        return NoRow(f"{plain(number)} is outside table `{self._code}`")


class Bands(_Bounded):
    """The value of the row with the least upper bound that is not below the number."""

    def __init__(self, spec: TableSpec, code: str) -> None:
        super().__init__(spec, code)
        notes = [f"row up to {plain_number(bound)} of {code}" for bound in self._bounds]
        self._rows = list(zip(self._values, [*notes, f"last row of {code}"], strict=False))

    def find(self, key: Value) -> Found:
        at = bisect_left(self._bounds, key) if isinstance(key, Decimal) else len(self._rows)
        if at == len(self._rows):
            raise self._outside(key)
        return self._rows[at]


class Slices(_Bounded):
    """Each row prices only the part of the number between the bound before it and its own."""

    def __init__(self, spec: TableSpec, code: str) -> None:
        super().__init__(spec, code)
        self._totals = [Decimal(0)]  # of the rows before each row
        self._shares: list[str] = []
        start = Decimal(0)
        for bound, value in zip(self._bounds, self._values, strict=False):
            share = EXACT.subtract(bound, start)
            self._totals.append(EXACT.add(self._totals[-1], EXACT.multiply(share, value)))
            self._shares.append(_share(share, value))
            start = bound

    def find(self, key: Value) -> Found:
        if not isinstance(key, Decimal) or key < 0:
            raise self._outside(key)
        if not key:
            return Decimal(0), f"0, by {self._code}"
        at = bisect_left(self._bounds, key)
        if at == len(self._values):
            raise self._outside(key)
        share = EXACT.subtract(key, self._bounds[at - 1] if at else Decimal(0))
        total = EXACT.add(self._totals[at], EXACT.multiply(share, self._values[at]))
        shares = [*self._shares[:at], _share(share, self._values[at])]
        return total, f"{' + '.join(shares)}, by {self._code}"


def _share(share: Decimal, value: Decimal) -> str:
    return f"{plain_number(share)} x {plain_number(value)}"


_KINDS: dict[str, type[Choices] | type[Bands] | type[Slices]] = {
    "choices": Choices,
    "bands": Bands,
    "slices": Slices,
}


def _made_ready(spec: TableSpec, code: str) -> Table:
    wrong = _wrong(spec, code)
    if wrong:
        return Table(spec.kind, wrong)
    try:
        return _KINDS[spec.kind](spec, code)
    except DecimalException as error:
        return Table(spec.kind, f"table `{code}`: {too_big(error)}")


def _wrong(spec: TableSpec, code: str) -> str:
    """Why this table cannot be read; empty if it can."""
    if spec.kind not in _KINDS:
        return f"there are no tables of {spec.kind}"
    if len(spec.rows) > MOST_ROWS[spec.kind]:
        return (
            f"table `{code}` has {len(spec.rows)} rows; one of {spec.kind} has at most {MOST_ROWS[spec.kind]}"
        )
    numbers = (one for row in spec.rows for one in row if isinstance(one, Decimal))
    if not all(one.is_finite() for one in numbers):
        return f"table `{code}` holds a number that is not finite"
    return _wrong_bounds(spec, code) if spec.kind != "choices" else ""


def _wrong_bounds(spec: TableSpec, code: str) -> str:
    before: Decimal | None = None
    for at, (bound, _) in enumerate(spec.rows):
        if isinstance(bound, str):
            return f"the bound `{bound}` of table `{code}` is a text, not a number"
        if bound is None and at < len(spec.rows) - 1:
            return f"only the last row of table `{code}` may be without a bound"
        if bound is None:
            continue
        if before is not None and bound <= before:
            return f"the bounds of table `{code}` do not rise"
        if spec.kind == "slices" and bound <= 0:
            return f"a bound of table `{code}` is not above zero"
        before = bound
    return ""
