"""Places the tasks of a graph in columns by depth, so that few arrows cross and no box overlaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

Point = tuple[float, float]
SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Box:
    """A node to place. `after` holds keys of boxes it waits for; unknown keys are left out."""

    key: int
    after: tuple[int, ...]
    height: float


@dataclass(frozen=True, slots=True)
class Placed:
    key: int
    column: int
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow. Between `points[2i]` and `points[2i + 1]` it bends; between the others it crosses a column."""

    source: int
    target: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    placed: tuple[Placed, ...]
    links: tuple[Link, ...]
    columns: int
    width: float
    height: float


@dataclass(slots=True, eq=False)
class _Spot:
    """A box, or the place where a long arrow passes through a column (`key` is None)."""

    key: int | None
    column: int
    height: float
    rank: int = 0
    top: float = 0.0
    before: list["_Spot"] = field(default_factory=list)
    behind: list["_Spot"] = field(default_factory=list)

    @property
    def centre(self) -> float:
        return self.top + self.height / 2


def place(boxes: Sequence[Box], *, width: float, gap_x: float, gap_y: float) -> Layout:
    """Lay the boxes out, all `width` wide. Raises ValueError when they wait for each other in a circle."""
    depth = depths(boxes)
    spots = {box.key: _Spot(box.key, depth[box.key], box.height) for box in boxes}
    columns: list[list[_Spot]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for box in boxes:
        columns[depth[box.key]].append(spots[box.key])
    chains = [
        _chain(spots[source], spots[box.key], columns)
        for box in boxes
        for source in dict.fromkeys(box.after)
        if source in spots
    ]
    _order(columns)
    _settle_all(columns, gap_y)
    step = width + gap_x
    placed = tuple(
        Placed(s.key, s.column, s.column * step, s.top, s.height)
        for c in columns
        for s in c
        if s.key is not None
    )
    return Layout(
        placed=placed,
        links=tuple(_links(chains, width, step)),
        columns=len(columns),
        width=max(len(columns) * step - gap_x, 0),
        height=max((s.y + s.height for s in placed), default=0),
    )


def depths(boxes: Sequence[Box]) -> dict[int, int]:
    """The length of the longest path that leads to each box."""
    known = {box.key for box in boxes}
    waiting = {box.key: {key for key in box.after if key in known} for box in boxes}
    done: dict[int, int] = {}
    while waiting:
        free = [key for key, after in waiting.items() if after <= done.keys()]
        if not free:
            raise ValueError(f"these tasks wait for each other: {sorted(waiting)}")
        found = {key: 1 + max((done[other] for other in waiting[key]), default=-1) for key in free}
        done |= found
        for key in free:
            del waiting[key]
    return done


def crossings(columns: Sequence[Sequence[_Spot]]) -> int:
    """How many pairs of arrows cross between neighbouring columns."""
    total = 0
    for column in columns:
        ends = sorted((spot.rank, after.rank) for spot in column for after in spot.behind)
        total += sum(a[0] < b[0] and a[1] > b[1] for i, a in enumerate(ends) for b in ends[i + 1 :])
    return total


def _chain(source: _Spot, target: _Spot, columns: list[list[_Spot]]) -> list[_Spot]:
    passing = [_Spot(None, column, 2.0) for column in range(source.column + 1, target.column)]
    for spot in passing:
        columns[spot.column].append(spot)
    chain = [source, *passing, target]
    for left, right in pairwise(chain):
        left.behind.append(right)
        right.before.append(left)
    return chain


def _order(columns: list[list[_Spot]]) -> None:
    """Sort each column by where its neighbours stand (barycentre), there and back, and keep the best."""
    _number(columns)
    best = [list(column) for column in columns]
    fewest = crossings(columns)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            column.sort(key=partial(_barycentre, forward=forward))
            _number([column])
        if (now := crossings(columns)) < fewest:
            fewest, best = now, [list(column) for column in columns]
    columns[:] = best
    _number(columns)


def _number(columns: Sequence[Sequence[_Spot]]) -> None:
    for column in columns:
        for rank, spot in enumerate(column):
            spot.rank = rank


def _barycentre(spot: _Spot, *, forward: bool) -> float:
    beside = spot.before if forward else spot.behind
    return sum(other.rank for other in beside) / len(beside) if beside else float(spot.rank)


def _settle_all(columns: list[list[_Spot]], gap: float) -> None:
    """Move each box towards the middle of its neighbours, keeping order and distance."""
    for column in columns:
        _settle(column, [0.0] * len(column), gap)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            _settle(column, [_pull(spot, forward=forward) for spot in column], gap)
    for _ in range(SWEEPS):
        for column in columns:
            _settle(column, [_middle(spot) for spot in column], gap)
    highest = min((spot.top for column in columns for spot in column), default=0.0)
    for column in columns:
        for spot in column:
            spot.top -= highest


def _pull(spot: _Spot, *, forward: bool) -> float:
    beside = spot.before if forward else spot.behind
    return sum(other.centre for other in beside) / len(beside) if beside else spot.centre


def _middle(spot: _Spot) -> float:
    """Half way between what it waits for and what waits for it: keeps the ends of the graph near its middle."""
    sides = [side for side in (spot.before, spot.behind) if side]
    return (
        sum(sum(other.centre for other in side) / len(side) for side in sides) / len(sides) if sides else 0.0
    )


def _settle(column: Sequence[_Spot], wanted: Sequence[float], gap: float) -> None:
    """The tops nearest to the wanted centres that keep the order and `gap` (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []  # sum of weighted wishes, weight, how many spots
    offset, offsets = 0.0, []
    for spot, centre in zip(column, wanted, strict=True):
        weight = 1.0 if spot.key is not None else 4.0  # long arrows should run straight
        blocks.append(((centre - spot.height / 2 - offset) * weight, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = (blocks[-1][0] + last[0], blocks[-1][1] + last[1], blocks[-1][2] + last[2])
        offsets.append(offset)
        offset += spot.height + gap
    shifts = [total / weight for total, weight, count in blocks for _ in range(count)]
    for spot, shift, own in zip(column, shifts, offsets, strict=True):
        spot.top = shift + own


def _links(chains: Sequence[list[_Spot]], width: float, step: float) -> list[Link]:
    leaving = _ports(chains, near=0, far=1)
    coming = _ports(chains, near=-1, far=-2)
    links = []
    for number, chain in enumerate(chains):
        points: list[Point] = [(chain[0].column * step + width, leaving[number])]
        for spot in chain[1:-1]:
            points += [(spot.column * step, spot.centre), (spot.column * step + width, spot.centre)]
        points.append((chain[-1].column * step, coming[number]))
        source, target = chain[0].key, chain[-1].key
        if source is not None and target is not None:
            links.append(Link(source, target, tuple(points)))
    return links


def _ports(chains: Sequence[list[_Spot]], *, near: int, far: int) -> Mapping[int, float]:
    """Where on a box's side each arrow begins or ends: spread, in the order of their other ends."""
    by_box: dict[int | None, list[int]] = {}
    for number, chain in enumerate(chains):
        by_box.setdefault(chain[near].key, []).append(number)
    ports = {}
    for numbers in by_box.values():
        numbers.sort(key=lambda number: chains[number][far].centre)
        box = chains[numbers[0]][near]
        apart = min(14.0, box.height / (len(numbers) + 1))
        for place_, number in enumerate(numbers):
            ports[number] = box.centre + (place_ - (len(numbers) - 1) / 2) * apart
    return ports
