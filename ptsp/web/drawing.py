"""Draws a graph of tasks as SVG: attributes and classes only, so that it passes a strict CSP."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ptsp.web.layout import Box, Layout, Link, Placed, place

WIDTH = 166  # of a box
BAND = 10  # the patterned edge of a box
PAD = 10
GAP_X = 34
GAP_Y = 18
HEAD = 34  # room for the columns' headings
EDGE = 6  # room for strokes at the rim
BOLD = 1.1  # how much wider bold letters are
SHRINK = 0.85  # how small a wide drawing may get before it scrolls
ROOMY = 1100

NARROW, WIDE = frozenset("iljtfrI.,:;'|!()-/ "), frozenset("mwMW@%")

ICONS = {  # within a circle of radius 8 around 0,0
    "approved": "M-3.6 .2 -1.2 2.8 3.8-2.8",
    "deemed": "M-3.6 .2 -1.2 2.8 3.8-2.8",
    "running": "M-2.2-3.6 3.8 0-2.2 3.6Z",
    "asked": "M-2.2-3.6 3.8 0-2.2 3.6Z",
    "ready": "M-2.2-3.6 3.8 0-2.2 3.6Z",
    "stuck": "M0-4.2V1M0 3.4V3.6",
    "blocked": "M0-4V.4L2.8 2.2",
    "rejected": "M-3-3 3 3M3-3-3 3",
    "cut": "M-4 0H4",
    "plan": "M-3.2 0H3.2M.6-2.8 3.4 0 .6 2.8",
}
PATTERNS = {  # what fills the band, in a tile of 8 by 8
    "approved": "",
    "deemed": "M0 4H8",
    "running": "M-2 10 10-2M-6 6 6-6M2 14 14 2",
    "asked": "M-2 10 10-2M-6 6 6-6M2 14 14 2",
    "ready": "M0 4H8",
    "stuck": "M0 2H8M0 6H8",
    "blocked": "M4 3V5",
    "rejected": "M0 0 8 8M8 0 0 8",
    "cut": "M2 0V8M6 0V8",
    "plan": "",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One box. `state` picks colour, pattern and icon; `state_text` says the same in words."""

    key: int
    name: str
    agency: str
    state: str
    state_text: str
    foot: str
    note: str
    after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Lines:
    name: list[str]
    agency: list[str]
    note: list[str]
    foot: list[str]

    @property
    def height(self) -> float:
        words = 17 * len(self.name) + 15 * (len(self.agency) + len(self.note) + len(self.foot))
        return 2 * PAD + words + 24 + (4 if self.note else 0)


def draw(nodes: Sequence[Node], *, ident: str, title: str, description: str, stage: str) -> Markup:
    """The picture of the graph. `ident` makes its ids unique in the page; `stage` heads a column ("Tahap")."""
    lines = {node.key: _lines(node) for node in nodes}
    boxes = [Box(node.key, node.after, lines[node.key].height) for node in nodes]
    layout = place(boxes, width=WIDTH, gap_x=GAP_X, gap_y=GAP_Y)
    states = {node.key: node.state for node in nodes}
    by_key = {node.key: node for node in nodes}
    parts = [
        _open(layout, ident, title, description),
        _defs(ident, sorted(set(states.values()))),
        *(_column(number, layout, stage) for number in range(layout.columns)),
        *(_arrow(link, ident, states) for link in layout.links),
        *(_box(spot, by_key[spot.key], lines[spot.key], ident) for spot in layout.placed),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def wrap(text: str, room: float, size: float) -> list[str]:
    """Break a text into lines of about `room` units; a word that is longer is broken with a hyphen."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        trial = f"{line} {word}".strip()
        if width_of(trial, size) <= room:
            line = trial
            continue
        if line:
            lines.append(line)
        *whole, line = _broken(word, room, size)
        lines += whole
    return [*lines, line] if line else lines


def width_of(text: str, size: float) -> float:
    """A cautious guess of a text's width: no font is measured on the server."""
    return size * sum(
        0.34 if c in NARROW else 0.9 if c in WIDE else 0.7 if c.isupper() else 0.57 for c in text
    )


def _broken(word: str, room: float, size: float) -> list[str]:
    pieces, piece = [], ""
    for letter in word:
        if piece and width_of(f"{piece}{letter}-", size) > room:
            pieces.append(f"{piece}-")
            piece = ""
        piece += letter
    return [*pieces, piece]


def _lines(node: Node) -> _Lines:
    room = WIDTH - BAND - 2 * PAD + 4
    return _Lines(
        wrap(node.name, room, 13.5 * BOLD),
        wrap(node.agency, room, 12),
        wrap(node.note, room, 12),
        wrap(node.foot, room, 12),
    )


def _open(layout: Layout, ident: str, title: str, description: str) -> Markup:
    width, height = layout.width + 2 * EDGE, layout.height + HEAD + 2 * EDGE
    wide = width > ROOMY
    scale = SHRINK if wide else 1
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="graph{wide}" role="img" aria-labelledby="{id}-t {id}-d" '
        'viewBox="{x} {x} {w:.0f} {h:.0f}" width="{sw:.0f}" height="{sh:.0f}">'
        '<title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>'
    ).format(
        wide=" wide" if wide else "",
        id=ident,
        x=-EDGE,
        w=width,
        h=height,
        sw=width * scale,
        sh=height * scale,
        title=title,
        description=description,
    )


