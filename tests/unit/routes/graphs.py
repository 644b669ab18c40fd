"""Services and bundles in a few words, and random ones for properties."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from ptsp.domain.routes import Lodged
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import (
    Basis,
    FeeLineSpec,
    FeeSpec,
    Figure,
    Gate,
    Outcome,
    Pattern,
    RequirementSpec,
    ServiceSpec,
    StandardSpec,
    StepKind,
    StepSpec,
)

TEXT = {"id": "Teks", "en": "Text"}
STANDARD = StandardSpec(
    1, date(2026, 1, 1), None, Figure(Limit(30), Basis.ASSUMED, "test"), TEXT, TEXT, TEXT, {}
)


def step(code: str, *after: str, agency: str = "works", days: int = 1, **more: object) -> StepSpec:
    return StepSpec(code, TEXT, StepKind.ASK, agency, Limit(days), after, **more)  # type: ignore[arg-type]


def service(
    code: str,
    *route: StepSpec,
    gate: Gate = Gate.NONE,
    requirements: Sequence[RequirementSpec] = (),
    pattern: Pattern = Pattern.ONE_DOOR,
    sign_days: int = 1,
) -> ServiceSpec:
    lines = () if gate is Gate.NONE else (FeeLineSpec("fee", TEXT, "4.1", "1000"),)
    return ServiceSpec(
        code=code,
        name=TEXT,
        outcome=Outcome.PERMIT,
        series=code.upper(),
        pattern=pattern,
        gate=gate,
        signer="head",
        sign_limit=Limit(sign_days),
        offered_from=date(2026, 1, 1),
        offered_until=None,
        standard=STANDARD,
        fields=(),
        requirements=tuple(requirements),
        route=route,
        fee=FeeSpec("Perda", Basis.ASSUMED, "test", lines),
    )


def needs(code: str, permit: str | None) -> RequirementSpec:
    return RequirementSpec(code, TEXT, ("application/pdf",), 5, permit)


def lodged(spec: ServiceSpec, *shown: str, answers: dict[str, Decimal | bool | str] | None = None) -> Lodged:
    return Lodged(spec, answers or {}, frozenset(shown), is_billed=spec.gate is not Gate.NONE)


@st.composite
def routes_of(draw: st.DrawFn, code: str) -> ServiceSpec:
    """A service with a random route: up to six steps, each after some earlier ones, some shared."""
    count = draw(st.integers(1, 6))
    steps = []
    for number in range(count):
        earlier = [f"s{one}" for one in range(number)]
        after = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        # Keys that rise with the position cannot close a circle when routes merge.
        key = f"k{number}" if draw(st.booleans()) else None
        agency = draw(st.sampled_from(["works", "land"])) if key is None else "works"
        steps.append(step(f"s{number}", *after, agency=agency, days=draw(st.integers(0, 9)), shared=key))
    return service(code, *steps, gate=draw(st.sampled_from(Gate)))


@st.composite
def bundles(draw: st.DrawFn) -> list[Lodged]:
    """One to four random services; later ones may need the permits of earlier ones."""
    made: list[Lodged] = []
    for number in range(draw(st.integers(1, 4))):
        spec = draw(routes_of(f"p{number}"))
        wanted = [needs(f"from_p{one}", f"p{one}") for one in range(number) if draw(st.booleans())]
        shown = [one.code for one in wanted if draw(st.booleans())]
        made.append(lodged(_with(spec, wanted), *shown))
    return made


def _with(spec: ServiceSpec, requirements: list[RequirementSpec]) -> ServiceSpec:
    values = {name: getattr(spec, name) for name in spec.__slots__}
    return ServiceSpec(**values | {"requirements": tuple(requirements)})
