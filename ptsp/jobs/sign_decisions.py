"""An officer signs decisions through a service: numbered, written, signed and issued one after the other.

The passphrase is an argument here and nothing else. A crash, or an answer that never came, leaves a task waiting with
its number; the next batch writes and signs it again. Only what is issued leaves the office.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from sqlalchemy import Engine

from ptsp.domain import routes
from ptsp.flows.issue_decisions import draft_decisions, issue_decisions
from ptsp.flows.papers import SERVICE_NOTE
from ptsp.flows.signatures import claim_signatures, give_back_signatures
from ptsp.infra.files import FileStore
from ptsp.infra.gateway import Partners
from ptsp.infra.tenants import Tenant, TenantBook
from ptsp.infra.work import Officer, begin
from ptsp.jobs.write_decisions import write_paper
from ptsp.sdk.errors import ConnectorError, Misconfigured, TryLater
from ptsp.sdk.manifest import Style
from ptsp.sdk.signing import BEARS_ON_SIGNER, NotSigned, Phrase, SignerState, SigningConnector

log = structlog.get_logger()

LEASE_S = 150.0
BEGIN_WITHIN_S = 60.0  # then what is left waits for the next batch: an officer sits before the page
ISSUED, TAKEN, UNTRIED, UNKNOWN, AWAY, FAULT = "issued", "taken", "untried", "unclear", "away", "fault"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the desk, what stands in the ledger, what was typed for this batch, and who it is, if known."""

    agency: str
    actor: str
    nik: str
    passphrase: Phrase
    officer: Officer | None = None

    def __repr__(self) -> str:
        return f"Signer({self.agency!r})"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one decision: `issued` with its number, or a word of why it waits on."""

    task_id: UUID
    outcome: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """What signing works with."""

    engine: Engine
    book: TenantBook
    partners: Partners
    files: FileStore
    public_url: str


def sign_decisions(office: Office, tenant: Tenant, signer: Signer, task_ids: Sequence[UUID]) -> list[Attempt]:
    """Sign and issue what was ticked, as far as it goes. What bears on the signer or the service ends the batch.

    Raises Invalid for nothing ticked, too much, and what another has to sign; Misconfigured for a desk that signs
    through no service.
    """
    service: SigningConnector = office.partners.of_style(tenant, signer.agency, Style.SIGNING)
    with begin(office.engine, tenant, actor=signer.actor) as work:
        ours = replace(work, officer=signer.officer)
        tasks = claim_signatures(ours, signer.agency, task_ids, lease_s=LEASE_S)
    done: list[Attempt] = []
    try:
        done += _signed(office, tenant, signer, service, tasks)
    finally:
        with begin(office.engine, tenant, actor=signer.actor) as work:
            give_back_signatures(work, tasks)
    issued = sum(one.outcome == ISSUED for one in done)
    log.info("signatures", tenant=tenant.code, agency=signer.agency, asked=len(task_ids), issued=issued)
    told = {one.task_id: one for one in done}
    return [told.get(one, Attempt(one, TAKEN)) for one in dict.fromkeys(task_ids)]


def _signed(
    office: Office, tenant: Tenant, signer: Signer, service: SigningConnector, tasks: Sequence[routes.Claimed]
) -> Iterator[Attempt]:
    started, ended = time.monotonic(), _unfit(service, signer)
    for task in tasks:
        if time.monotonic() - started > BEGIN_WITHIN_S:
            ended = ended or UNTRIED
        if ended:
            yield Attempt(task.id, ended)
            ended = UNTRIED
            continue
        try:
            yield _one(office, tenant, signer, service, task)
        except Exception as error:
            why, ends = _why(error)
            if why == FAULT:
                log.error("signature_failed", tenant=tenant.code, task=str(task.id), exc_info=error)
            yield Attempt(task.id, why)
            ended = UNTRIED if ends else ""


def _unfit(service: SigningConnector, signer: Signer) -> str:
    """Why this signer cannot sign now, before any number is drawn; empty if nothing is known against it."""
    try:
        state = service.state(signer.nik)
    except ConnectorError as error:
        return _why(error)[0]
    return "" if state is SignerState.ACTIVE else state.value


def _one(
    office: Office, tenant: Tenant, signer: Signer, service: SigningConnector, task: routes.Claimed
) -> Attempt:
    with begin(office.engine, tenant, actor=signer.actor) as work:
        drafts = draft_decisions(work, office.book, [task], public_url=office.public_url, note=SERVICE_NOTE)
    if not drafts:
        return Attempt(task.id, TAKEN)
    (draft,) = drafts
    signed = service.sign(write_paper(draft.paper), nik=signer.nik, passphrase=signer.passphrase)
    sha = office.files.put(tenant.code, signed.document)
    with begin(office.engine, tenant, actor=signer.actor) as work:
        counted = issue_decisions(work, [(draft, sha)], refs={task.id: signed.ref})
    return Attempt(task.id, ISSUED if task.id in counted else TAKEN, draft.paper.decision.number)


def _why(error: Exception) -> tuple[str, bool]:
    """Why a decision waits on, and whether the next one would fare no better."""
    match error:
        case NotSigned():
            return error.refusal.value, error.refusal in BEARS_ON_SIGNER
        case TryLater():
            return (UNKNOWN if error.unknown else AWAY), True
        case Misconfigured():
            return "misconfigured", True
        case ConnectorError():
            return "other", False
    return FAULT, False
