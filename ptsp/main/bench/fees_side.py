"""What a bill costs: a fee formula of a pack beside the same formula written by hand in Python.

The formula is that of Indonesian building permits, the index method of Permen PU 24/2007: seven weighted
parameters, the indices of function and of time of use, the kind of work, two prices; 21 look-ups, 15 products,
six sums, two roundings.

Ours is a whole bill from the applicant's answers (`ptsp.domain.fees.price`): two named parts, two lines, whole
rupiah, and for each line the receipt that explains it, ready for JSON. By hand is what a programmer would write
who has no use for an explanation: `decimal` arithmetic with operators, tables as dicts, a loop for the height
band, the same roundings, whole rupiah. Its decimal context is made once and set around each round, so that setting it
costs nothing. Both get the same answers; formulas are read, and tables made ready, before the clock of the processor
runs.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import partial
from typing import Any

from ptsp.domain.fees import Bill, price
from ptsp.kernel.formulas import Value
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import (
    Basis,
    FeeLineSpec,
    FeeSpec,
    Figure,
    Gate,
    Outcome,
    Pattern,
    ServiceSpec,
    StandardSpec,
    TableSpec,
)

Answers = Mapping[str, Value]
CASES = 500
CHUNK = (
    100  # bills a side before it is the other's turn: some milliseconds, so that both meet the same weather
)
WORDS = {"id": "contoh", "en": "example"}
LAW = "Permen PU 24/2007"

FUNCTION = {
    "housing": "0.5",
    "religious": "0",
    "business": "3",
    "foundation": "1",
    "special": "2",
    "mixed": "4",
}
COMPLEXITY = {"simple": "0.4", "not_simple": "0.7", "special": "1.0"}
PERMANENCE = {"temporary": "0.4", "semi_permanent": "0.7", "permanent": "1.0"}
THREE_LEVELS = {"low": "0.4", "medium": "0.7", "high": "1.0"}
OWNERSHIP = {"state": "0.4", "person": "0.7", "business": "1.0"}
USE_TIME = {"short": "0.4", "medium": "0.7", "permanent": "1.0"}
WORK = {"new": "1.00", "medium_change": "0.45", "heavy_change": "0.65", "conserve_first": "0.30"}
WEIGHTS = {
    "complexity": "0.25",
    "permanence": "0.20",
    "fire": "0.15",
    "seismic": "0.15",
    "density": "0.10",
    "height": "0.10",
    "ownership": "0.05",
}
CHOICES = {
    "function_index": FUNCTION,
    "complexities": COMPLEXITY,
    "permanences": PERMANENCE,
    "levels": THREE_LEVELS,
    "owners": OWNERSHIP,
    "use_times": USE_TIME,
    "works": WORK,
    "weight": WEIGHTS,
    "seismic": {"region": "0.5"},
    "facility_index": {"region": "1.00"},
    "unit_price": {"building": "16000", "facility": "8000"},
}
HEIGHT = (("4", "0.4"), ("8", "0.7"), (None, "1.0"))

LETS = {
    "parameter_sum": """sum(
        choose(weight, "complexity") * choose(complexities, complexity),
        choose(weight, "permanence") * choose(permanences, permanence),
        choose(weight, "fire") * choose(levels, fire_risk),
        choose(weight, "seismic") * choose(seismic, "region"),
        choose(weight, "density") * choose(levels, density),
        choose(weight, "height") * band(height, floors),
        choose(weight, "ownership") * choose(owners, ownership))""",
    "integrated_index": "choose(function_index, function) * parameter_sum * choose(use_times, use_time)",
}
LINES = {
    "building": """round(floor_area * integrated_index * choose(works, work) *
        choose(unit_price, "building"), 0)""",
    "facility": """round(facility_volume * choose(facility_index, "region") * choose(works, work) *
        choose(unit_price, "facility"), 0)""",
}


def measure(*, seed: int, seconds: float) -> dict[str, Any]:
    """Both sides in turn for about `seconds`; the figures are medians over the rounds, the ratio one of the rounds'."""
    service, by_hand = imb(), written_by_hand()
    cases = answers(CASES, random.Random(seed))
    exact = Context(prec=200)
    with localcontext(exact):
        for case in cases:
            assert figures(price(service, case)) == by_hand(case), f"seed {seed}: {case}"
    ours: list[float] = []
    hand: list[float] = []
    until = time.perf_counter() + seconds
    while not ours or time.perf_counter() < until:
        start = len(ours) * CHUNK % CASES
        chunk = cases[start : start + CHUNK]
        ours.append(_timed(partial(price, service), chunk))
        with localcontext(exact):
            hand.append(_timed(by_hand, chunk))
    return {
        "seed": seed,
        "inputs": CASES,
        "rounds": len(ours),
        "ours": _rate(ours),
        "by_hand": _rate(hand),
        "ratio": round(statistics.median(a / b for a, b in zip(ours, hand, strict=True)), 2),
    }


def lines(report: Mapping[str, Any]) -> list[str]:
    """The report for people."""
    ours, hand = report["ours"], report["by_hand"]
    return [
        f"ours, with receipts: {ours['bills_per_s']:>9,.0f} bills/s {ours['us']:8.2f} us a bill",
        f"by hand, without:    {hand['bills_per_s']:>9,.0f} bills/s {hand['us']:8.2f} us a bill",
        f"ours takes {report['ratio']} times as long",
        f"({report['rounds']} rounds in turn, equal on all {report['inputs']} inputs, seed {report['seed']})",
    ]


