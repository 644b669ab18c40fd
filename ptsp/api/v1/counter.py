"""The counter of an office: what it offers to its own staff, and lodging for those who stand before it."""

from flask import request
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from ptsp.api.access import access
from ptsp.api.reading import StrictBlueprint, fingerprint
from ptsp.api.v1.bundles import IDEMPOTENCY_KEY, UPLOAD_BODY, accepted_body, idempotency_key, uploaded
from ptsp.api.v1.desk import opened
from ptsp.api.v1.published import ServicesView, service_view, services_for
from ptsp.api.v1.schemas import AcceptedSchema, OrderSchema, UploadedSchema, UploadSchema, as_order
from ptsp.api.v1.shapes import shape
from ptsp.domain.applications import Standing
from ptsp.domain.people import Right
from ptsp.flows.lodge_at_desk import lodge_at_desk, store_at_desk

blueprint = StrictBlueprint(
    "counter", __name__, url_prefix="/api/v1", description="Lodging at an office's own counter"
)


@blueprint.route("/offices/<tenant>/desk/services")
class Services(MethodView):
    @blueprint.response(200, shape(ServicesView), description="the services, by code")
    def get(self, tenant: str) -> ResponseReturnValue:
        """All services of the office, also those for its own staff, which are published nowhere."""
        with opened(tenant, Right.SEE) as (work, _):
            return ServicesView(tuple(map(service_view, services_for(work.tenant, Standing.STAFF))))  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/desk/bundles")
class Bundles(MethodView):
    @blueprint.arguments(OrderSchema())
    @blueprint.response(
        201, AcceptedSchema, description="lodged; the same key with the same body gets the same answer"
    )
    @blueprint.doc(parameters=[IDEMPOTENCY_KEY])
    def post(self, loaded: dict[str, object], tenant: str) -> ResponseReturnValue:
        """Lodge a bundle for a member of the staff. 403 at a desk that does not take in each of its services."""
        key = idempotency_key()
        with opened(tenant, Right.RUN) as (work, desk):
            order = as_order(loaded, client_key=f"desk:{desk.agency}:{key}", fingerprint=fingerprint(request))
            accepted = lodge_at_desk(work, desk, order)
        if not accepted.is_replay:
            access().ring()
        return accepted_body(tenant, accepted), 201


@blueprint.route("/offices/<tenant>/desk/documents")
class Documents(MethodView):
    @blueprint.arguments(UploadSchema, location="query")
    @blueprint.response(201, UploadedSchema, description="kept; name its id when lodging")
    @blueprint.doc(requestBody=UPLOAD_BODY)
    def post(self, wanted: dict[str, str], tenant: str) -> ResponseReturnValue:
        """Upload one document for what is lodged at this desk."""
        name, data = uploaded()
        with opened(tenant, Right.RUN) as (work, desk):
            document = store_at_desk(
                work, desk, access().files, wanted["service"], wanted["requirement"], name, data
            )
        return {"id": document}, 201
