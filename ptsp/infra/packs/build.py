"""Make the typed form of a pack from its written form, which fits its schema by now."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ptsp.infra.packs.layers import Layers
from ptsp.infra.packs.standard import standard
from ptsp.infra.packs.stored import pack_to_json
from ptsp.infra.packs.values import WEEKDAYS, day, day_or_none, hours, limit_or_days, number
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import (
    AgencySpec,
    Audience,
    Basis,
    BudgetSpec,
    CalendarSpec,
    Choice,
    CollectionSpec,
    Contact,
    DayOff,
    FeeLineSpec,
    FeeSpec,
    FieldSpec,
    Figure,
    Gate,
    InterestSpec,
    OfficeKind,
    Outcome,
    Pattern,
    RequirementSpec,
    ServiceSpec,
    SignerSpec,
    StandardSpec,
    StepKind,
    StepSpec,
    TableSpec,
    TellsSpec,
    TenantPack,
)

FEE_KEYS = ("basis", "source", "tables", "lets", "lines", "collection", "signers", "in_force")


def tenant_pack(layers: Layers, tells: Mapping[str, TellsSpec]) -> TenantPack:
    """The whole pack. Only for layers in which the check found nothing wrong. `tells` is by connector."""
    if layers.tenant is None or layers.calendar is None or layers.agencies is None or layers.texts is None:
        raise ValueError(f"{layers.code}: only a pack without faults can be built")
    raw = layers.tenant.raw
    fields: dict[str, Any] = {
        "code": raw["code"],
        "name": raw["name"],
        "region": raw["region"],
        "region_code": raw.get("region_code", ""),
        "time_zone": raw["time_zone"],
        "pattern": Pattern(raw["pattern"]),
        "prefix": raw["prefix"],
        "agencies": {code: agency(part.raw, tells) for code, part in layers.agencies.items()},
        "services": {code: service(part.raw, layers) for code, part in layers.services.items()},
        "calendar": calendar(layers.calendar.raw),
        "texts": {key: part.raw for key, part in layers.texts.items()},
        "templates": {name: source for name, (_, source) in layers.templates.items()},
        "contacts": {role: Contact(**one) for role, one in raw.get("contacts", {}).items()},
        "weight": raw.get("weight", 1),
        "kind": OfficeKind(raw["kind"]) if "kind" in raw else None,
        "parent": raw.get("parent", ""),
        "government": raw.get("government", ""),
    }
    return TenantPack(**fields, digest=digest(TenantPack(**fields, digest="")))


def digest(pack: TenantPack) -> str:
    """SHA-256 of everything the pack says, whatever files it is spread over; comments do not count."""
    stored = {key: value for key, value in pack_to_json(pack).items() if key != "digest"}
    return hashlib.sha256(json.dumps(stored, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def agency(raw: Mapping[str, Any], tells: Mapping[str, TellsSpec] | None = None) -> AgencySpec:
    return AgencySpec(
        code=raw["code"],
        name=raw["name"],
        connector=raw.get("connector"),
        options=raw.get("options", {}),
        desk=raw.get("desk", False),
        contact=Contact(**raw["contacts"]) if "contacts" in raw else None,
        calendar=calendar(raw["calendar"]) if "calendar" in raw else None,
        budget=BudgetSpec(**raw["budget"]) if "budget" in raw else None,
        manual=raw.get("manual"),
        alert_to=raw.get("alert_to", "head"),
        ca=raw.get("ca", ""),
        tells=(tells or {}).get(raw.get("connector", "")),
    )


def calendar(raw: Mapping[str, Any]) -> CalendarSpec:
    return CalendarSpec(
        weekdays=frozenset(WEEKDAYS.index(one) for one in raw["weekdays"]),
        collective_leave=raw["collective_leave"],
        days_off=_days(raw["days_off"]),
        basis=Basis(raw["basis"]),
        source=raw["source"],
        make_up_days=_days(raw.get("make_up_days", [])),
        hours=hours(raw.get("hours", {})),
    )


def _days(raw: list[Mapping[str, Any]]) -> tuple[DayOff, ...]:
    return tuple(DayOff(day(one["on"]), one["name"], one["source"]) for one in raw)


def service(raw: Mapping[str, Any], layers: Layers) -> ServiceSpec:
    """One service; what it leaves out comes from the tenant and from the standard's defaults."""
    own_pattern = raw.get("pattern") or (layers.tenant.raw["pattern"] if layers.tenant else "one_door")
    return ServiceSpec(
        code=raw["code"],
        name=raw["name"],
        outcome=Outcome(raw["outcome"]),
        series=raw["series"],
        pattern=Pattern(own_pattern),
        gate=Gate(raw["gate"]),
        signer=raw["signer"]["agency"],
        sign_limit=limit_or_days(raw["signer"]),
        offered_from=day(raw["offered"]["from"]),
        offered_until=day_or_none(raw["offered"].get("until")),
        standard=standard(raw["standard"], layers),
        fields=tuple(field(one) for one in raw["fields"]),
        requirements=tuple(_requirement(one) for one in raw["requirements"]),
        route=tuple(_step(one) for one in raw["route"]),
        fee=_fee(raw["fee"]),
        valid_months=raw.get("valid_months"),
        note=raw.get("note"),
        audience=Audience(raw.get("audience", Audience.EXTERNAL)),
        four_eyes=raw.get("four_eyes", False),
    )


