"""Regions of Indonesia as reference data: provinces, regencies and cities, with the edition of their codes."""

from ptsp.infra.regions.ministries import MINISTRIES
from ptsp.infra.regions.table import EDITION, Edition, Kind, Region, find_region, parents, regions

__all__ = ["EDITION", "MINISTRIES", "Edition", "Kind", "Region", "find_region", "parents", "regions"]
