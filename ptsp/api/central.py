"""What central systems call: each by its own connector, which says who it is and what it is answered."""

import structlog
from flask import Response, request
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from ptsp.api.access import Access, access
from ptsp.api.reading import LARGEST_JSON, StrictBlueprint
from ptsp.flows.take_filing import OfficeCounter
from ptsp.infra.ledger import canonical
from ptsp.kernel.errors import NotFound
from ptsp.sdk.central import CentralConnector
from ptsp.sdk.contract import Answer, Call
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.manifest import Style

log = structlog.get_logger()

blueprint = StrictBlueprint(
    "central", __name__, url_prefix="/agency", description="Calls of central systems, such as OSS"
)

STRANGER = Answer(401, {"kode": 401, "keterangan": "Unauthorized"})  # an office that is not there looks alike


@blueprint.route("/<tenant>/<agency>/oss/<method>")
class Central(MethodView):
    @blueprint.doc(responses={"200": {"description": "taken, or taken before; the body is kept as it came"}})
    def post(self, tenant: str, agency: str, method: str) -> ResponseReturnValue:
        """One call of a central system (OSS: receiveNIB, receiveNIBKKPR, receiveNIBSTPW, receiveFileDS)."""
        answer = _answer(tenant, agency, method)
        return Response(canonical(dict(answer.body)), answer.status, content_type="application/json")


def _answer(tenant: str, agency: str, method: str) -> Answer:
    if (request.content_length or 0) > LARGEST_JSON:
        return Answer(413, {"kode": 413, "keterangan": f"at most {LARGEST_JSON} bytes"})
    to = access()
    connector = _connector(to, tenant, agency)
    if connector is None:
        return STRANGER
    body = request.get_data(cache=True)
    call = Call("POST", f"/oss/{method}", dict(request.headers), body)
    try:
        return connector.answer(call, OfficeCounter(lambda: to.work(tenant, f"agency:{agency}"), agency))
    except Exception as error:
        # It takes anything but an answer of this form for an unknown end and sends it again.
        log.error("central_call_failed", office=tenant, method=method, reason=type(error).__name__)
        return Answer(500, {"kode": 500, "keterangan": "General Error"})


def _connector(to: Access, tenant: str, agency: str) -> CentralConnector | None:
    try:
        made: CentralConnector = to.partners.of_style(to.book.get(tenant), agency, Style.CENTRAL)
    except NotFound:
        return None
    except Misconfigured as error:
        log.warning("central_misconfigured", office=tenant, reason=str(error))
        return None
    return made
