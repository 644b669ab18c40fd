"""A bank statement is imported: all of it or nothing, and never twice; then it is matched."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from ptsp.domain import treasury
from ptsp.flows.match_statement import match_statement, reconciliation
from ptsp.infra.statements import StatementFile, StatementLine, read_statement
from ptsp.infra.work import Work

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `known` lines stood in a statement before; `is_again`: the very same file did."""

    statement: UUID
    is_again: bool
    first_on: date
    last_on: date
    lines: int
    known: int
    matched: int
    unreconciled: int


def import_statement(work: Work, name: str, data: bytes) -> Imported:
    """Keep what is new in a statement and match it. Raises Invalid with every fault; nothing is kept then."""
    read = read_statement(data)
    connection, tenant_id = work.connection, work.tenant.id
    treasury.hold(connection, tenant_id)
    statement = _statement(work, name, data, read)
    is_new = treasury.add_statement(connection, tenant_id, statement)
    new = treasury.add_lines(connection, tenant_id, statement.id, _lines(read.lines)) if is_new else 0
    before = None if is_new else treasury.statement_of_file(connection, tenant_id, statement.sha256)
    matched = match_statement(work)
    return Imported(
        statement=before.id if before else statement.id,
        is_again=not is_new,
        first_on=read.first_on,
        last_on=read.last_on,
        lines=new,
        known=len(read.lines) - new,
        matched=matched,
        unreconciled=reconciliation(work).unreconciled,
    )


def _statement(work: Work, name: str, data: bytes, read: StatementFile) -> treasury.Statement:
    return treasury.Statement(
        id=uuid4(),
        sha256=hashlib.sha256(data).hexdigest(),
        name=_printable(name)[:LONGEST_NAME],
        format=read.format,
        account=read.account,
        opening=read.opening,
        closing=read.closing,
        first_on=read.first_on,
        last_on=read.last_on,
        imported_at=work.now,
        by=work.actor,
    )


def _lines(lines: Iterable[StatementLine]) -> list[treasury.BankLine]:
    """Lines with what the very same line of the file before them makes of them: a second occurrence, a third."""
    seen: Counter[tuple[object, ...]] = Counter()
    made = []
    for position, line in enumerate(lines, 1):
        name = (line.entry, line.booked_on, line.amount, line.customer_no)
        seen[name] += 1
        made.append(
            treasury.BankLine(
                id=uuid4(),
                position=position,
                entry=line.entry,
                occurrence=seen[name],
                references=line.references,
                booked_on=line.booked_on,
                amount=line.amount,
                customer_no=line.customer_no,
                description=line.description,
            )
        )
    return made


def _printable(name: str) -> str:
    return "".join(one for one in name if one.isprintable())