def field(raw: Mapping[str, Any]) -> FieldSpec:
    return FieldSpec(**_with(raw, {"minimum": number, "maximum": number, "choices": _choices}))


def _choices(raw: list[Mapping[str, Any]]) -> tuple[Choice, ...]:
    return tuple(Choice(one["code"], one["label"]) for one in raw)


def _requirement(raw: Mapping[str, Any]) -> RequirementSpec:
    return RequirementSpec(**_with(raw, {"accepts": tuple}))


def _step(raw: Mapping[str, Any]) -> StepSpec:
    others = {key: value for key, value in raw.items() if key not in ("days", "limit")}
    made = _with(others, {"kind": StepKind, "after": tuple, "needs": tuple})
    return StepSpec(**made, limit=limit_or_days(raw))


def _fee(raw: Mapping[str, Any]) -> FeeSpec:
    """The fee with all it rests on; of a by-law that is not there only what the service writes itself."""
    in_force = raw.get("in_force", {})
    return FeeSpec(
        legal_basis=raw.get("legal_basis", ""),
        basis=Basis(raw.get("basis", Basis.ASSUMED)),
        source=raw.get("source", ""),
        lines=tuple(FeeLineSpec(**one) for one in raw.get("lines", [])),
        lets=lets(raw),
        tables={one["code"]: _table(one) for one in raw.get("tables", [])},
        collection=collection(raw["collection"]) if "collection" in raw else CollectionSpec(),
        signers=SignerSpec(**raw.get("signers", {})),
        by_law=raw.get("by_law"),
        in_force_from=day_or_none(in_force.get("from")),
        in_force_until=day_or_none(in_force.get("until")),
    )


def by_law_service(raw: Mapping[str, Any]) -> ServiceSpec:
    """A by-law as a service that asks for its inputs and nothing else: to check it, and to run its examples."""
    words = {"id": raw["code"], "en": raw["code"]}
    none = Figure(Limit(1), Basis.ASSUMED, "")
    fee = {"legal_basis": raw.get("regulation", ""), **{key: raw[key] for key in FEE_KEYS if key in raw}}
    asked = ({key: one[key] for key in one if key != "figure"} for one in raw.get("inputs", []))
    return ServiceSpec(
        code=raw["code"],
        name=words,
        outcome=Outcome.PERMIT,
        series="",
        pattern=Pattern.ONE_DOOR,
        gate=Gate.NONE,
        signer="",
        sign_limit=Limit(1),
        offered_from=date.min,
        offered_until=None,
        standard=StandardSpec(0, date.min, None, none, words, words, words, {}),
        fields=tuple(field(one) for one in asked),
        requirements=(),
        route=(),
        fee=_fee(fee),
    )


def collection(raw: Mapping[str, Any]) -> CollectionSpec:
    """How a fee is collected; what is left out gets the default of the typed form."""
    return CollectionSpec(**_with(raw, {"basis": Basis, "interest": _interest}))


def _interest(raw: Mapping[str, Any]) -> InterestSpec:
    return InterestSpec(raw["label"], raw["account"], raw["amount"], lets(raw))


def lets(raw: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in raw.get("lets", [])}


def _table(raw: Mapping[str, Any]) -> TableSpec:
    rows = tuple(
        (bound if isinstance(bound, str) else number(bound), number(value)) for bound, value in raw["rows"]
    )
    return TableSpec(raw["code"], raw["kind"], rows, Basis(raw["basis"]), raw["source"])  # type: ignore[arg-type]


def _with(raw: Mapping[str, Any], makers: Mapping[str, Callable[[Any], object]]) -> dict[str, Any]:
    """The keys as given, those in `makers` made into what the typed form holds."""
    return {key: makers[key](value) if key in makers else value for key, value in raw.items()}
