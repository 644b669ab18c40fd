"""The past cases of another system become a tenant's history, a batch in one transaction, by the owner."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, text

from ptsp.domain import history
from ptsp.infra.database import platform_transaction, tenant_transaction
from ptsp.infra.xes import LoggedCase
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound

CASES_AT_ONCE = 200
EVENTS_AT_ONCE = 5000  # a batch ends with the case that reaches one of the two

Read = tuple[LoggedCase, history.Moments]

FIND = text("SELECT id, is_archive FROM app.tenant WHERE code = :code")
# No two tenants have the same prefix; those of offices are in capitals.
ADD_ARCHIVE = text("""
    INSERT INTO app.tenant (code, prefix, region_code, is_archive) VALUES (:code, :code, '', true)
    ON CONFLICT ON CONSTRAINT one_tenant_per_code DO NOTHING""")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a history goes: `source` is the log's name within the tenant."""

    tenant: str
    tenant_id: int
    source: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, and what the whole log comes to in the database."""

    target: Target
    saved: history.Saved
    figures: history.Figures


def find_target(engine: Engine, file_name: str, tenant: str | None) -> Target:
    """The named tenant, office or archive, or the archive of the log's own name, made if it is not there.

    `engine` enters as ptsp_owner. Raises NotFound for a name that no tenant has, Conflict where the log's own
    name is an office's, which has to be named on purpose.
    """
    source = history.source_of(file_name)
    code = tenant or history.archive_code(source)
    with platform_transaction(engine) as connection:
        found = connection.execute(FIND, {"code": code}).one_or_none()
        if found is None and tenant is None:
            connection.execute(ADD_ARCHIVE, {"code": code})
            found = connection.execute(FIND, {"code": code}).one()
    if found is None:
        raise NotFound(f"there is no office and no archive with the code {code!r}")
    if tenant is None and not found.is_archive:
        raise Conflict(f"{code!r} is an office; name it to add this log to its history")
    return Target(code, found.id, source)


def import_history(
    engine: Engine, target: Target, cases: Iterable[LoggedCase], naming: history.Naming
) -> Imported:
    """Store every case, whole or not at all, and count the log anew from the database.

    A case that is there already stays as it is, or is replaced if it changed; none is taken away. Where `cases`
    break off with Invalid, those before are stored, and the fault says how many.
    """
    saved = history.Saved()
    done = 0
    try:
        for batch in _batches(_with_moments(target.source, cases, naming)):
            with tenant_transaction(engine, target.tenant_id) as connection:
                saved += history.save_cases(connection, target.tenant_id, target.source, batch)
            done += len(batch)
    except Invalid as broken:
        before = Fault("", f"{done} cases before this one are in the history of {target.tenant}")
        raise Invalid([*broken.faults, before]) from broken
    with tenant_transaction(engine, target.tenant_id) as connection:
        figures = history.figures(history.cases_of_log(connection, target.source))
    return Imported(target, saved, figures)


def _with_moments(source: str, cases: Iterable[LoggedCase], naming: history.Naming) -> Iterator[Read]:
    for case in cases:
        where = f"{source}, case {case.case_id}"
        yield case, history.moments_of(where, case.attributes, case.dates, naming)


def _batches(cases: Iterator[Read]) -> Iterator[list[Read]]:
    """A last batch of what was read comes also before a fault."""
    batch: list[Read] = []
    events = 0
    try:
        for case in cases:
            batch.append(case)
            events += len(case[0].events)
            if len(batch) >= CASES_AT_ONCE or events >= EVENTS_AT_ONCE:
                yield batch
                batch, events = [], 0
    except Invalid:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
