"""The checker and the platform see the same graph: longest paths and circles agree with the routes' own rules."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ptsp.domain.routes import Lodged, merge
from ptsp.infra.packs import read_pack
from ptsp.infra.packs.sense.route import circle_of, is_sound, longest_path, together
from ptsp.kernel.errors import Invalid
from ptsp.kernel.specs import Outcome, RequirementSpec, ServiceSpec, StepKind, StepSpec
from tests.tenants.planting import TENANTS

TEXT = {"id": "x", "en": "x"}
CODES = ("a", "b", "c")
REAL = read_pack(TENANTS, "sidoarjo").services["imb"]


@st.composite
def services(draw: st.DrawFn) -> list[ServiceSpec]:
    return [draw(_service(code)) for code in CODES[: draw(st.integers(1, 3))]]


@st.composite
def _service(draw: st.DrawFn, code: str) -> ServiceSpec:
    permits = draw(st.lists(st.sampled_from([one for one in CODES if one != code]), unique=True, max_size=2))
    wanted = tuple(RequirementSpec(f"r_{one}", TEXT, ("application/pdf",), 1, permit=one) for one in permits)
    route: list[StepSpec] = []
    for at in range(draw(st.integers(1, 4))):
        after = draw(st.lists(st.sampled_from([one.code for one in route]), unique=True)) if route else []
        needs = draw(st.lists(st.sampled_from([one.code for one in wanted]), unique=True)) if wanted else []
        shared = draw(st.none() | st.sampled_from(["x", "y"]))
        days = draw(st.integers(0, 9))
        route.append(
            StepSpec(f"s{at}", TEXT, StepKind.ASK, "p", days, tuple(after), shared, None, tuple(needs))
        )
    order = draw(st.permutations(route))
    return replace(REAL, code=code, outcome=Outcome.PERMIT, requirements=wanted, route=tuple(order))


def _lodged(service: ServiceSpec) -> Lodged:
    return Lodged(service, {}, frozenset(), is_billed=True)


@given(bundle=services())
def test_a_circle_is_found_exactly_when_the_routes_cannot_be_merged(bundle: list[ServiceSpec]) -> None:
    assume(all(is_sound(one) for one in bundle))
    if circle_of(together(bundle)):
        with pytest.raises(Invalid, match="circle"):
            merge([_lodged(one) for one in bundle])
    else:
        merge([_lodged(one) for one in bundle])


@given(bundle=services())
def test_the_longest_path_is_the_one_the_promise_counts(bundle: list[ServiceSpec]) -> None:
    """Counted on a calendar of seven working days a week, where a working day is a day."""
    service = replace(bundle[0], requirements=())
    service = replace(service, route=tuple(replace(one, shared=None, needs=()) for one in service.route))
    ends: list[date] = []
    start = date(2026, 1, 1)
    for node in merge([_lodged(service)]).nodes:
        ends.append(max((ends[seq] for seq in node.after), default=start) + timedelta(days=node.days))
    assert (max(ends) - start).days == longest_path(service)[0]
