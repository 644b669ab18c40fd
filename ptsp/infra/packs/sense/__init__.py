"""Mistakes of sense: what fits the schemas and still cannot work."""

from ptsp.infra.packs.sense.addresses import address_faults
from ptsp.infra.packs.sense.by_law import by_law_faults
from ptsp.infra.packs.sense.hierarchy import hierarchy_faults
from ptsp.infra.packs.sense.office import Connectors, between_offices, office_faults
from ptsp.infra.packs.sense.scene import Scene
from ptsp.infra.packs.sense.service import service_faults

__all__ = [
    "Connectors",
    "Scene",
    "address_faults",
    "between_offices",
    "by_law_faults",
    "hierarchy_faults",
    "office_faults",
    "service_faults",
]
