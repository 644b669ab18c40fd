"""Days that are over are to be balanced with every agency that is asked."""

from datetime import date

from ptsp.domain import balances, deliveries
from ptsp.infra.gateway import Partners
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.manifest import Style

ASKED = frozenset({Style.IMMEDIATE, Style.WEBHOOK, Style.POLLING, Style.BROKER})
LEFT_ALONE = "the agency does not answer just now"


def asked_agencies(partners: Partners, tenant: Tenant) -> list[str]:
    """The agencies of an office that are asked through a connector."""
    return [agency for agency in tenant.pack.agencies if _is_asked(partners, tenant, agency)]


def offers_list(partners: Partners, tenant: Tenant, agency: str) -> bool:
    """Can it be asked which cases we opened there? Not where the pack names no connector for it any more."""
    try:
        return partners.manifest(tenant, agency).lists
    except Misconfigured:
        return False


def owe_balances(work: Work, partners: Partners) -> None:
    """Owe what has no balance yet up to the last day that is over, however long nobody looked.

    An agency's first balance is of the last day, and of none before anything happened at the office.
    """
    connection, tenant_id, zone = work.connection, work.tenant.id, work.tenant.calendar.zone
    last = balances.last_day(work.now, zone)
    newest = balances.newest(connection, tenant_id, asked_agencies(partners, work.tenant))
    owed = [(agency, day) for agency, found in newest.items() for day in balances.days_owed(found, last)]
    is_new = any(newest[agency] is None for agency, _ in owed)
    if is_new and not balances.has_begun(connection, tenant_id, balances.day_window(last, zone).until):
        owed = [(agency, day) for agency, day in owed if newest[agency] is not None]
    balances.owe(connection, tenant_id, owed)


def claim_balance(work: Work, partners: Partners, *, lease_s: float) -> tuple[str, date] | None:
    """One balance that is due, for so many seconds. Those of an agency that is left alone now are put off."""
    left_alone = {
        one.agency
        for one in deliveries.circuits(work.connection, work.tenant.id)
        if one.opened_at is not None and offers_list(partners, work.tenant, one.agency)
    }
    while claimed := balances.claim(work.connection, work.tenant.id, lease_s=lease_s):
        if claimed[0] not in left_alone:
            return claimed
        put_off_balance(work, *claimed, LEFT_ALONE)
    return None


def put_off_balance(work: Work, agency: str, day: date, error: str) -> None:
    """Its list could not be had: it is asked for again later."""
    window = balances.day_window(day, work.tenant.calendar.zone)
    next_at = balances.asked_again_at(window, work.now)
    balances.owe(work.connection, work.tenant.id, [(agency, day)])
    balances.put_off(work.connection, work.tenant.id, agency, day, error=error, next_at=next_at)


def _is_asked(partners: Partners, tenant: Tenant, agency: str) -> bool:
    try:
        return partners.manifest(tenant, agency).style in ASKED
    except Misconfigured:
        return False  # the pack names no connector for it
