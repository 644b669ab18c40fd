"""What a bank calls by BI-SNAP: token, inquiry, payment, status, and word of QRIS payments."""

import time
from collections.abc import Mapping

import structlog
from flask import Response, request
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from ptsp.api.access import access
from ptsp.api.reading import LARGEST_JSON, StrictBlueprint
from ptsp.flows.till import OfficeTill
from ptsp.infra.ledger import canonical
from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import BANK
from ptsp.sdk import snap
from ptsp.sdk.contract import Answer, Call
from ptsp.sdk.errors import Misconfigured

log = structlog.get_logger()

blueprint = StrictBlueprint(
    "snap", __name__, url_prefix=snap.PATH, description="Calls of banks (BI-SNAP virtual accounts and QRIS)"
)

MONEY = ("/transfer-va/payment", "/qr/qr-mpm-notify")
STRANGER = "Unauthorized. [Client]"


@blueprint.route("/<path:path>")
class Bank(MethodView):
    @blueprint.doc(
        responses={"200": {"description": "done; `responseCode` is HTTP status, service and case"}}
    )
    def post(self, path: str) -> ResponseReturnValue:
        """One call of a bank. X-CLIENT-KEY or X-PARTNER-ID is `<office>.<agency>`."""
        return _response(_answer(f"/{path}"))


def _answer(path: str) -> Answer:
    if (request.content_length or 0) > LARGEST_JSON:
        return _refused(413, path, "Request Entity Too Large")
    to = access()
    client = request.headers.get("X-CLIENT-KEY") or request.headers.get("X-PARTNER-ID") or ""
    office, _, agency = client.partition(".")
    if agency != BANK:
        return _refused(401, path, STRANGER)
    try:
        bank = to.partners.bank(to.book.get(office))
    except NotFound:
        return _refused(401, path, STRANGER)
    except Misconfigured as error:
        log.error("bank_misconfigured", office=office, reason=str(error))
        return _refused(401, path, STRANGER)
    call = Call("POST", path, dict(request.headers), request.get_data(cache=True))
    try:
        answer = bank.answer(call, OfficeTill(lambda: to.work(office, BANK), BANK))
    except Exception as error:
        # A bank takes anything that is no answer of this form for an unknown end and asks again.
        log.error("bank_call_failed", office=office, path=path, reason=type(error).__name__, exc_info=error)
        return _refused(500, path, "General Error")
    if answer.status == 200 and path in MONEY:
        to.ring()
    return answer


def _refused(status: int, path: str, message: str) -> Answer:
    service = snap.SERVICES.get(path, snap.NO_SERVICE)
    return Answer(status, {"responseCode": f"{status}{service}00", "responseMessage": message})


def _response(answer: Answer) -> Response:
    headers: Mapping[str, str] = {"X-TIMESTAMP": snap.stamp(time.time())}
    return Response(
        canonical(answer.body), answer.status, headers=dict(headers), content_type="application/json"
    )
