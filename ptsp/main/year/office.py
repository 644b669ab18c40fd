"""The office of the simulated year: Sidoarjo's pack, with everything that moves dates switched on."""

from dataclasses import replace

from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import DeemedSpec, ExtensionSpec, ServiceSpec, TenantPack

GROUND = "simulasi"
DEEMED = ("siup", "rekomendasi_lokasi")  # so that some of a bundle are approved by law and others are not
MOST_EXTENSION = Limit(20)


def year_pack(pack: TenantPack) -> TenantPack:
    """No documents, since files move no date; extensions and deemed approval allowed."""
    services = {code: _service(one) for code, one in pack.services.items()}
    return replace(pack, services=services, digest="year")


def _service(one: ServiceSpec) -> ServiceSpec:
    clock = replace(one.standard.clock, extension=ExtensionSpec(MOST_EXTENSION, GROUND))
    deemed = DeemedSpec(GROUND) if one.code in DEEMED else None
    return replace(
        one,
        requirements=tuple(asked for asked in one.requirements if asked.permit),
        standard=replace(one.standard, clock=clock, deemed=deemed),
    )
