"""The office of the proofs: one small service that asks one agency of each kind, and the orders of a seed."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from ptsp.infra.broker import SIMULATED
from ptsp.infra.packs import read_all
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import AgencySpec, ServiceSpec, StepKind, StepSpec, TenantPack
from ptsp.main.demo.orders import TENANT
from ptsp.main.settings import Settings

SERVICE = "siup"
PATIENCE_S = 5.0
# Connector -> the agency that it asks, and how. The register is asked first; who it does not know is refused.
FIRST = "ktp"
AGENCIES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "ktp": ("population", {"url": "simulator:ktp", "threshold": 90}),
    "permits": ("technical", {"url": "simulator:permits", "total_s": 5}),
    "ho": ("older", {"url": "simulator:ho", "look_again_s": 0.3, "total_s": 5}),
    "queue": ("queued", {"queue": SIMULATED, "patience_s": PATIENCE_S}),
}
KNOWN, OTHER_NAME = range(9990, 9998), 9998  # serials of the simulated register; they belong to nobody
REFUSED_SHARE = 0.08
OUTCOMES = {True: "approved", False: "refused"}


@dataclass(frozen=True, slots=True)
class Wish:
    """One lodging: what is sent, under which key, and how it has to end."""

    key: str
    body: Mapping[str, object]
    outcome: str


def proof_pack(
    settings: Settings, connectors: tuple[str, ...], tenant: str = TENANT, *, patience_s: float = PATIENCE_S
) -> TenantPack:
    """An office with one service without documents, desks or fee, which asks an agency by each connector.

    A question that went by the broker is sent again when no answer came for `patience_s`.
    """
    pack = next(one for one in read_all(settings.tenants_dir) if one.code == tenant)
    made = {AGENCIES[code][0]: _agency(code, patience_s) for code in connectors}
    service = replace(pack.services[SERVICE], fields=(), requirements=(), route=_route(connectors), note=None)
    return replace(
        pack,
        agencies={**pack.agencies, **made},
        services={SERVICE: _without_clock(service)},
        digest=f"proof {' '.join(connectors)} {patience_s}",
    )


def wishes(seed: int, bundles: int) -> Iterator[Wish]:
    dice = random.Random(f"wishes {seed}")
    for number in range(bundles):
        is_known = dice.random() >= REFUSED_SHARE
        serial = dice.choice(KNOWN) if is_known else OTHER_NAME
        born = date(dice.randint(1960, 1999), dice.randint(1, 12), dice.randint(1, 28))
        body = {
            "applicant": {
                "nik": f"351508{born:%d%m%y}{serial}",
                "name": "Pemohon Contoh",
                "birth_place": "Sidoarjo",
                "birth_on": born.isoformat(),
                "gender": "male",
                "address": f"Jl. Contoh {number + 1}",
            },
            "applications": [{"service": SERVICE, "answers": {}, "documents": {}}],
        }
        yield Wish(f"proof-{seed}-{number:05}", body, OUTCOMES[is_known])


def _agency(connector: str, patience_s: float) -> AgencySpec:
    code, options = AGENCIES[connector]
    if "patience_s" in options:
        options = {**options, "patience_s": patience_s}
    name = {"id": f"Instansi uji ({connector})", "en": f"Agency of the proof ({connector})"}
    return AgencySpec(code, name, connector, options, desk=False)


def _route(connectors: tuple[str, ...]) -> tuple[StepSpec, ...]:
    after = (FIRST,) if FIRST in connectors else ()
    return tuple(
        StepSpec(
            code=code,
            name={"id": f"Tanya {code}", "en": f"Ask {code}"},
            kind=StepKind.ASK,
            agency=AGENCIES[code][0],
            limit=Limit(3),
            after=() if code == FIRST else after,
        )
        for code in connectors
    )


def _without_clock(service: ServiceSpec) -> ServiceSpec:
    """Its clock may start on lodging: no step finds a file complete that has no documents."""
    clock = replace(service.standard.clock, starts_after=None)
    return replace(service, standard=replace(service.standard, clock=clock, warnings=(), deemed=None))