def answers(count: int, chance: random.Random) -> list[Answers]:
    """What so many applicants might answer."""

    def size(most: int) -> Decimal:
        return Decimal(chance.randrange(1, most * 100)).scaleb(-2)

    return [
        {
            "floor_area": size(5_000),
            "facility_volume": size(500),
            "floors": Decimal(chance.randint(1, 12)),
            "function": chance.choice(list(FUNCTION)),
            "work": chance.choice(list(WORK)),
            "complexity": chance.choice(list(COMPLEXITY)),
            "permanence": chance.choice(list(PERMANENCE)),
            "fire_risk": chance.choice(list(THREE_LEVELS)),
            "density": chance.choice(list(THREE_LEVELS)),
            "ownership": chance.choice(list(OWNERSHIP)),
            "use_time": chance.choice(list(USE_TIME)),
        }
        for _ in range(count)
    ]


def figures(bill: Bill) -> dict[str, Decimal | int]:
    """What both sides have to agree on: the index before any rounding, the lines, the total."""
    parts = {part["name"]: part["receipt"]["value"] for part in bill.lines[0].receipt["parts"]}
    index = Decimal(parts["integrated_index"])
    return {"index": index, **{line.code: line.amount for line in bill.lines}, "total": bill.total}


def written_by_hand() -> Callable[[Answers], dict[str, Decimal | int]]:
    """The formula as a function of Python. It expects a decimal context that loses no digit."""
    tables = {code: {key: Decimal(value) for key, value in rows.items()} for code, rows in CHOICES.items()}
    weight, levels, prices = tables["weight"], tables["levels"], tables["unit_price"]
    functions, complexities, permanences = (
        tables[code] for code in ("function_index", "complexities", "permanences")
    )
    owners, use_times, works = (tables[code] for code in ("owners", "use_times", "works"))
    seismic, facility_index = tables["seismic"], tables["facility_index"]
    heights = [(Decimal(bound) if bound else None, Decimal(value)) for bound, value in HEIGHT]
    rupiah = Decimal(1)

    def height(floors: Decimal) -> Decimal:
        for bound, value in heights:
            if bound is None or floors <= bound:
                return value
        raise ValueError(floors)

    def bill(case: Any) -> dict[str, Decimal | int]:
        parameters = (
            weight["complexity"] * complexities[case["complexity"]]
            + weight["permanence"] * permanences[case["permanence"]]
            + weight["fire"] * levels[case["fire_risk"]]
            + weight["seismic"] * seismic["region"]
            + weight["density"] * levels[case["density"]]
            + weight["height"] * height(case["floors"])
            + weight["ownership"] * owners[case["ownership"]]
        )
        index = functions[case["function"]] * parameters * use_times[case["use_time"]]
        work = works[case["work"]]
        building = int(
            (case["floor_area"] * index * work * prices["building"]).quantize(rupiah, ROUND_HALF_UP)
        )
        facility = int(
            (case["facility_volume"] * facility_index["region"] * work * prices["facility"]).quantize(
                rupiah, ROUND_HALF_UP
            )
        )
        return {"index": index, "building": building, "facility": facility, "total": building + facility}

    return bill


def imb() -> ServiceSpec:
    """A service whose only interest is its fee."""
    tables = {
        code: TableSpec(code, "choices", tuple((k, Decimal(v)) for k, v in rows.items()), Basis.ASSUMED, LAW)
        for code, rows in CHOICES.items()
    }
    bands = tuple((Decimal(bound) if bound else None, Decimal(value)) for bound, value in HEIGHT)
    fee = FeeSpec(
        legal_basis=LAW,
        basis=Basis.ASSUMED,
        source=LAW,
        lines=tuple(FeeLineSpec(code, WORDS, "4.1.2.03.01", amount) for code, amount in LINES.items()),
        lets=LETS,
        tables={**tables, "height": TableSpec("height", "bands", bands, Basis.ASSUMED, LAW)},
    )
    limit = Figure(Limit(15), Basis.ASSUMED, LAW)
    return ServiceSpec(
        code="imb",
        name=WORDS,
        outcome=Outcome.PERMIT,
        series="IMB",
        pattern=Pattern.ONE_DOOR,
        gate=Gate.BEFORE_SIGNATURE,
        signer="head",
        sign_limit=Limit(1),
        offered_from=date(2026, 1, 1),
        offered_until=None,
        standard=StandardSpec(1, date(2026, 1, 1), None, limit, WORDS, WORDS, WORDS, {}),
        fields=(),
        requirements=(),
        route=(),
        fee=fee,
    )


def _timed(work: Callable[[Answers], object], cases: Sequence[Answers]) -> float:
    """Seconds of processor time a bill: on a busy machine the side that takes longer is also interrupted more often."""
    started = time.thread_time()
    for case in cases:
        work(case)
    return (time.thread_time() - started) / len(cases)


def _rate(seconds: Sequence[float]) -> dict[str, float]:
    middle = statistics.median(seconds)
    return {"bills_per_s": round(1 / middle), "us": round(middle * 1e6, 2)}
