"""An office whose pack names OSS and LAPOR, their simulated sides, and orders that came from OSS."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ptsp.infra.gateway import Registry
from ptsp.kernel.specs import AgencySpec, FieldSpec
from ptsp.main.wiring import partners_of
from ptsp.sdk.manifest import Manifest
from ptsp.sdk.simulator import Running, Script, running
from tests.checks import REPOSITORY
from tests.flows.acts import HO, SIUP, apply, as_admin, now_in_force, with_service
from tests.offices import CONNECTORS, Office

NIB = "9120000000001"
LICENCE = {
    "nib": NIB,
    "id_proyek": "R-202600000000000000001",
    "oss_id": "O-202600000000000000001",
    "id_izin": "I-202600000000000000001",
    "kd_izin": "029000000001",
}
OPTIONS = {"kd_instansi": "351", "kd_daerah": "3515000000"}
QUICK = {"connect_s": 0.5, "read_s": 0.5, "total_s": 1.0}
TEXT = {"id": "Uji", "en": "Test"}


@dataclass(frozen=True)
class Centre:
    """An office with its central systems. `oss` and `lapor` are the other sides, with books of their own."""

    office: Office
    oss: Running
    lapor: Running

    def told(self) -> list[str]:
        """The statuses that OSS was told, in order; a licence by its name."""
        return [
            case.subject.split("/")[1] if case.step == "IZINSTATUS" else case.step
            for case in self.oss.desk.books.effects()
        ]

    def states(self) -> list[tuple[str, str, str | None]]:
        rows = self.office.rows("SELECT kind, state, cause FROM app.telling ORDER BY created_at, line, seq")
        return [(row.kind, row.state, row.cause) for row in rows]

    def let_come_due(self) -> None:
        as_admin(
            self.office,
            "UPDATE app.telling SET next_at = clock_timestamp() WHERE state IN ('owed', 'unknown', 'sending')",
        )

    def follow(self, *rules: dict[str, object], lapor: bool = False) -> None:
        side = self.lapor if lapor else self.oss
        side.desk.faults.follow(Script.read({"rules": list(rules)}))


def from_oss(order: Any = SIUP) -> Any:
    """The same order for a licence that came from OSS."""
    return {code: ({**answers, **LICENCE}, documents) for code, (answers, documents) in order.items()}


HO_FROM_OSS = from_oss(HO)


@contextmanager
def centre(office: Office, folder: Path) -> Iterator[Centre]:
    registry = Registry(REPOSITORY / "connectors")
    master = office.settings.secret
    with (
        running(registry.fake_agency("oss"), books=folder / "oss.sqlite", master=master) as oss,
        running(registry.fake_agency("lapor"), books=folder / "lapor.sqlite", master=master) as lapor,
    ):
        sides = {"oss": oss, "lapor": lapor}
        settings = office.settings.with_simulators(
            {code: f"http://{side.host}:{side.port}" for code, side in sides.items()}
        )
        partners = partners_of(settings, dict.fromkeys(CONNECTORS, office.agencies))
        near = replace(office, settings=settings, tools=replace(office.tools, partners=partners))
        yield Centre(_with_systems(near, registry), oss, lapor)
    registry.close()


def _with_systems(office: Office, registry: Registry) -> Office:
    pack = office.tenant.pack
    for code in ("siup", "ho"):
        fields = tuple(FieldSpec(name, TEXT, "text", required=False) for name in LICENCE)
        changed = (*pack.services[code].fields, *fields)
        pack = with_service(pack, code, version=2, digest="central", fields=changed)
    systems = {code: _agency(code, registry.manifest(code)) for code in ("oss", "lapor")}
    apply(office, replace(pack, agencies={**pack.agencies, **systems}))
    return now_in_force(office)


def _agency(code: str, manifest: Manifest) -> AgencySpec:
    own = OPTIONS if code == "oss" else {}
    options = {**QUICK, **own, "url": f"simulator:{code}"}
    return AgencySpec(code, TEXT, code, options, desk=False, tells=manifest.tells)
