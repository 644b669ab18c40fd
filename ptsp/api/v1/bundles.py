"""Bundles: quote without lodging, lodge once, follow with the key, fetch what came out."""

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from flask_smorest import abort
from werkzeug.exceptions import Unauthorized

from ptsp.api.access import access
from ptsp.api.reading import StrictBlueprint, actor, fingerprint
from ptsp.api.v1.schemas import (
    AcceptedSchema,
    OrderSchema,
    QuoteSchema,
    UploadedSchema,
    UploadSchema,
    as_inquiry,
    as_order,
)
from ptsp.api.v1.shapes import shape
from ptsp.flows.fetch_document import fetch_decision, fetch_upload
from ptsp.flows.store_document import store_document
from ptsp.flows.submit_bundle import submit_bundle
from ptsp.flows.track_bundle import quote_bundle, track_bundle
from ptsp.flows.views import BundleView, QuoteView
from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault

blueprint = StrictBlueprint("bundles", __name__, url_prefix="/api/v1", description="Several permits at once")

LONGEST_KEY = 200


@blueprint.route("/offices/<tenant>/quotes")
class Quotes(MethodView):
    @blueprint.arguments(QuoteSchema)
    @blueprint.response(
        200,
        shape(QuoteView),
        description="tasks, promised dates and fee notices as they would be, and documents still to be brought",
    )
    def post(self, loaded: dict[str, object], tenant: str) -> ResponseReturnValue:
        """What a bundle would cost and when it would be ready. Nothing is stored.

        Services and answers are enough: who applies and which documents they have may be told later.
        """
        with access().work(tenant, actor()) as work:
            return quote_bundle(work, as_inquiry(loaded))  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/bundles")
class Bundles(MethodView):
    @blueprint.arguments(OrderSchema)
    @blueprint.response(
        201, AcceptedSchema, description="lodged; the same key with the same body gets the same answer"
    )
    @blueprint.doc(
        parameters=[
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
                "description": "made by the client, new for each submission, the same for each retry",
            }
        ]
    )
    def post(self, loaded: dict[str, object], tenant: str) -> ResponseReturnValue:
        """Lodge several permits as one bundle."""
        order = as_order(loaded, client_key=f"api:{_idempotency_key()}", fingerprint=fingerprint(request))
        with access().work(tenant, actor()) as work:
            accepted = submit_bundle(work, order)
        if not accepted.is_replay:
            access().ring()
        track_url = f"{access().public_url}/{tenant}/bundles/{accepted.reference}?key={accepted.key}"
        body = {
            "reference": accepted.reference,
            "key": accepted.key,
            "promised_on": accepted.promised_on,
            "track_url": track_url,
        }
        return body, 201


@blueprint.route("/offices/<tenant>/bundles/<reference>")
class Bundle(MethodView):
    @blueprint.response(200, shape(BundleView), description="the bundle as its applicant may see it")
    def get(self, tenant: str, reference: str) -> ResponseReturnValue:
        """Follow a bundle. The key is given as `Authorization: Bearer KEY`."""
        with access().work(tenant, actor()) as work:
            return track_bundle(work, access().book, reference, bearer())  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/bundles/<reference>/decisions/<path:number>")
class Decision(MethodView):
    @blueprint.response(200, description="the signed PDF", content_type="application/pdf")
    def get(self, tenant: str, reference: str, number: str) -> ResponseReturnValue:
        """The signed permit, recommendation or refusal letter."""
        with access().work(tenant, actor()) as work:
            data, name = fetch_decision(work, access().files, reference, bearer(), number)
        return _file(data, name, "application/pdf")


@blueprint.route("/offices/<tenant>/bundles/<reference>/documents/<uuid:document>")
class Upload(MethodView):
    @blueprint.response(200, description="the file as uploaded")
    def get(self, tenant: str, reference: str, document: str) -> ResponseReturnValue:
        """A document the applicant handed in."""
        with access().work(tenant, actor()) as work:
            data, row = fetch_upload(work, access().files, reference, bearer(), document)
        return _file(data, row.name, row.media_type)


@blueprint.route("/offices/<tenant>/documents")
class Documents(MethodView):
    @blueprint.arguments(UploadSchema, location="query")
    @blueprint.response(201, UploadedSchema, description="kept; name its id when lodging")
    @blueprint.doc(
        requestBody={
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {"type": "string", "contentMediaType": "application/octet-stream"}
                        },
                    }
                }
            },
        }
    )
    def post(self, wanted: dict[str, str], tenant: str) -> ResponseReturnValue:
        """Upload one document for one requirement of a service. Its kind is judged by its content."""
        sent = request.files.get("file")
        if sent is None:
            raise Invalid([fault("file", "missing")])
        data = sent.stream.read()
        with access().work(tenant, actor()) as work:
            document = store_document(
                work, access().files, wanted["service"], wanted["requirement"], sent.filename or "", data
            )
        return {"id": document}, 201


def bearer() -> str:
    """The key of `Authorization: Bearer KEY`. 401 without one."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("give the key as `Authorization: Bearer KEY`")
    return key.strip()


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key.strip():
        abort(400, messages={"headers": {"Idempotency-Key": ["Missing data for required field."]}})
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Invalid([fault("Idempotency-Key", "key_form", most=LONGEST_KEY)])
    return key


def _file(data: bytes, name: str, media_type: str) -> Response:
    answer = Response(data, content_type=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
