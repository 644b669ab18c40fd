"""Packs: a tenant as data. Read from `tenants/`, checked against schemas and against sense."""

from ptsp.infra.packs.check import Checked, check_packs, look_at, read_all, read_pack
from ptsp.infra.packs.layers import TIMING, Layers, Part
from ptsp.infra.packs.stored import pack_from_json, pack_to_json, service_from_json, service_to_json

__all__ = [
    "TIMING",
    "Checked",
    "Layers",
    "Part",
    "check_packs",
    "look_at",
    "pack_from_json",
    "pack_to_json",
    "read_all",
    "read_pack",
    "service_from_json",
    "service_to_json",
]
