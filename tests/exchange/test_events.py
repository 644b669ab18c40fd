"""What happens in an office goes out as CloudEvents: at least once, in order, whole, and without anybody's data."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft7Validator, FormatChecker

from ptsp.domain import feed
from ptsp.infra.broker import EVENTS, Fate, Parcel, Publisher
from ptsp.infra.broker.line import Line
from ptsp.jobs.publish_events import publish_events
from tests.checks import shared_data
from tests.flows.acts import SIUP, approve_desks, lodge
from tests.offices import Office


class Kept(Publisher):
    """Keeps what it is given, and says of each what `fates` has next, at last taken."""

    def __init__(self, *fates: Fate) -> None:
        super().__init__("amqp://127.0.0.1:9//")
        self.fates = list(fates)
        self.taken: list[Parcel] = []

    def publish(self, parcels: Any) -> list[Fate]:
        said = [self.fates.pop(0) if self.fates else Fate.TAKEN for _ in parcels]
        self.taken += [parcel for parcel, fate in zip(parcels, said, strict=True) if fate is Fate.TAKEN]
        return said

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(parcel.body) for parcel in self.taken]


def begun(office: Office, *fates: Fate) -> tuple[Office, Kept]:
    """An office whose feed has begun."""
    kept = Kept(*fates)
    office = replace(office, tools=replace(office.tools, publisher=kept))
    assert publish_events(office.tools, office.tenant) == 0
    return office, kept


def worked(office: Office, bundles: int = 2) -> None:
    for _ in range(bundles):
        lodge(office, SIUP)
    office.drain()
    approve_desks(office)
    office.drain()


def published(office: Office) -> int:
    return publish_events(office.tools, office.tenant)


def numbers(events: list[Mapping[str, Any]]) -> dict[str, list[int]]:
    by_bundle: dict[str, list[int]] = {}
    for event in events:
        _, bundle, seq = event["id"].split("/")
        by_bundle.setdefault(bundle, []).append(int(seq))
    return by_bundle


def test_what_happens_goes_out_once_and_in_order(office: Office) -> None:
    lodge(office, SIUP)  # before the feed began
    office, kept = begun(office)
    assert published(office) == 0
    worked(office)
    wanted = office.rows(
        "SELECT bundle_id::text, seq FROM app.event WHERE type = ANY(:types)", types=list(feed.EVENTS)
    )
    before = {bundle for bundle, _ in wanted} - set(numbers(kept.events()))
    count = published(office)
    found = numbers(kept.events())
    assert all(seqs == sorted(set(seqs)) for seqs in found.values())
    assert len(found) == len(before) == 3  # what began before goes on from there
    assert count == sum(map(len, found.values()))
    assert sum(len(seqs) for seqs in found.values()) == len(wanted) - 1  # all but the lodging before it began
    assert published(office) == 0


def test_every_event_is_a_cloud_event_and_holds_nobody_s_data(office: Office) -> None:
    schema = json.loads(shared_data("conformance", "cloudevents-1.0.schema.json").read_text())
    office, kept = begun(office)
    worked(office, 1)
    published(office)
    events = kept.events()
    for event, parcel in zip(events, kept.taken, strict=True):
        Draft7Validator(schema, format_checker=FormatChecker()).validate(event)
        assert (event["id"], parcel.exchange) == (parcel.id, EVENTS)
        assert event["source"] == f"{office.tools.public_url}/{office.tenant.code}"
        assert parcel.key == f"{office.tenant.code}.{event['type']}"
    assert {"id.ptsp.bundle.lodged.v1", "id.ptsp.application.ended.v1", "id.ptsp.bundle.ended.v1"} <= {
        event["type"] for event in events
    }
    order = office.order(SIUP)
    written = json.dumps(events)
    person = (order.applicant.nik, order.applicant.name, order.applicant.address)
    assert [one for one in person if one in written] == []


def test_what_the_broker_did_not_take_comes_again_in_order(office: Office) -> None:
    office, kept = begun(office, Fate.TAKEN, Fate.UNKNOWN, Fate.TAKEN)
    worked(office)
    assert published(office) > 0
    assert published(office) > 0
    assert published(office) == 0
    wanted = office.rows(
        "SELECT bundle_id::text, seq FROM app.event WHERE type = ANY(:types) ORDER BY 1, 2",
        types=list(feed.EVENTS),
    )
    found = numbers(kept.events())
    assert [(bundle, seq) for bundle, seqs in sorted(found.items()) for seq in sorted(set(seqs))] == [
        *map(tuple, wanted)
    ]


def test_one_process_publishes_for_an_office_at_a_time(office: Office) -> None:
    office, kept = begun(office)
    worked(office, 1)
    with office.work() as work:
        turn = feed.take_turn(work.connection, office.tenant.id, lease=uuid4(), lease_s=60)
    assert turn is not None
    assert published(office) == 0
    with office.work() as work:
        feed.finish(
            work.connection, office.tenant.id, replace(turn, lease=uuid4()), is_whole=True
        )  # not its own
    assert published(office) == 0
    with office.work() as work:
        feed.finish(work.connection, office.tenant.id, turn, is_whole=False)
    assert published(office) == len(kept.taken) > 0


@pytest.mark.xdist_group("rabbitmq")
def test_whoever_binds_a_queue_hears_of_one_office(office: Office, broker_url: str) -> None:
    publisher, line = Publisher(broker_url), Line(broker_url, patience_s=5)
    line.declare(())
    line.channel.queue_declare("heard", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    line.channel.queue_bind("heard", EVENTS, f"{office.tenant.code}.id.ptsp.bundle.#")
    office = replace(office, tools=replace(office.tools, publisher=publisher))
    assert published(office) == 0
    worked(office, 1)
    assert published(office) > 2
    heard = [json.loads(line.channel.basic_get("heard", no_ack=True).body)["type"] for _ in range(2)]
    assert heard == ["id.ptsp.bundle.lodged.v1", "id.ptsp.bundle.ended.v1"]
    line.channel.queue_delete("heard")
    line.drop()
    publisher.close()
