"""An office behind the broker."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ptsp.flows.apply_pack import apply_pack
from ptsp.infra.broker import Publisher
from ptsp.main.wiring import engine_for
from tests.exchange.queues import behind_queues
from tests.offices import Office


def with_queues(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The same office with all its agencies behind queues."""
    monkeypatch.setattr("ptsp.infra.tenants.FRESH_S", 0.0)
    owner = engine_for(office.settings, "ptsp_owner", pool_size=1)
    apply_pack(owner, behind_queues(office.tenant.pack), by="test")
    owner.dispose()
    return replace(office, tenant=office.tools.book.get(office.tenant.code))


@pytest.fixture
def queued(office: Office, broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Kabupaten Sidoarjo with all its agencies behind queues, and the way there."""
    publisher = Publisher(broker_url, confirm_s=2)
    office = with_queues(office, monkeypatch)
    yield replace(office, tools=replace(office.tools, publisher=publisher))
    publisher.close()
