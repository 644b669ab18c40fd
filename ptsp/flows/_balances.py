"""What is signed of an agency's day: a statement that follows the one before it."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from ptsp.domain import balances
from ptsp.infra.ledger import canonical
from ptsp.infra.signing import Signer, sign_statement
from ptsp.infra.work import Work

FORM = "ptsp.balance/1"
COUNTS = ("sent", "listed", "matched", "let_go", *(kind.value for kind in balances.GAPS))
# What differs though nothing has changed: these make no new statement.
PASSING = ("seq", "previous", "made_at", "listed")


def sign_day(
    work: Work, signer: Signer, balance: balances.Balance, gaps: Sequence[balances.Gap]
) -> balances.Statement | None:
    """Sign what a day comes to, if that is news. Whoever calls this holds the agency's balances."""
    connection = work.connection
    before = balances.last_statement(connection, balance.agency)
    said = _said(work, balance, gaps)
    same_day = balances.last_statement(connection, balance.agency, balance.day)
    if same_day and _lasting(json.loads(same_day.body)) == _lasting(said):
        return None
    seq = before.seq + 1 if before else 1
    previous = hash_of(before) if before else ""
    body = canonical({**said, "seq": seq, "previous": previous, "made_at": work.now.isoformat()}).encode()
    signature = sign_statement(body, signer)
    made = balances.Statement(balance.agency, seq, balance.day, body, signature, work.now)
    balances.add_statement(connection, work.tenant.id, made)
    return made


def hash_of(statement: balances.Statement) -> str:
    """What the next statement names it by: SHA-256 as hexadecimals."""
    return hashlib.sha256(statement.body).hexdigest()


def _said(work: Work, balance: balances.Balance, gaps: Sequence[balances.Gap]) -> dict[str, object]:
    """In words for machines. A gap that is gone is none; one that a person ended is named with that."""
    day = balances.day_window(balance.day, work.tenant.calendar.zone)
    listed = [balance.listed_since, balance.listed_until]
    return {
        "form": FORM,
        "tenant": work.tenant.code,
        "agency": balance.agency,
        "day": balance.day.isoformat(),
        "window": [day.since.isoformat(), day.until.isoformat()],
        "listed": [at.isoformat() for at in listed if at],
        "state": balance.state.value,
        "counts": {name: getattr(balance, name) for name in COUNTS},
        "digest": balance.digest,
        "gaps": [_gap(one) for one in gaps if one.ended_how is not balances.How.GONE],
    }


def _gap(one: balances.Gap) -> dict[str, str]:
    return {
        "kind": one.kind.value,
        "key": one.key,
        "number": one.number,
        "ended": one.ended_how.value if one.ended_how else "",
    }


def _lasting(said: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if name not in PASSING}
