"""The daily heads of an office's ledger, as an operator sees them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ptsp.domain import heads, messages
from ptsp.flows.hand_over_heads import key_of
from ptsp.infra.signing import Trust, verify_statement
from ptsp.infra.work import Work


@dataclass(frozen=True, slots=True)
class HeadView:
    """One day. `holders`: by folder or role, when it was taken, or what keeps it: `owed`, `failed`."""

    day: date
    bundles: int
    events: int
    root: str
    breaks: int
    is_signed: bool
    stamped_at: datetime | None
    holders: Mapping[str, str]


def show_heads(work: Work, trust: Trust, roles: Sequence[str], *, limit: int) -> tuple[HeadView, ...]:
    """The newest heads, the newest first. `roles` are those that get them by mail."""
    found = heads.newest(work.connection, limit=limit)
    mails = messages.states_of_keys(work.connection, [key_of(head, role) for head in found for role in roles])
    return tuple(_view(work, trust, head, roles, mails) for head in found)


def _view(
    work: Work,
    trust: Trust,
    head: heads.HeadRow,
    roles: Sequence[str],
    mails: Mapping[str, tuple[messages.MessageState, datetime | None]],
) -> HeadView:
    said = json.loads(head.statement)
    verdict = verify_statement(head.statement, head.signature, trust, now=heads.made_at(head.statement))
    folders = {holder: _shown(at) for holder, at in head.handed.items()}
    owed = {role: mails[key_of(head, role)] for role in roles if key_of(head, role) in mails}
    by_mail = {role: _shown(at) if at else state.value for role, (state, at) in owed.items()}
    return HeadView(
        head.day,
        said["bundles"],
        said["events"],
        said["root"],
        said["breaks"],
        is_signed=verdict.valid and verdict.tenant == work.tenant.code,
        stamped_at=head.stamped_at,
        holders=folders | by_mail,
    )


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
