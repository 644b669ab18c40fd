"""Central systems are owed word of what happened: rows beside the events themselves, told by a worker later."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from ptsp.domain import applications, fees, permits, routes, tellings
from ptsp.infra import ledger
from ptsp.infra.work import Work
from ptsp.kernel.specs import AgencySpec, TellsSpec

TASK = "task."


def place(telling_id: UUID) -> str:
    """Where a sealed telling belongs, for the vault."""
    return f"telling.body:{telling_id}"


def owe_tellings(work: Work, events: Sequence[ledger.EventRow]) -> int:
    """Owe what these new events are to be told of, in the transaction that writes them; gives how many are owed.

    An office whose pack names no central system pays a look at its agencies for it.
    """
    told = [agency for agency in work.tenant.pack.agencies.values() if agency.tells]
    owed: list[tellings.NewTelling] = []
    for agency in told:
        assert agency.tells is not None
        types = tellings.types_told(agency.tells)
        if of_interest := [event for event in events if event.type in types]:
            owed += _owed(work, agency, agency.tells, of_interest)
    return len(tellings.add(work.connection, work.tenant.id, owed))


def _owed(
    work: Work, agency: AgencySpec, tells: TellsSpec, events: Sequence[ledger.EventRow]
) -> list[tellings.NewTelling]:
    made = []
    scenes = _scenes(work, sorted({event.bundle_id for event in events}))
    for event in events:
        scene = scenes[event.bundle_id]
        data = json.loads(event.body)["data"]
        for application in scene.concerned(event.type, data):
            answers = {
                name: str(value)
                for name, value in applications.answers_from_text(application.answers).items()
            }
            kind = tellings.event_name(event.type, data, tells, is_deemed=application.deemed_on is not None)
            if kind is None or not answers.get(tells.about):
                continue
            content = {
                "kind": kind,
                "at": event.at.isoformat(),
                "reference": scene.bundle.reference,
                "service": application.service,
                "is_deemed": application.deemed_on is not None,
                "data": data,
                "answers": {name: answers[name] for name in tells.answers if name in answers},
                **scene.papers(event.type, data),
            }
            made.append(sealed(work, agency.code, content, f"application:{application.id}", event))
    return made


def sealed(
    work: Work,
    agency: str,
    content: Mapping[str, object],
    line: str = "",
    event: ledger.EventRow | None = None,
) -> tellings.NewTelling:
    """A telling with its content fixed: every try tells the same. Without a `line` it is one by itself."""
    ident = uuid4()
    line = line or f"itself:{ident}"
    body = work.tenant.vault.seal(work.tenant.id, place(ident), {"content": ledger.canonical(content)})
    seq, bundle_id = (event.seq, event.bundle_id) if event else (0, None)
    return tellings.NewTelling(ident, agency, str(content["kind"]), line, seq, bundle_id, body)


@dataclass
class _Scene:
    """One bundle with what its events are about. What few events need is read when one does."""

    work: Work
    bundle: applications.BundleRow
    lodged: Sequence[applications.ApplicationRow]

    def concerned(self, type_: str, data: Mapping[str, Any]) -> list[applications.ApplicationRow]:
        """The applications that an event is about."""
        positions: Sequence[int]
        if "position" in data:
            positions = [data["position"]]
        elif "positions" in data:
            positions = data["positions"]
        elif type_.startswith(TASK):
            positions = self._members[data["seq"]]
        elif "number" in data:
            wanted = self._application_of(type_, str(data["number"]))
            return [one for one in self.lodged if one.id == wanted]
        else:
            return list(self.lodged)
        return [one for one in self.lodged if one.position in positions]

    def papers(self, type_: str, data: Mapping[str, Any]) -> dict[str, object]:
        """The decision or the bill that an event names."""
        number = str(data.get("number", ""))
        if type_.startswith("decision.") and number in self._decisions:
            made = self._decisions[number]
            said = {"kind": made.kind, "number": number, "code": made.code}
            return {"decision": {**said, "valid_until": str(made.valid_until or "")}}
        if number in self._notices:
            bill = self._notices[number]
            money = {"customer_no": bill.customer_no, "total": bill.total, "due_on": str(bill.due_on)}
            return {"bill": {"number": number, **money}}
        return {}

    def _application_of(self, type_: str, number: str) -> UUID | None:
        if type_.startswith("decision."):
            return self._decisions[number].application_id if number in self._decisions else None
        return self._notices[number].application_id if number in self._notices else None

    @cached_property
    def _members(self) -> Sequence[Sequence[int]]:
        return routes.graph_from_text(self.bundle.graph).members

    @cached_property
    def _decisions(self) -> Mapping[str, permits.Decision]:
        return {one.number: one for one in permits.decisions(self.work.connection, [self.bundle.id])}

    @cached_property
    def _notices(self) -> Mapping[str, fees.Notice]:
        found = fees.notices(self.work.connection, self.work.tenant.id, [self.bundle.id])
        return {one.number: one for one in found}


def _scenes(work: Work, ids: Sequence[UUID]) -> dict[UUID, _Scene]:
    bundles = applications.bundles(work.connection, ids)
    lodged = applications.applications(work.connection, ids)
    return {ident: _Scene(work, bundles[ident], lodged[ident]) for ident in ids}
