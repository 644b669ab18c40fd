"""What is down at an office, for everybody."""

from dataclasses import dataclass
from datetime import datetime

from ptsp.domain import outages
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work
from ptsp.kernel.specs import Text

CENTRAL_NAME: Text = {"id": "Sistem pusat", "en": "A central system"}


@dataclass(frozen=True, slots=True)
class OutageView:
    """An outage that lasts. `agency` is empty for a central system that all depend on."""

    agency: str
    agency_name: Text
    note: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class OutagesView:
    """What is down now, the longest first. `outages` is empty when everything works."""

    outages: tuple[OutageView, ...]


def show_outages(work: Work) -> OutagesView:
    """The open outages of the office."""
    found = outages.open_outages(work.connection, work.tenant.id)
    return OutagesView(
        tuple(
            OutageView(one.agency, agency_name(work.tenant, one.agency), one.note, one.began_at)
            for one in found
        )
    )


def agency_name(tenant: Tenant, code: str) -> Text:
    """The name of whoever is down; an agency that the pack no longer has goes by its code."""
    if code == outages.CENTRAL:
        return CENTRAL_NAME
    agency = tenant.pack.agencies.get(code)
    return agency.name if agency else {"id": code, "en": code}
