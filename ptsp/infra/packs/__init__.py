"""Packs: a tenant as data. Read from `tenants/`, checked against schemas and against sense."""

from ptsp.infra.packs.build import by_law_service, service
from ptsp.infra.packs.by_laws import BY_LAWS
from ptsp.infra.packs.changes import Change, Kind, Subject, changes
from ptsp.infra.packs.check import Checked, check_packs, look_at, read_all, read_pack
from ptsp.infra.packs.layers import TIMING, Layers
from ptsp.infra.packs.places import Part
from ptsp.infra.packs.stored import pack_from_json, pack_to_json, service_from_json, service_to_json

__all__ = [
    "BY_LAWS",
    "TIMING",
    "Change",
    "Checked",
    "Kind",
    "Layers",
    "Part",
    "Subject",
    "by_law_service",
    "changes",
    "check_packs",
    "look_at",
    "pack_from_json",
    "pack_to_json",
    "read_all",
    "read_pack",
    "service",
    "service_from_json",
    "service_to_json",
]
