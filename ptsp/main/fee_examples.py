"""The worked examples of by-laws and packs: run as an applicant's answers would be, and held against what they say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ptsp.domain.applications import typed_answers
from ptsp.domain.fees import Bill, explain_line, interest, price
from ptsp.infra.packs import Checked, Part, by_law_service, service
from ptsp.infra.packs.places import did_you_mean, step_into
from ptsp.kernel.errors import Fault, PtspError
from ptsp.kernel.money import in_words, rupiah
from ptsp.kernel.specs import ServiceSpec

EXPECTATIONS = ("parts", "lines", "total", "words")
LATE = ("unpaid", "months")
Found = tuple[str, str]  # path inside the example, and the reason


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example, with the service, or the by-law as one, whose fee it works out."""

    service: ServiceSpec
    part: Part


def fee_examples(checked: Checked) -> list[Example]:
    """Every example of by-laws and services in whose files nothing is wrong, each place once."""
    broken = {fault.field.partition(": ")[0] for fault in checked.faults}
    found: dict[tuple[str, str], Example] = {}
    for one in _all(checked):
        if one.part.file not in broken:
            found.setdefault((one.part.file, one.part.path), one)
    return list(found.values())


def _all(checked: Checked) -> Iterator[Example]:
    for code, law in checked.library.by_laws.items():
        if code not in checked.library.unsound:
            yield from _of(by_law_service(law.raw), law, law.raw, "$.examples")
    for office in checked.offices:
        for part in office.services.values():
            fee = part.raw["fee"]
            if "examples" in fee and fee.get("by_law") not in checked.library.unsound:
                yield from _of(service(part.raw, office), part, fee, "$.fee.examples")


def _of(spec: ServiceSpec, part: Part, holder: Mapping[str, Any], path: str) -> Iterator[Example]:
    for at, raw in enumerate(holder.get("examples", [])):
        yield Example(spec, Part(part.document, f"{path}[{at}]", raw))


def example_faults(one: Example) -> list[Fault]:
    """Each expectation that does not come out, with file, path and line; empty if the example is right."""
    return list(one.part.faults(_found(one)))


def _found(one: Example) -> Iterator[Found]:
    if not any(key in one.part.raw for key in EXPECTATIONS):
        yield "", f"expects nothing; say at least one of {', '.join(EXPECTATIONS)}"
        return
    try:
        bill, wrong = _worked_out(one.service, one.part.raw)
    except PtspError as error:
        yield "", f"has no value: {error}"
        return
    yield from wrong
    if bill is not None:
        yield from _differences(one.part.raw, bill)


def _worked_out(spec: ServiceSpec, raw: Mapping[str, Any]) -> tuple[Bill | None, list[Found]]:
    """The bill, or what is wrong with the inputs."""
    inputs: Mapping[str, Any] = raw["inputs"]
    if raw.get("of") == "interest":
        wrong = list(_wrong_lateness(spec, inputs))
        return (None, wrong) if wrong else (interest(spec, **{key: inputs[key] for key in LATE}), [])
    answers, faults = typed_answers(spec, inputs, "")
    if faults:
        return None, [(one.field.replace(".answers.", ".inputs.", 1), one.reason) for one in faults]
    return price(spec, answers), []


def _wrong_lateness(spec: ServiceSpec, inputs: Mapping[str, Any]) -> Iterator[Found]:
    if spec.fee.collection.interest is None:
        yield ".of", "no interest is charged here"
    for key in LATE:
        value = inputs.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            yield f".inputs.{key}", "must be a whole number from 1"
    for key in inputs.keys() - set(LATE):
        yield step_into(".inputs", key), f"interest knows only {' and '.join(LATE)}"


def _differences(raw: Mapping[str, Any], bill: Bill) -> Iterator[Found]:
    yield from _parts(raw.get("parts", {}), bill)
    yield from _lines(raw.get("lines", {}), bill)
    if "total" in raw and raw["total"] != bill.total:
        summed = [f"{line.code} {rupiah(line.amount)}" for line in bill.lines]
        yield ".total", _told(rupiah(raw["total"]), rupiah(bill.total), summed)
    words = in_words(bill.total).removesuffix(" rupiah")
    if "words" in raw and raw["words"] != words:
        yield ".words", _told(f"`{raw['words']}`", f"`{words}`", [rupiah(bill.total)])


def _parts(expected: Mapping[str, Any], bill: Bill) -> Iterator[Found]:
    parts = {part["name"]: part["receipt"] for line in bill.lines for part in line.receipt["parts"]}
    for name, value in expected.items():
        path = step_into(".parts", name)
        if name not in parts:
            yield path, f"no line rests on a part `{name}`{did_you_mean(name, parts)}"
        elif _value(parts[name]) != value:
            yield path, _told(value, parts[name]["value"], explain_line(parts[name]))


def _lines(expected: Mapping[str, Any], bill: Bill) -> Iterator[Found]:
    lines = {line.code: line for line in bill.lines}
    for code, amount in expected.items():
        path = step_into(".lines", code)
        if code not in lines:
            yield path, f"there is no line `{code}`{did_you_mean(code, lines)}"
        elif lines[code].amount != amount:
            reason = _told(rupiah(amount), rupiah(lines[code].amount), explain_line(lines[code].receipt))
            yield path, reason


def _value(receipt: Mapping[str, Any]) -> object:
    return Decimal(receipt["value"]) if receipt["type"] == "number" else receipt["value"]


def _told(expected: object, found: object, explained: list[str]) -> str:
    way = f" ({'; '.join(explained)})" if explained else ""
    return f"expected {expected}, comes to {found}{way}"