def _defs(ident: str, states: Sequence[str]) -> Markup:
    heads = [
        Markup(
            '<marker id="{id}-{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'markerUnits="userSpaceOnUse" orient="auto"><path class="tip {kind}" d="M0 .5 8 4 0 7.5Z"/></marker>'
        ).format(id=ident, kind=kind)
        for kind in ("done", "ahead", "off")
    ]
    tiles = [
        Markup(
            '<pattern id="{id}-p-{state}" width="8" height="8" patternUnits="userSpaceOnUse">'
            '<path class="tile s-{state}" d="M0 0H8V8H0Z"/><path class="ink s-{state}" d="{d}"/></pattern>'
        ).format(id=ident, state=state, d=PATTERNS[state] or "M0 0")
        for state in states
    ]
    return Markup("<defs>{}</defs>").format(Markup("").join([*heads, *tiles]))


def _column(number: int, layout: Layout, stage: str) -> Markup:
    x = number * (WIDTH + GAP_X)
    return Markup(
        '<g class="column" aria-hidden="true"><text x="{x}" y="14">{stage} {number}</text>'
        '<path d="M{x} 22H{end}"/></g>'
    ).format(x=x, end=x + WIDTH, stage=stage, number=number + 1)


def _arrow(link: Link, ident: str, states: dict[int, str]) -> Markup:
    kind = _kind(states[link.source], states[link.target])
    points = [(x, y + HEAD) for x, y in link.points]
    path = "M{:.1f} {:.1f}".format(*points[0])
    for index in range(1, len(points), 2):
        (x, y), (x0, y0) = points[index], points[index - 1]
        if index > 1:
            path += f"L{x0:.1f} {y0:.1f}"
        bend = (x - x0) / 2
        path += f"C{x0 + bend:.1f} {y0:.1f} {x - bend:.1f} {y:.1f} {x:.1f} {y:.1f}"
    return Markup(
        '<path class="arrow {kind}" data-edge="{source}-{target}" d="{path}" marker-end="url(#{id}-{kind})"/>'
    ).format(kind=kind, source=link.source, target=link.target, path=path, id=ident)


def _kind(source: str, target: str) -> str:
    if "cut" in (source, target) or source == "rejected":
        return "off"
    return "done" if source in ("approved", "deemed") else "ahead"


def _box(spot: Placed, node: Node, lines: _Lines, ident: str) -> Markup:
    told = ", ".join(part for part in (node.name, node.agency, node.state_text, node.foot, node.note) if part)
    return Markup(
        '<g class="node s-{state}" data-node="{key}" transform="translate({x:.1f} {y:.1f})"><title>{told}</title>'
        '<rect class="box" width="{w}" height="{h:.1f}" rx="8"/>'
        '<rect class="band" x="1" y="1" width="{band}" height="{inner:.1f}" rx="6" fill="url(#{id}-p-{state})"/>'
        "{words}</g>"
    ).format(
        state=node.state,
        key=node.key,
        x=spot.x,
        y=spot.y + HEAD,
        told=told,
        w=WIDTH,
        h=spot.height,
        band=BAND - 2,
        inner=spot.height - 2,
        id=ident,
        words=_words(node, lines),
    )


def _words(node: Node, lines: _Lines) -> Markup:
    x, y = BAND + PAD, PAD + 11.0
    parts = []
    for kind, step, texts in (
        ("name", 17, lines.name),
        ("agency", 15, lines.agency),
        ("note", 15, lines.note),
    ):
        if kind == "note" and texts:
            y += 4
        parts += [_text(kind, x, y + step * i, text) for i, text in enumerate(texts)]
        y += step * len(texts)
    y += 8
    parts.append(
        Markup(
            '<g class="icon" transform="translate({} {:.1f})"><circle r="8"/><path d="{}"/></g>'
            '<text class="state" x="{}" y="{:.1f}">{}</text>'
        ).format(x + 8, y - 4, ICONS[node.state], x + 21, y, node.state_text)
    )
    parts += [_text("foot", x, y + 19 + 15 * i, text) for i, text in enumerate(lines.foot)]
    return Markup("").join(parts)


def _text(kind: str, x: float, y: float, text: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{:.1f}">{}</text>').format(kind, x, y, escape(text))


def icon(state: str) -> Markup:
    """The sign of a state by itself, for lists and the legend."""
    return Markup(
        '<svg class="sign s-{state}" viewBox="-9 -9 18 18" width="20" height="20" aria-hidden="true" focusable="false">'
        '<g class="icon"><circle r="8"/><path d="{path}"/></g></svg>'
    ).format(state=state, path=ICONS[state])
