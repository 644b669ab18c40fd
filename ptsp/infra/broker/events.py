"""An event as a CloudEvent 1.0 in structured mode (one JSON document), on its way to the topic exchange.

Source: CloudEvents 1.0.2, with the extension `sequence`. AMQP 0-9-1 has no binding of its own there; structured mode
needs none.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from ptsp.infra.broker.publisher import Parcel
from ptsp.infra.broker.topology import EVENTS

CONTENT_TYPE: Final = "application/cloudevents+json"
_FORMAT: Final = JSONFormat()


def event_parcel(
    *,
    source: str,
    tenant: str,
    bundle: str,
    seq: int,
    at: datetime,
    type_: str,
    reference: str,
    data: Mapping[str, object],
) -> Parcel:
    """The same event gives the same id, and the same bytes, however often it is sent."""
    event_id = f"{tenant}/{bundle}/{seq}"
    attributes = {
        "id": event_id,
        "source": f"{source}/{tenant}",
        "type": type_,
        "subject": reference,
        "time": at,
        "datacontenttype": "application/json",
        "sequence": f"{seq:06d}",
    }
    body = _FORMAT.write(CloudEvent(attributes=attributes, data=dict(data)))
    key = f"{tenant}.{type_}"
    return Parcel(EVENTS, key, event_id, body, content_type=CONTENT_TYPE, is_mandatory=False)
