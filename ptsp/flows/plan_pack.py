"""What a pack would do to its office if it were applied: to standards, open cases and promises. Writes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from ptsp.domain import deadlines
from ptsp.flows._pack_refusals import agency_faults, prefix_faults, standard_faults
from ptsp.infra import calendars
from ptsp.infra.database import enter, platform_transaction
from ptsp.infra.packs import Change, changes, pack_from_json
from ptsp.kernel.errors import Fault
from ptsp.kernel.specs import TenantPack

AT_ONCE = 200  # bundles whose clocks are read together

TENANT = text("SELECT id FROM app.tenant WHERE code = :code AND NOT is_archive")
IN_FORCE = text("SELECT content FROM app.pack ORDER BY applied_at DESC LIMIT 1")
OPEN_CASES = text("""
    SELECT a.service, s.version, count(*) AS cases FROM app.application a
      JOIN app.standard s ON s.tenant_id = a.tenant_id AND s.id = a.standard_id
     WHERE a.state = 'open' GROUP BY a.service, s.version ORDER BY a.service, s.version""")
OPEN_BUNDLES = text("SELECT id, reference FROM app.bundle WHERE state = 'open' ORDER BY lodged_at, id")

Counts = Mapping[str, Mapping[int, int]]  # service -> version of its standard -> open cases


@dataclass(frozen=True, slots=True)
class MovedPromise:
    """An open bundle whose promised date is another one by the calendars of the pack."""

    reference: str
    before: date
    after: date


@dataclass(frozen=True, slots=True)
class PackPlan:
    """What would become of an office. `before` is None where no pack is in force yet; then there are no changes.

    `moved` are promises moved by the calendar out of `open_bundles`; with `faults` the pack would be refused.
    """

    pack: TenantPack
    before: TenantPack | None
    changes: tuple[Change, ...] = ()
    open_cases: Counts | None = None
    open_bundles: int = 0
    moved: tuple[MovedPromise, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def is_news(self) -> bool:
        return self.before is None or self.before.digest != self.pack.digest


def plan_pack(engine: Engine, pack: TenantPack, *, is_former: bool = False) -> PackPlan:
    """Look at the office as it is now. `engine` enters as ptsp_owner.

    `is_former`: the pack was in force once, so its standards are the stored ones.
    """
    with platform_transaction(engine) as connection:
        faults = list(prefix_faults(connection, pack))
        tenant_id = connection.execute(TENANT, {"code": pack.code}).scalar()
        stored = None
        if tenant_id is not None:
            enter(connection, tenant_id)
            stored = connection.execute(IN_FORCE).scalar()
        if tenant_id is None or stored is None:
            return PackPlan(pack, None, faults=tuple(faults))
        faults += [] if is_former else standard_faults(connection, pack)
        faults += agency_faults(connection, pack)
        before = pack_from_json(stored)
        ids = {row.id: row.reference for row in connection.execute(OPEN_BUNDLES)}
        return PackPlan(
            pack=pack,
            before=before,
            changes=changes(before, pack),
            open_cases=_open_cases(connection),
            open_bundles=len(ids),
            moved=tuple(_moved(connection, tenant_id, pack, ids)),
            faults=tuple(faults),
        )


def _open_cases(connection: Connection) -> Counts:
    found: dict[str, dict[int, int]] = {}
    for row in connection.execute(OPEN_CASES):
        found.setdefault(row.service, {})[row.version] = row.cases
    return found


def _moved(
    connection: Connection, tenant_id: int, pack: TenantPack, references: Mapping[UUID, str]
) -> Iterator[MovedPromise]:
    """Promised dates by the pack's calendars, beside those by the newest version that is stored."""
    newest = calendars.read_version(connection, calendars.newest_version(connection))
    coming = calendars.preview(connection, pack)
    if (newest.office, newest.agencies) == (coming.office, coming.agencies):
        return
    ids = list(references)
    for first in range(0, len(ids), AT_ONCE):
        found = deadlines.clocks(connection, tenant_id, ids[first : first + AT_ONCE])
        for bundle_id, clocks in found.items():
            shape, times = clocks.line.shape, clocks.line.times()
            before, after = (deadlines.dates(shape, times, one.of).promised_on for one in (newest, coming))
            if before != after:
                yield MovedPromise(references[bundle_id], before, after)
