"""The drawing of a graph: nothing overlaps, nothing is lost, every arrow is drawn once."""

import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ptsp.web.drawing import ICONS, PATTERNS, WIDTH, Node, draw, width_of, wrap
from ptsp.web.layout import Box, depths, place

STATES = sorted(ICONS)
NAMES = ("Pemeriksaan", "Penandatanganan rekomendasi", "Pertanggungjawabankependudukandaerah", "Izin <&>")


@st.composite
def graphs(draw_: st.DrawFn) -> list[Box]:
    """Boxes that wait only for earlier ones, in any order."""
    size = draw_(st.integers(1, 14))
    boxes = []
    for key in range(size):
        after = draw_(st.lists(st.integers(0, key - 1), max_size=4)) if key else []
        boxes.append(Box(key, tuple(after), draw_(st.floats(20, 180))))
    return draw_(st.permutations(boxes))


@st.composite
def nodes(draw_: st.DrawFn) -> list[Node]:
    return [
        Node(
            box.key,
            draw_(st.sampled_from(NAMES)),
            "Dinas",
            draw_(st.sampled_from(STATES)),
            "x",
            "",
            "",
            box.after,
        )
        for box in draw_(graphs())
    ]


@given(graphs())
@settings(max_examples=150)
def test_no_two_boxes_overlap_and_columns_follow_depth(boxes: list[Box]) -> None:
    layout = place(boxes, width=100, gap_x=30, gap_y=10)
    depth = depths(boxes)
    assert {spot.key: spot.column for spot in layout.placed} == depth
    for one, other in combinations(layout.placed, 2):
        apart = abs(one.x - other.x) >= 100 + 30 - 1e-6
        above = one.y + one.height + 10 <= other.y + 1e-6 or other.y + other.height + 10 <= one.y + 1e-6
        assert apart or above


@given(graphs())
@settings(max_examples=150)
def test_every_arrow_runs_once_from_left_to_right_and_behind_no_box(boxes: list[Box]) -> None:
    layout = place(boxes, width=100, gap_x=30, gap_y=10)
    drawn = sorted((link.source, link.target) for link in layout.links)
    assert drawn == sorted({(source, box.key) for box in boxes for source in box.after})
    for link in layout.links:
        assert [x for x, _ in link.points] == sorted(x for x, _ in link.points)
        for x, y in link.points[1:-1]:  # where it passes through a column
            assert not any(
                spot.x <= x <= spot.x + 100 and spot.y <= y <= spot.y + spot.height for spot in layout.placed
            )


@given(nodes())
@settings(max_examples=60)
def test_the_picture_is_wellformed_and_holds_every_task_and_arrow_once(found: list[Node]) -> None:
    picture = draw(found, ident="g", title="A <b>", description="d", stage="Tahap")
    tree = etree.fromstring(str(picture).encode())
    assert sorted(int(each.get("data-node")) for each in tree.iter() if each.get("data-node")) == sorted(
        node.key for node in found
    )
    edges = [each.get("data-edge") for each in tree.iter() if each.get("data-edge")]
    assert sorted(edges) == sorted({f"{source}-{node.key}" for node in found for source in node.after})


def test_the_picture_needs_no_inline_style_and_names_itself() -> None:
    node = Node(1, "Izin", "Dinas", "running", "Sedang dikerjakan", "Rencana 3 Nov", "", ())
    picture = str(draw([node], ident="g", title="Jalan", description="Satu langkah", stage="Tahap"))
    assert "style" not in picture
    assert '<title id="g-t">Jalan</title><desc id="g-d">Satu langkah</desc>' in picture
    assert 'aria-labelledby="g-t g-d"' in picture


def test_a_state_is_told_by_icon_pattern_and_words_and_no_two_look_alike() -> None:
    assert ICONS.keys() == PATTERNS.keys()
    told_apart = ("approved", "running", "blocked", "stuck", "rejected", "cut")
    assert len({(ICONS[state], PATTERNS[state]) for state in told_apart}) == len(told_apart)


def test_tasks_that_wait_for_each_other_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"wait for each other: \[1, 2\]"):
        place([Box(1, (2,), 10), Box(2, (1,), 10)], width=10, gap_x=5, gap_y=5)


def test_an_empty_graph_is_an_empty_picture() -> None:
    assert "<svg" in draw([], ident="g", title="t", description="d", stage="Tahap")


def test_arrows_do_not_cross_where_they_need_not() -> None:
    boxes = [Box(1, (), 40), Box(2, (), 40), Box(3, (2,), 40), Box(4, (1,), 40)]
    top = {spot.key: spot.y for spot in place(boxes, width=10, gap_x=5, gap_y=5).placed}
    assert (top[1] < top[2]) == (top[4] < top[3])


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=120))
def test_wrapped_words_keep_every_letter_and_fit(text: str) -> None:
    lines = wrap(text, WIDTH - 30, 13.5)
    kept = "".join(re.sub(r"-$", "", line) for line in lines).replace(" ", "").replace("-", "")
    assert kept == "".join(text.split()).replace("-", "")
    assert all(width_of(line, 13.5) <= WIDTH - 30 for line in lines)
