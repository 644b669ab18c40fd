"""The checker and the platform see the same graph: longest paths and circles agree with the routes' own rules."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ptsp.domain.routes import Lodged, merge
from ptsp.infra.packs import read_pack
from ptsp.infra.packs.sense.limits import STARTS, walked
from ptsp.infra.packs.sense.route import circle_of, is_sound, together
from ptsp.kernel.calendar import Calendar
from ptsp.kernel.errors import Invalid
from ptsp.kernel.limits import Limit, Unit, end_of
from ptsp.kernel.specs import ClockSpec, Outcome, RequirementSpec, ServiceSpec, StepKind, StepSpec
from tests.tenants.planting import TENANTS

TEXT = {"id": "x", "en": "x"}
CODES = ("a", "b", "c")
REAL = read_pack(TENANTS, "sidoarjo").services["imb"]
WEEK = Calendar(frozenset(range(5)), frozenset(), hours=(((480, 720),),) * 7)
LIMITS = st.builds(Limit, st.integers(0, 9), st.sampled_from(Unit), st.booleans())


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
        limit = draw(LIMITS)
        route.append(
            StepSpec(f"s{at}", TEXT, StepKind.ASK, "p", limit, tuple(after), shared, None, tuple(needs))
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


@given(bundle=services(), start=st.sampled_from(STARTS))
def test_the_longest_path_is_the_one_the_promise_counts(bundle: list[ServiceSpec], start: datetime) -> None:
    """In whatever units the steps count, and wherever in the week the clock starts."""
    standard = replace(REAL.standard, clock=ClockSpec())
    service = replace(bundle[0], requirements=(), standard=standard)
    service = replace(service, route=tuple(replace(one, shared=None, needs=()) for one in service.route))
    ends: list[datetime] = []
    for node in merge([_lodged(service)]).nodes:
        begins = max((ends[seq] for seq in node.after), default=start)
        ends.append(end_of(node.limit, WEEK, begins))
    assert max(ends) == walked(service, {"p": WEEK, service.signer: WEEK}, start)[0]
