"""Have an agency's list with no transaction open, and balance a day with it."""

import time
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path

import structlog
from sqlalchemy import Engine

from ptsp.flows.owe_balances import claim_balance, offers_list, owe_balances, put_off_balance
from ptsp.flows.reconcile_partner import Reconciled, Taken, list_wanted, reconcile_partner
from ptsp.infra.gateway import Partners
from ptsp.infra.signing import Signer, ensure_keys
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import Work, begin
from ptsp.jobs.tools import Tools
from ptsp.sdk.contract import Listed, ListingConnector
from ptsp.sdk.errors import ConnectorError, TryLater
from ptsp.sdk.listings import Window

log = structlog.get_logger()

LONGEST_S = 20.0  # after that no page is asked for any more: tasks wait behind a slow agency
ROUND_S = 5.0  # after that no day is begun in this round: the rest waits for the next one
LEASE_S = 300.0
MOST_CASES = 100_000
TOO_LONG = "the agency's list has no end"


class Unhad(Exception):
    """A list could not be had; the message is in our words, and holds no data."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """What days are balanced with. `longest_s` is how long pages of a list are asked for."""

    engine: Engine
    partners: Partners
    keys_folder: Path
    actor: str
    longest_s: float = LONGEST_S


def reconcile(tools: Tools, tenant: Tenant) -> int:
    """Balances of one office that are due, as many as a round has time for; gives how many there were."""
    ends = time.monotonic() + ROUND_S
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        owe_balances(work, tools.partners)
    done = 0
    while time.monotonic() < ends:
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            due = claim_balance(work, tools.partners, lease_s=LEASE_S)
        if due is None:
            break
        _balance(tools, tenant, *due)
        done += 1
    return done


def _balance(tools: Tools, tenant: Tenant, agency: str, day: date) -> None:
    clerk = Clerk(tools.engine, tools.partners, tools.keys_folder, tools.actor)
    told = {"tenant": tenant.code, "agency": agency, "day": str(day)}
    started = time.monotonic()
    try:
        made = balance_day(clerk, tenant, agency, day)
    except Unhad as error:
        fault = None if isinstance(error.__cause__, ConnectorError) else error.__cause__
        log.warning("list_not_had", **told, reason=str(error), exc_info=fault)
        return
    log.info(
        "day_balanced",
        **told,
        state=made.balance.state.value,
        sent=made.balance.sent,
        listed=made.balance.listed,
        open=made.open,
        seconds=round(time.monotonic() - started, 3),
    )


def balance_day(clerk: Clerk, tenant: Tenant, agency: str, day: date) -> Reconciled:
    """Make one day's balance, for the first time or again.

    Raises Unhad where the agency's list cannot be had, which is kept and tried again later, and Invalid for a day that
    is not over.
    """
    taken = None
    if offers_list(clerk.partners, tenant, agency):
        with begin(clerk.engine, tenant, actor=clerk.actor) as work:
            wanted = list_wanted(work, agency, day)
        taken = _taken(clerk, tenant, agency, day, wanted)
    with begin(clerk.engine, tenant, actor=clerk.actor) as work:
        return reconcile_partner(work, clerk.partners, signer_of(clerk, work), agency, day, taken)


def _taken(clerk: Clerk, tenant: Tenant, agency: str, day: date, wanted: Window) -> Taken:
    """All that the agency lists. Raises Unhad, once that is noted."""
    try:
        return Taken(wanted, _pages(clerk, tenant, agency, wanted))
    except Exception as error:  # whatever it is, other agencies are asked all the same
        is_said = isinstance(error, ConnectorError)  # one of ours, with words of ours
        words = (
            f"{type(error).__name__}: {error}" if is_said else f"the connector failed: {type(error).__name__}"
        )
        words = words[:300]
        with begin(clerk.engine, tenant, actor=clerk.actor) as work:
            put_off_balance(work, agency, day, words)
        raise Unhad(words) from error


def _pages(clerk: Clerk, tenant: Tenant, agency: str, wanted: Window) -> list[Listed]:
    connector: ListingConnector = clerk.partners.connector(tenant, agency)  # type: ignore[assignment] # as its manifest says
    since, until = wanted.since.isoformat(), wanted.until.isoformat()
    ends = time.monotonic() + clerk.longest_s
    cases: list[Listed] = []
    after = None
    while True:
        page = connector.list_cases(since, until, after)
        cases += page.cases
        after = page.after
        if after is None:
            return cases
        if len(cases) > MOST_CASES or time.monotonic() > ends:
            raise TryLater(TOO_LONG)


def signer_of(clerk: Clerk, work: Work) -> Signer:
    """The office's own key, made on first use."""
    pack = work.tenant.pack
    return ensure_keys(clerk.keys_folder, pack.code, pack.name["id"], work.now.astimezone(UTC))
