"""Routes of a bundle become one graph."""

from decimal import Decimal

import pytest
from hypothesis import given, settings

from ptsp.domain.routes import merge, missing_permits
from ptsp.kernel.errors import Invalid
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import Gate, Pattern
from tests.unit.routes.graphs import bundles, lodged, needs, service, step


def shape(plan):
    """Each task with what it waits for, by code and position."""
    names = {node.seq: f"{node.code}{''.join(map(str, node.members))}" for node in plan.nodes}
    return {names[node.seq]: {names[seq] for seq in node.after} for node in plan.nodes}


def test_a_single_permit_is_its_route_and_a_decision():
    plan = merge([lodged(service("imb", step("a"), step("b", "a"), step("c", "a")))])
    assert shape(plan) == {"a0": set(), "b0": {"a0"}, "c0": {"a0"}, "decision0": {"b0", "c0"}}
    assert plan.before_merging == 4


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        pytest.param(Gate.NONE, {"a0": set(), "decision0": {"a0"}}, id="nothing to pay"),
        pytest.param(
            Gate.BEFORE_SIGNATURE,
            {
                "a0": set(),
                "fee_notice0": {"a0"},
                "payment0": {"fee_notice0"},
                "decision0": {"a0", "payment0"},
            },
            id="paid before it is signed",
        ),
        pytest.param(
            Gate.AFTER_SIGNATURE,
            {"a0": set(), "decision0": {"a0"}, "fee_notice0": {"decision0"}, "payment0": {"fee_notice0"}},
            id="signed before it is paid",
        ),
    ],
)
def test_payment_stands_where_the_pack_says(gate, expected):
    assert shape(merge([lodged(service("imb", step("a"), gate=gate))])) == expected


def test_a_fee_of_nothing_is_not_billed():
    free_for_them = lodged(service("imb", step("a"), gate=Gate.BEFORE_SIGNATURE))
    values = {name: getattr(free_for_them, name) for name in free_for_them.__slots__}
    plan = merge([type(free_for_them)(**values | {"is_billed": False})])
    assert shape(plan) == {"a0": set(), "decision0": {"a0"}}


def test_the_same_work_is_done_once():
    visit = {"shared": "visit"}
    plan = merge(
        [
            lodged(service("imb", step("check", shared="check"), step("visit", "check", days=2, **visit))),
            lodged(service("ho", step("check", shared="check"), step("visit", "check", days=5, **visit))),
        ]
    )
    assert shape(plan) == {
        "check01": set(),
        "visit01": {"check01"},
        "decision0": {"visit01"},
        "decision1": {"visit01"},
    }
    assert plan.before_merging == 6
    assert {node.code: node.limit for node in plan.nodes}["visit"] == Limit(5)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({"agency": "works"}, {"agency": "land"}, id="another agency"),
        pytest.param({"shared": "x"}, {"shared": "y"}, id="another key"),
    ],
)
def test_other_work_is_not_merged(first, second):
    plan = merge(
        [
            lodged(service("imb", step("a", **{"shared": "k"} | first))),
            lodged(service("ho", step("a", **{"shared": "k"} | second))),
        ]
    )
    assert len(plan.nodes) == plan.before_merging == 4


def test_under_one_roof_nothing_is_merged():
    roof = {"pattern": Pattern.ONE_ROOF}
    plan = merge([lodged(service(code, step("a", shared="k"), **roof)) for code in ("imb", "ho")])
    assert len(plan.nodes) == plan.before_merging == 4


def test_a_permit_of_the_bundle_comes_before_the_step_that_needs_it():
    imb = service("imb", step("a"))
    ho = service("ho", step("b"), step("c", "b", needs=("permit",)), requirements=[needs("permit", "imb")])
    assert shape(merge([lodged(ho), lodged(imb)]))["c0"] == {"b0", "decision1"}


def test_a_requirement_no_step_names_is_needed_for_the_decision():
    ho = service("ho", step("b"), requirements=[needs("permit", "imb")])
    plan = merge([lodged(service("imb", step("a"))), lodged(ho)])
    assert shape(plan)["decision1"] == {"b1", "decision0"}


def test_a_document_takes_the_place_of_the_permit():
    ho = service("ho", step("b", needs=("permit",)), requirements=[needs("permit", "imb")])
    plan = merge([lodged(service("imb", step("a"))), lodged(ho, "permit")])
    assert shape(plan)["b1"] == set()


def test_what_came_after_a_dropped_step_comes_after_what_it_came_after():
    tall = service("imb", step("a"), step("b", "a", when="floors > 2"), step("c", "b"))
    assert shape(merge([lodged(tall, answers={"floors": Decimal(3)})]))["c0"] == {"b0"}
    assert shape(merge([lodged(tall, answers={"floors": Decimal(2)})]))["c0"] == {"a0"}


def test_permits_that_wait_for_each_other_are_refused():
    imb = service("imb", step("a", needs=("r",)), requirements=[needs("r", "ho")])
    ho = service("ho", step("b", needs=("r",)), requirements=[needs("r", "imb")])
    with pytest.raises(Invalid, match="in a circle"):
        merge([lodged(imb), lodged(ho)])


def test_missing_is_what_neither_a_document_nor_the_bundle_gives():
    ho = lodged(
        service("ho", step("b"), requirements=[needs("x", None), needs("y", "imb"), needs("z", "siup")]), "x"
    )
    assert [one.code for one in missing_permits(ho, ["ho", "imb"])] == ["z"]


@given(bundles())
@settings(max_examples=150)
def test_every_merged_graph_is_whole(bundle):
    """Topological, nothing lost: each application's steps are all there, in their own order."""
    plan = merge(bundle)
    for node in plan.nodes:
        assert all(earlier < node.seq for earlier in node.after)
    assert sum(len(node.members) for node in plan.nodes) == plan.before_merging
    assert len(plan.graph.decides) == len(bundle)
    for at, one in enumerate(bundle):
        mine = {node.code: node.seq for node in plan.nodes if at in node.members}
        for spec in one.service.route:
            direct = set(plan.nodes[mine[spec.code]].after)
            assert {mine[code] for code in spec.after} <= direct
    assert merge(bundle) == plan
