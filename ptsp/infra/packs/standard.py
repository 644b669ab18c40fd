"""Make the typed form of a service's standard: its own words, and for what it leaves out those of the defaults."""

from collections.abc import Callable, Mapping
from typing import Any

from ptsp.infra.packs.layers import Layers
from ptsp.infra.packs.values import day, day_or_none, limit
from ptsp.kernel.specs import (
    Basis,
    ClockSpec,
    CorrectionSpec,
    DeemedSpec,
    ExtensionSpec,
    Figure,
    ObjectionSpec,
    StandardSpec,
    StopReason,
    Text,
    WarnAt,
    WarningSpec,
)

INTERNAL = (
    "legal_basis",
    "facilities",
    "competence",
    "supervision",
    "staff",
    "service_guarantee",
    "safety_guarantee",
    "evaluation",
)
ANEW = "anew"


def standard(raw: Mapping[str, Any], layers: Layers) -> StandardSpec:
    """The standard; each rule of time that is given nowhere gets the default of the typed form."""
    given = {key: part.raw for key, part in layers.timing.items()} | dict(raw)
    makers: dict[str, Callable[[Any], Any]] = {
        "clock": _clock,
        "corrections": _corrections,
        "deemed": lambda one: DeemedSpec(one["legal_basis"]),
        "objection": _objection,
        "warnings": lambda many: tuple(_warning(one) for one in many),
    }
    return StandardSpec(
        version=raw["version"],
        valid_from=day(raw["valid_from"]),
        valid_to=day_or_none(raw.get("valid_to")),
        time_limit=_figure(raw["time_limit"]),
        procedure=raw["procedure"],
        product=raw["product"],
        complaints=complaints(raw, layers) or {},
        internal=internal(raw, layers),
        **{key: make(given[key]) for key, make in makers.items() if key in given},
    )


def complaints(raw_standard: Mapping[str, Any], layers: Layers) -> Text | None:
    """Component 6: the service's own words, else those of the standard's defaults."""
    default = layers.complaints.raw if layers.complaints else None
    found: Text | None = raw_standard.get("complaints", default)
    return found


def internal(raw_standard: Mapping[str, Any], layers: Layers) -> dict[str, Text]:
    """Components 7 to 14, as far as they are given somewhere."""
    given = {key: part.raw for key, part in layers.internal.items()} | raw_standard.get("internal", {})
    return {key: given[key] for key in INTERNAL if key in given}


def _figure(raw: Mapping[str, Any]) -> Figure:
    return Figure(limit(raw), Basis(raw["basis"]), raw["source"])


def _clock(raw: Mapping[str, Any]) -> ClockSpec:
    longer = raw.get("extension")
    return ClockSpec(
        starts_after=raw.get("starts_after"),
        stops=frozenset(StopReason(one) for one in raw.get("stops", StopReason)),
        after_correction_anew=raw.get("after_correction") == ANEW,
        extension=ExtensionSpec(limit(longer["most"]), longer["legal_basis"]) if longer else None,
    )


def _corrections(raw: Mapping[str, Any]) -> CorrectionSpec:
    answer = {"answer_within": limit(raw["answer_within"])} if "answer_within" in raw else {}
    return CorrectionSpec(**{**raw, **answer})


def _objection(raw: Mapping[str, Any]) -> ObjectionSpec:
    return ObjectionSpec(limit(raw["within"]), raw["to"], limit(raw["decided_within"]), raw["legal_basis"])


def _warning(raw: Mapping[str, Any]) -> WarningSpec:
    return WarningSpec(**{**raw, "at": WarnAt(raw["at"]), "to": tuple(raw["to"])})
