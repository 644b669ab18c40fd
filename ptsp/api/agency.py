"""What agencies call: signed callbacks, verified over the raw bytes before anything is read."""

import structlog
from flask import request
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from werkzeug.exceptions import RequestEntityTooLarge

from ptsp.api.access import access
from ptsp.api.reading import LARGEST_JSON, StrictBlueprint
from ptsp.api.v1.schemas import OutcomeSchema
from ptsp.flows.take_reply import take_reply
from ptsp.kernel.errors import NotFound
from ptsp.sdk.contract import Connector, Reply
from ptsp.sdk.errors import Forged, Misconfigured

log = structlog.get_logger()
blueprint = StrictBlueprint("agency", __name__, url_prefix="/agency", description="Signed calls of agencies")


@blueprint.route("/<tenant>/<agency>/replies")
class Replies(MethodView):
    @blueprint.response(200, OutcomeSchema, description="taken, or taken before")
    def post(self, tenant: str, agency: str) -> ResponseReturnValue:
        """A verdict by callback (Standard Webhooks)."""
        to = access()
        body = _body()
        try:
            connector = to.partners.connector(to.book.get(tenant), agency)
        except Misconfigured as error:
            raise NotFound("this office asks no such agency") from error
        reply = _read(connector, body)
        with to.work(tenant, f"agency:{agency}") as work:
            outcome = take_reply(work, agency, reply, body)
        to.ring()
        return {"outcome": outcome}


def _read(connector: Connector, body: bytes) -> Reply:
    """Raises Forged, whatever the connector trips over: a stranger's bytes are refused, never an error of ours."""
    try:
        return connector.read_reply(dict(request.headers), body)
    except Forged:
        raise
    except Exception as error:
        log.error("callback_not_read", path=request.path, reason=type(error).__name__)
        raise Forged("the callback could not be read") from error


def _body() -> bytes:
    if (request.content_length or 0) > LARGEST_JSON:
        raise RequestEntityTooLarge(f"the body must be at most {LARGEST_JSON} bytes")
    return request.get_data(cache=True)
