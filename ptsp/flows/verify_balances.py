"""Whether the statements of an agency's days are what the office signed, each after the one before it."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from ptsp.domain import balances
from ptsp.flows._balances import COUNTS, hash_of
from ptsp.infra.signing import Trust, verify_statement
from ptsp.infra.work import Work

# Questions and cases each end in one of these.
OF_SENT = ("matched", "let_go", "missing_there", "unanswered", "different", "doubled")


def verify_statement_of(
    body: bytes, signature: bytes, trust: Trust, *, tenant: str, agency: str, previous: str | None = None
) -> list[str]:
    """What is wrong with one statement, in words; nothing, if this office signed it of this agency.

    `previous` is what it has to name as the one before, None where that does not matter.
    """
    try:
        said = json.loads(body)
        made_at = datetime.fromisoformat(said["made_at"])
        verdict = verify_statement(body, signature, trust, now=made_at)
        if not verdict.valid:
            return [f"the signature: {', '.join(verdict.reasons)}"]
        return list(_wrong(said, verdict.tenant, tenant, agency, previous))
    except (ValueError, KeyError, TypeError) as error:
        return [f"it is no statement: {type(error).__name__}"]


def _wrong(
    said: Mapping[str, object], signer: str | None, tenant: str, agency: str, previous: str | None
) -> Iterator[str]:
    if (said["tenant"], said["agency"]) != (tenant, agency):
        yield f"it speaks of {said['tenant']} and {said['agency']}"
    if signer != said["tenant"]:
        yield f"it was signed by {signer}"
    if previous is not None and said["previous"] != previous:
        yield "it does not follow the statement before it"
    counts = said["counts"]
    if not isinstance(counts, dict):
        raise TypeError("counts")
    if said["listed"] and counts["sent"] != sum(counts[name] for name in OF_SENT):
        yield "its counts do not add up"


def verify_balances(work: Work, trust: Trust, agency: str) -> list[str]:
    """What is wrong with an agency's chain; nothing, if each statement is signed, follows the one before, and the last
    of each day says what stands in our books.
    """
    wrong, last, previous = [], {}, ""
    chain = balances.statements(work.connection, agency)
    for at, one in enumerate(chain, 1):
        found = verify_statement_of(
            one.body,
            one.signature,
            trust,
            tenant=work.tenant.code,
            agency=agency,
            previous=previous,
        )
        if not found:
            said = json.loads(one.body)
            if (one.seq, said["seq"], said["day"]) != (at, at, one.day.isoformat()):
                found = ["its row is of another place or day"]
            last[one.day] = said
        wrong += [f"{agency} statement {one.seq}: {words}" for words in found]
        previous = hash_of(one)
    if wrong:
        return wrong  # what was signed last is not known
    for balance in balances.balances(work.connection, agency=agency, limit=len(chain) + 1):
        said = last.get(balance.day)
        if balance.made_at and (said is None or not _is_said(balance, said)):
            wrong.append(f"{agency} {balance.day}: the books say otherwise than what was signed last")
    return wrong


def _is_said(balance: balances.Balance, said: Mapping[str, object]) -> bool:
    counts = {name: getattr(balance, name) for name in COUNTS}
    return (said["counts"], said["digest"], said["state"]) == (counts, balance.digest, balance.state.value)
