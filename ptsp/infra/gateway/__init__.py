"""The way to the connectors: found by manifest, built with settings, never imported by name."""

from ptsp.infra.gateway.addresses import agency_url
from ptsp.infra.gateway.partners import Partners
from ptsp.infra.gateway.registry import Registry

__all__ = ["Partners", "Registry", "agency_url"]
