"""Why a pack cannot come into force at its office as things stand there: asked before it is applied, and when it is."""

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, text

from ptsp.domain import routes
from ptsp.infra import ledger
from ptsp.infra.packs import service_to_json
from ptsp.kernel.errors import Fault
from ptsp.kernel.specs import ServiceSpec, StepKind, TenantPack

KNOWN = text("SELECT service, version, digest FROM app.standard")
HOLDER = text("SELECT code FROM app.tenant WHERE prefix = :prefix AND code <> :code")
OPEN_TASKS = text("""
    SELECT agency, kind, count(*) AS tasks FROM app.task
     WHERE kind IN ('ask', 'desk') AND state <> ALL(:final) GROUP BY agency, kind ORDER BY agency, kind""")


def standard_digest(service: ServiceSpec) -> tuple[str, str]:
    """The standard as it is stored, and the SHA-256 of that."""
    content = ledger.canonical(service_to_json(service))
    return content, hashlib.sha256(content.encode()).hexdigest()


def prefix_faults(connection: Connection, pack: TenantPack) -> Iterator[Fault]:
    """A prefix of references that another office has."""
    holder = connection.execute(HOLDER, {"prefix": pack.prefix, "code": pack.code}).scalar()
    if holder is not None:
        yield Fault(f"{pack.code}/tenant.yaml: $.prefix", f"`{pack.prefix}` is that of {holder} already")


def standard_faults(connection: Connection, pack: TenantPack) -> Iterator[Fault]:
    """Standards of the bound tenant that were edited under a version that applications may be pinned to."""
    known = {(row.service, row.version): row.digest for row in connection.execute(KNOWN)}
    for service in pack.services.values():
        version = service.standard.version
        stored = known.get((service.code, version))
        if stored is not None and stored != standard_digest(service)[1]:
            where = f"{pack.code}/services/{service.code}.yaml: $.standard.version"
            yield Fault(where, f"version {version} is in force with other content; raise standard.version")


def agency_faults(connection: Connection, pack: TenantPack) -> Iterator[Fault]:
    """Agencies that the pack leaves out, or takes the way of answering from, while the bound tenant's tasks wait."""
    for row in connection.execute(OPEN_TASKS, {"final": [str(state) for state in routes.FINAL]}):
        agency = pack.agencies.get(row.agency)
        where = f"{pack.code}/agencies.yaml: $.agencies"
        if agency is None:
            yield Fault(where, f"`{row.agency}` is left out, but {row.tasks} open tasks are its own")
        elif row.kind == StepKind.DESK and not agency.desk:
            yield Fault(where, f"`{row.agency}` has no desk, but {row.tasks} open tasks are answered at it")
        elif row.kind == StepKind.ASK and not (agency.connector or agency.desk):
            yield Fault(where, f"`{row.agency}` has no connector, but {row.tasks} open tasks are asked by it")
