"""How a bill can be paid, by what the office's bank says of it."""

from dataclasses import replace

import structlog

from ptsp.api.access import Access
from ptsp.flows.money_papers import Press
from ptsp.flows.money_views import BillView
from ptsp.flows.views import BundleView
from ptsp.infra.tenants import Tenant
from ptsp.kernel.specs import BANK
from ptsp.sdk.contract import Due, Standing
from ptsp.sdk.errors import Misconfigured

log = structlog.get_logger()


def with_codes(to: Access, bundle: BundleView) -> BundleView:
    """The bundle with a QRIS code on each open bill, where the office takes QRIS. No transaction is open."""
    tenant = to.book.get(bundle.tenant)
    bank = tenant.pack.agencies.get(BANK)
    if bank is None or "qris" not in bank.options:
        return bundle
    return replace(bundle, bills=tuple(_with_code(to, tenant, bill) for bill in bundle.bills))


def _with_code(to: Access, tenant: Tenant, bill: BillView) -> BillView:
    if bill.state != "open":
        return bill
    due = Due(Standing.OPEN, bill.customer_no, "", bill.owed, bill.number, f"Retribusi {bill.number}")
    try:
        return replace(bill, qr=to.partners.bank(tenant).qr(due))
    except Misconfigured as error:  # the bill can still be paid under its number
        log.warning("no_payment_code", tenant=tenant.code, reason=str(error))
        return bill


def press_of(to: Access) -> Press:
    """What papers are made with."""
    return Press(to.book, to.files, to.keys_folder, to.public_url)
