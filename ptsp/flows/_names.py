"""What tasks and agencies are called, for people."""

from collections.abc import Sequence

from ptsp.domain import routes
from ptsp.infra.tenants import Tenant
from ptsp.kernel.specs import ServiceSpec, Text

APPLICANT_NAME = {"id": "Pemohon", "en": "Applicant"}


def task_name(code: str, members: Sequence[int], services: Sequence[ServiceSpec]) -> Text:
    """What the route of its first application calls a task. `services[position]`."""
    for member in members:
        for step in services[member].route:
            if step.code == code:
                return step.name
    name = routes.CLOSING_NAMES[code]
    service = services[members[0]].name
    return {language: f"{words} {service[language]}" for language, words in name.items()}


def agency_name(tenant: Tenant, code: str) -> Text:
    """An agency that the pack no longer has goes by its code."""
    if code == routes.APPLICANT:
        return APPLICANT_NAME
    agency = tenant.pack.agencies.get(code)
    return agency.name if agency else {"id": code, "en": code}
