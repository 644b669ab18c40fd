"""Tell central systems what is owed to them: claim, tell with no transaction open, record fenced.

What may have arrived is looked for before it is told again, where the system can be asked. Where it can not, and
knows no keys, a person looks first: nothing is told twice. A system may be away for weeks, and is owed all the same.
"""

import random
import time
from dataclasses import dataclass, field, replace

import structlog

from ptsp.domain import routes, tellings
from ptsp.flows.claim_tellings import Opened, claim_tellings, record_tellings, sealed_answer
from ptsp.infra.gateway import Partners
from ptsp.infra.ledger import canonical
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.ask_agency import NeedsCheck, setback_of
from ptsp.jobs.tools import Tools
from ptsp.sdk.central import Telling, Unreadable
from ptsp.sdk.contract import Receipt
from ptsp.sdk.manifest import Style

log = structlog.get_logger()

BATCH = 20
LONGEST_S = 5.0  # after that a batch begins no telling any more: tasks wait behind a slow system
MAYBE = (tellings.TellingState.SENDING, tellings.TellingState.UNKNOWN)


@dataclass(slots=True)
class Round:
    """One batch of one office: until when tellings are begun, and after how many seconds a system that is down is
    tried again.
    """

    tools: Tools
    tenant: Tenant
    ends: float  # monotonic seconds
    down: dict[str, float] = field(default_factory=dict)


def tell(tools: Tools, tenant: Tenant) -> int:
    """One batch of one tenant; gives how many tellings were looked at."""
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        batch = claim_tellings(work, lease_s=tools.lease_s, limit=BATCH)
    turn = Round(tools, tenant, time.monotonic() + min(LONGEST_S, tools.lease_s / 2))
    for one in batch:
        told = _told(turn, one)
        with begin(tools.engine, tenant, actor=tools.actor) as work:
            counts = bool(record_tellings(work, [told]))
        log.info(
            "telling_handled",
            tenant=tenant.code,
            agency=one.held.agency,
            telling=str(one.held.id),
            kind=one.held.kind,
            state=told.state.value,
            cause=told.cause,
            counts=counts,
        )
    return len(batch)


def _told(turn: Round, one: Opened) -> tellings.Told:
    held = one.held
    if time.monotonic() >= turn.ends:
        return _as_it_was(one, 0.0)
    if held.agency in turn.down:
        return _as_it_was(one, turn.down[held.agency], routes.Cause.CIRCUIT)
    try:
        receipt = _put(turn.tools.partners, turn.tenant, one)
    except Exception as error:  # whatever it is, its neighbours are told all the same
        return _set_back(turn, one, error)
    said = canonical(receipt.findings) if receipt.findings else None
    return tellings.Told(
        held.id, tellings.TellingState.SENT, held.lease, agency_ref=receipt.agency_ref, said=said
    )


def _put(partners: Partners, tenant: Tenant, one: Opened) -> Receipt:
    """Raises NeedsCheck where it may have arrived and nobody can find out."""
    connector = partners.of_style(tenant, one.held.agency, Style.CENTRAL)
    manifest = partners.manifest(tenant, one.held.agency)
    telling = _disclosed(one.telling, manifest.receives)
    if one.held.was in MAYBE and not manifest.supports_idempotency:
        if not manifest.finds:
            raise NeedsCheck
        found: Receipt | None = connector.find(telling)
        if found is not None:
            return found
    receipt: Receipt = connector.tell(telling)
    return receipt


def _disclosed(telling: Telling, receives: frozenset[str]) -> Telling:
    """With only what the connector's manifest says its system receives of a person's."""
    payload = {
        name: value
        for name, value in telling.payload.items()
        if name in receives or name not in ("applicant", "answers")
    }
    return replace(telling, payload=payload)


def _set_back(turn: Round, one: Opened, error: Exception) -> tellings.Told:
    """Refused, in doubt or faulty to the end: a person looks. Otherwise again, later each time, under the same key."""
    setback, held = setback_of(error), one.held
    cause, reason = setback.cause, setback.note["reason"]
    if cause is routes.Cause.FAULT:
        log.error("connector_failed", tenant=turn.tenant.code, agency=held.agency, exc_info=error)
    if cause in routes.FOR_A_PERSON or (cause is routes.Cause.FAULT and held.attempts >= routes.MOST_FAULTS):
        return tellings.Told(held.id, tellings.TellingState.DEAD, held.lease, cause, reason)
    again_s = routes.wait_s(held.attempts, setback, random.random())  # spreads load, guards nothing
    if cause in routes.DOWN:
        turn.down[held.agency] = again_s
    is_unsure = setback.is_unknown or held.was in MAYBE
    state = tellings.TellingState.UNKNOWN if is_unsure else tellings.TellingState.OWED
    raw = sealed_answer(turn.tenant, held.id, error.raw) if isinstance(error, Unreadable) else None
    return tellings.Told(held.id, state, held.lease, cause, reason, again_s, raw=raw)


def _as_it_was(one: Opened, again_s: float, cause: str | None = None) -> tellings.Told:
    """Not tried: what may have arrived still may."""
    state = tellings.TellingState.UNKNOWN if one.held.was in MAYBE else tellings.TellingState.OWED
    return tellings.Told(one.held.id, state, one.held.lease, cause, again_s=again_s, is_try=False)
